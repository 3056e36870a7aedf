/**
 * Who answers the ledger's paths, `/account/coins` and the others: this tab's ledger, or the server
 * that the page comes from. A server that has them says so with the page, in the header
 * `Link: </system/health>; rel="status"`, and is preferred; where it has not, the tab answers.
 */
/** @import { ApiTarget, ApiTargetState } from '../../types.d.ts' */
/** @import { Engine } from '../../engine/engine.js' */
import { explain } from '../../lib/user_error.js';
import { folder, isSupported, isRegistered, register, activeTarget } from '../../app/service_worker.js';

const PROBE_LIMIT_MS = 5_000;

/** Who answers before that is known. @type {ApiTargetState} */
export const UNKNOWN = { active: null, checked: false, server: false, tab: false, error: '' };

/**
 * Asks for the page's headers once more, and looks whether its server has the ledger's paths.
 * @returns {Promise<boolean>}
 */
export async function serverHasApi() {
  const signal = AbortSignal.timeout(PROBE_LIMIT_MS);
  const page = await fetch(folder, { method: 'HEAD', cache: 'no-store', signal }).catch(() => null);
  return /;\s*rel="?status"?/.test(page?.headers.get('Link') ?? '');
}

/** @returns {Promise<ApiTarget>} */
export async function preferredTarget() {
  return (await serverHasApi()) ? 'server' : 'tab';
}

/**
 * Has the preferred one answer. A page whose server does all by itself is given no service worker.
 * @returns {Promise<ApiTargetState>}
 */
export async function start() {
  const by = await preferredTarget();
  const needless = by === 'server' && !(await isRegistered());
  return needless ? currentTarget(true) : choose(by, by === 'server');
}

/**
 * @param {ApiTarget} by
 * @param {boolean} server whether the server has the ledger's paths
 * @returns {Promise<ApiTargetState>}
 */
export async function choose(by, server) {
  if (!isSupported()) return currentTarget(server);
  try {
    await register(by);
    return currentTarget(server);
  } catch (error) {
    const { message } = /** @type {Error} */ (error);
    return { ...currentTarget(server), error: message };
  }
}

/**
 * Who answers as things stand: another page of the folder may have changed it.
 * @param {boolean} server
 * @returns {ApiTargetState}
 */
export function currentTarget(server) {
  const active = activeTarget() === 'tab' ? 'tab' : server ? 'server' : null;
  return { active, checked: true, server, tab: isSupported(), error: '' };
}

/**
 * Takes the calls that the service worker brings, and hands each to the engine.
 * @param {Engine} engine
 * @param {() => void} changed called when another service worker has become the page's
 */
export function serveRequests(engine, changed) {
  if (!isSupported()) return;
  const { serviceWorker } = navigator;
  serviceWorker.addEventListener('controllerchange', changed);
  serviceWorker.addEventListener('message', ({ data, ports: [port] }) => {
    if (data?.kind !== 'call' || !port) return;
    port.postMessage({ kind: 'taken' });
    engine.attend(port).catch((error) => {
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
export function failRequests(reason) {
  if (!isSupported()) return;
  navigator.serviceWorker.controller?.postMessage({ kind: 'lost', why: reason.message });
}
