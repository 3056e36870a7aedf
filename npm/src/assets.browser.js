import { browserHost } from './host.browser.js';

/** Starts each script. Webpack derives file names from the names of the workers. @type {Record<string, () => Worker>} */
const workers = {
  'worker.js': () => new Worker(new URL('./worker.js', import.meta.url), { type: 'module', name: 'ledgerlab' }),
  'laboratory-worker.js': () =>
    new Worker(new URL('./laboratory-worker.js', import.meta.url), { type: 'module', name: 'ledgerlab-laboratory' }),
};

// Bundlers need the addresses as literals.
const hosted = /* @__PURE__ */ browserHost(
  {
    'ledgerlab.wasm': () => new URL('./ledgerlab.wasm', import.meta.url),
    'ledgerlab-threaded.wasm': () => new URL('./ledgerlab-threaded.wasm', import.meta.url),
    'laboratory.wasm': () => new URL('./laboratory.wasm', import.meta.url),
    'laboratory-threaded.wasm': () => new URL('./laboratory-threaded.wasm', import.meta.url),
  },
  workers,
);

/** Fetches the script of the store, and adds its worker. */
async function loadStore() {
  const store = await import('./store.browser.js');
  workers['store-worker.js'] = store.startStoreWorker;
  return store.openStore;
}

export const host = /* @__PURE__ */ Object.assign(hosted, { loadStore });
