/**
 * Selects the ledger that answers API requests such as `/account/coins`: this tab's, or that of the
 * server which sent the page. A server with a ledger sends the header
 * `Link: </system/health>; rel="status"` with the page and is preferred.
 */
/** @import { ApiTarget, ApiTargetState, Engine } from '../../types.d.ts' */
import { activeTarget, folder, isRegistered, isSupported } from '../../app/service_worker.js';
import { register } from '../../app/service_worker.js';
import { explain } from '../../lib/user_error.js';

const PROBE_LIMIT_MS = 5_000;

/** The state before it is checked. @type {ApiTargetState} */
export const UNKNOWN_TARGET = { active: null, checked: false, server: false, tab: false, error: '' };

/**
 * Requests the page's headers and returns whether its server has a ledger.
 * @returns {Promise<boolean>}
 */
export async function serverHasApi() {
  const signal = AbortSignal.timeout(PROBE_LIMIT_MS);
  const options = { method: 'HEAD', cache: /** @type {const} */ ('no-store'), signal };
  const response = await fetch(folder, options).catch(() => null);
  return /;\s*rel="?status"?/.test(response?.headers.get('Link') ?? '');
}

/** @returns {Promise<ApiTarget>} */
export async function preferredTarget() {
  return (await serverHasApi()) ? 'server' : 'tab';
}

/**
 * Selects the preferred target. A page whose server answers needs no service worker.
 * @returns {Promise<ApiTargetState>}
 */
export async function start() {
  const target = await preferredTarget();
  const is_server = target === 'server';
  return is_server && !(await isRegistered()) ? currentTarget(true) : choose(target, is_server);
}

/**
 * @param {ApiTarget} target
 * @param {boolean} server whether the server has a ledger
 * @returns {Promise<ApiTargetState>}
 */
export async function choose(target, server) {
  if (!isSupported()) return currentTarget(server);
  try {
    await register(target);
    return currentTarget(server);
  } catch (error) {
    return { ...currentTarget(server), error: /** @type {Error} */ (error).message };
  }
}

/**
 * Returns the current state, which another page of the same folder may have changed.
 * @param {boolean} server
 * @returns {ApiTargetState}
 */
export function currentTarget(server) {
  const active = activeTarget() === 'tab' ? 'tab' : server ? 'server' : null;
  return { active, checked: true, server, tab: isSupported(), error: '' };
}

/**
 * Passes the requests of the service worker to the engine.
 * @param {Engine} engine
 * @param {() => void} changed called when another service worker controls the page
 */
export function serveRequests(engine, changed) {
  if (!isSupported()) return;
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
 * Makes the service worker fail all requests of this page that are under way.
 * @param {Error} reason
 */
export function failRequests(reason) {
  if (!isSupported()) return;
  navigator.serviceWorker.controller?.postMessage({ kind: 'lost', why: reason.message });
}
