/**
 * Who answers the ledger's paths, `/account/coins` and the others: this tab's ledger, or the server
 * that the page comes from. A server that has them says so with the page, in the header
 * `Link: </system/health>; rel="status"`, and is preferred; where it has not, the tab answers.
 */
/** @import { Answerer, Answering } from '../types.d.ts' */
/** @import { Engine } from '../engine/engine.js' */
import { explain } from '../trouble.js';
import { folder, isPossible, isThere, register, registered } from './registration.js';

const PROBE_LIMIT_MS = 5_000;

/** Who answers before that is known. @type {Answering} */
export const UNKNOWN = { by: null, known: false, server: false, tab: false, trouble: '' };

/**
 * Asks for the page's headers once more, and looks whether its server has the ledger's paths.
 * @returns {Promise<boolean>}
 */
export async function serverAnswers() {
  const signal = AbortSignal.timeout(PROBE_LIMIT_MS);
  const page = await fetch(folder, { method: 'HEAD', cache: 'no-store', signal }).catch(() => null);
  return /;\s*rel="?status"?/.test(page?.headers.get('Link') ?? '');
}

/** @returns {Promise<Answerer>} */
export async function preferred() {
  return (await serverAnswers()) ? 'server' : 'tab';
}

/**
 * Has the preferred one answer. A page whose server does all by itself is given no service worker.
 * @returns {Promise<Answering>}
 */
export async function start() {
  const by = await preferred();
  const needless = by === 'server' && !(await isThere());
  return needless ? now(true) : choose(by, by === 'server');
}

/**
 * @param {Answerer} by
 * @param {boolean} server whether the server has the ledger's paths
 * @returns {Promise<Answering>}
 */
export async function choose(by, server) {
  if (!isPossible()) return now(server);
  try {
    await register(by);
    return now(server);
  } catch (error) {
    const { message } = /** @type {Error} */ (error);
    return { ...now(server), trouble: message };
  }
}

/**
 * Who answers as things stand: another page of the folder may have changed it.
 * @param {boolean} server
 * @returns {Answering}
 */
export function now(server) {
  const by = registered() === 'tab' ? 'tab' : server ? 'server' : null;
  return { by, known: true, server, tab: isPossible(), trouble: '' };
}

/**
 * Takes the calls that the service worker brings, and hands each to the engine.
 * @param {Engine} engine
 * @param {() => void} changed called when another service worker has become the page's
 */
export function takeCalls(engine, changed) {
  if (!isPossible()) return;
  const { serviceWorker } = navigator;
  serviceWorker.addEventListener('controllerchange', changed);
  serviceWorker.addEventListener('message', ({ data, ports: [port] }) => {
    if (data?.kind !== 'call' || !port) return;
    port.postMessage({ kind: 'taken' });
    engine.serveRequest(port).catch((error) => {
      const { what, why } = explain(error);
      port.postMessage({ kind: 'failed', why: `${what} ${why}` });
    });
  });
  serviceWorker.startMessages();
}

/**
 * Tells the service worker that all calls of this page under way come to nothing.
 * @param {Error} reason
 */
export function loseCalls(reason) {
  if (!isPossible()) return;
  navigator.serviceWorker.controller?.postMessage({ kind: 'lost', why: reason.message });
}
