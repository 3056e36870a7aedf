/**
 * Isolates a page whose server does not send the headers for it. The service worker adds them, and
 * they apply from the next load on, so the page reloads itself once.
 */
/** @import { ApiTarget } from '../types.d.ts' */
import { isSupported, register } from './service_worker.js';

/** Set while the page reloads itself, so that it does so only once. */
const RELOAD_MARK = 'ledgerlab-isolating';

/**
 * @param {() => Promise<ApiTarget>} preferredTarget which ledger the service worker is to use
 * @returns {Promise<boolean>} whether the page is being reloaded
 */
export async function reloadForIsolation(preferredTarget) {
  // An embedded page is isolated only if the page around it is.
  const helps = !self.crossOriginIsolated && window.top === window && isSupported();
  try {
    const has_reloaded = sessionStorage.getItem(RELOAD_MARK) !== null;
    sessionStorage.removeItem(RELOAD_MARK);
    if (!helps || has_reloaded) return false;
    await register(await preferredTarget());
    sessionStorage.setItem(RELOAD_MARK, 'now');
  } catch (error) {
    console.warn('The service worker could not isolate the page:', error);
    return false;
  }
  location.reload();
  return true;
}
