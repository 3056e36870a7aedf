/** The store of a ledger in browsers. A page fetches this script only when it opens a ledger with `opfs`. */
import { storeOpener } from './store.js';

/** Starts the worker that owns the files. */
export const startStoreWorker = () =>
  new Worker(new URL('./store-worker.js', import.meta.url), { type: 'module', name: 'ledgerlab-store' });

export const openStore = storeOpener({
  option: 'opfs',
  elsewhere: 'There are no folders in a browser. Name a store of this site with `opfs`.',
  sharing:
    'Serve the page over https or from localhost, with the headers Cross-Origin-Opener-Policy: same-origin and Cross-Origin-Embedder-Policy: require-corp, and leave `workers` at 1 or more.',
  check: (name) => (/^[\w.-]{1,64}$/.test(name) && !/^\.+$/.test(name) ? null : '1 to 64 letters, digits, `_`, `.` or `-`'),
  // The worker takes a Web Lock, which ends with it.
  lock: () => () => {},
});
