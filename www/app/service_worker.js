/**
 * Registers the page's service worker. The script's address names the ledger that answers API requests,
 * so the choice needs no storage, is the same for all pages of the folder, and survives a restart of
 * the service worker.
 */
/** @import { ApiTarget } from '../types.d.ts' */

/** A service worker that takes longer than this is considered broken. */
const READY_LIMIT_MS = 10_000;

/** The folder of the page. All paths of the API are below it. */
export const folder = new URL('./', document.baseURI);

/** Whether the browser allows the page a service worker. */
export function isSupported() {
  return self.isSecureContext && 'serviceWorker' in navigator;
}

/**
 * The target of the page's current service worker; null without one, and then the server answers.
 * @returns {ApiTarget | null}
 */
export function activeTarget() {
  const script = isSupported() ? navigator.serviceWorker.controller?.scriptURL : undefined;
  if (!script?.startsWith(folder.href)) return null;
  return new URL(script).searchParams.get('answers') === 'tab' ? 'tab' : 'server';
}

/** Whether a page of this folder has registered a service worker before. */
export async function isRegistered() {
  if (!isSupported()) return false;
  const registration = await navigator.serviceWorker.getRegistration(folder.href);
  return registration?.scope === folder.href;
}

/**
 * Registers the service worker for a target and waits until it controls the page.
 * @param {ApiTarget} target
 */
export async function register(target) {
  const address = new URL(`sw.js?answers=${target}`, folder);
  /** @type {ServiceWorkerRegistration | undefined} */
  const registration = await navigator.serviceWorker.register(address, { scope: folder.href });
  const worker = registration?.installing ?? registration?.waiting ?? registration?.active;
  if (!worker) throw new Error('The browser did not register the page’s service worker.');
  const controls = () => navigator.serviceWorker.controller?.scriptURL === address.href;
  if (controls()) return;
  await until('active', worker, 'statechange', () => worker.state === 'activated');
  // An already active worker does not claim a page that was reloaded without it.
  worker.postMessage({ kind: 'claim' });
  await until('in control of the page', navigator.serviceWorker, 'controllerchange', controls);
}

/**
 * @param {string} goal
 * @param {EventTarget} target
 * @param {string} event
 * @param {() => boolean} holds
 */
async function until(goal, target, event, holds) {
  const signal = AbortSignal.timeout(READY_LIMIT_MS);
  while (!holds()) {
    signal.throwIfAborted();
    await new Promise((resolve, reject) => {
      const once = { once: true, signal };
      target.addEventListener(event, resolve, once);
      const message = `The service worker was not ${goal} within ${READY_LIMIT_MS / 1000} seconds.`;
      signal.addEventListener('abort', () => reject(new Error(message)), { once: true });
    });
  }
}
