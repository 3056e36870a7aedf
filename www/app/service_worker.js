/**
 * The page's service worker as the page sees it: which one is registered, and who answers the
 * ledger's paths by it. That stands in the address of its script, so it needs no memory, is the
 * same for all pages of the folder, and lasts while the browser ends and starts it.
 */
/** @import { ApiTarget } from '../types.d.ts' */

/** A service worker that is not there after this long is taken for one that never will be. */
const READY_LIMIT_MS = 10_000;

/** The folder that the page lies in: all paths of the ledger lie in it too. */
export const folder = new URL('./', document.baseURI);

/** Whether the page can have a service worker at all. */
export function isSupported() {
  return self.isSecureContext && 'serviceWorker' in navigator;
}

/**
 * Who answers by the service worker that the page has now; nothing where it has none, and then the
 * server does.
 * @returns {ApiTarget | null}
 */
export function activeTarget() {
  const script = isSupported() ? navigator.serviceWorker.controller?.scriptURL : undefined;
  if (!script?.startsWith(folder.href)) return null;
  return new URL(script).searchParams.get('answers') === 'tab' ? 'tab' : 'server';
}

/** Whether some page of this folder has brought a service worker before. */
export async function isRegistered() {
  if (!isSupported()) return false;
  const found = await navigator.serviceWorker.getRegistration(folder.href);
  return found?.scope === folder.href;
}

/**
 * Registers the service worker that lets one of the two answer, and waits until the page has it.
 * @param {ApiTarget} answers
 */
export async function register(answers) {
  const address = new URL(`sw.js?answers=${answers}`, folder);
  /** @type {ServiceWorkerRegistration | undefined} */
  const registration = await navigator.serviceWorker.register(address, { scope: folder.href });
  const worker = registration?.installing ?? registration?.waiting ?? registration?.active;
  if (!worker) throw new Error('The browser did not register the page’s service worker.');
  if (navigator.serviceWorker.controller?.scriptURL === address.href) return;
  await until('activated', worker, 'statechange', () => worker.state === 'activated');
  // One that was active before does not claim a page that was reloaded past it.
  worker.postMessage({ kind: 'claim' });
  await until('the page’s', navigator.serviceWorker, 'controllerchange', () => {
    return navigator.serviceWorker.controller?.scriptURL === address.href;
  });
}

/**
 * @param {string} what
 * @param {EventTarget} target
 * @param {string} event
 * @param {() => boolean} holds
 */
async function until(what, target, event, holds) {
  const signal = AbortSignal.timeout(READY_LIMIT_MS);
  while (!holds()) {
    signal.throwIfAborted();
    await new Promise((resolve, reject) => {
      const once = { once: true, signal };
      target.addEventListener(event, resolve, once);
      const late = `The service worker was not ${what} within ${READY_LIMIT_MS / 1000} seconds.`;
      signal.addEventListener('abort', () => reject(new Error(late)), { once: true });
    });
  }
}
