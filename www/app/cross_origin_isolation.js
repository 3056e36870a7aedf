/**
 * A page that its server does not isolate is isolated by its service worker, which sets the headers
 * that the server does not. They count from the next time the page is loaded, so it loads itself
 * anew, once.
 */
/** @import { ApiTarget } from '../types.d.ts' */
import { isSupported, register } from './service_worker.js';

/** That the page has loaded itself anew, so that it does not do so for ever. */
const MARK = 'ledgerlab-isolating';

/**
 * @param {() => Promise<ApiTarget>} answerer who is to answer by the service worker
 * @returns {Promise<boolean>} whether the page is being loaded anew, so that there is nothing to do
 */
export async function reloadsIsolated(answerer) {
  // What lies in another page is isolated only if that one is.
  const helps = !self.crossOriginIsolated && window.top === window && isSupported();
  try {
    const again = sessionStorage.getItem(MARK) !== null;
    sessionStorage.removeItem(MARK);
    if (!helps || again) return false;
    await register(await answerer());
    sessionStorage.setItem(MARK, 'now');
  } catch (error) {
    console.warn('The page could not be isolated by its service worker:', error);
    return false;
  }
  location.reload();
  return true;
}
