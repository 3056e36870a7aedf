import { browserHost } from './host.browser.js';
import { ledgerOf } from './ledger.js';
import { ledgerSyncOf } from './sync.js';
import { single, threaded } from './glue.js';

// Written out, because this is how bundlers find the files.
const host = browserHost(
  {
    'ledgerlab.wasm': () => new URL('./ledgerlab.wasm', import.meta.url),
    'ledgerlab-threaded.wasm': () => new URL('./ledgerlab-threaded.wasm', import.meta.url),
    'laboratory.wasm': () => new URL('./laboratory.wasm', import.meta.url),
    'laboratory-threaded.wasm': () => new URL('./laboratory-threaded.wasm', import.meta.url),
  },
  {
    'worker.js': () => new Worker(new URL('./worker.js', import.meta.url), { type: 'module', name: 'ledgerlab' }),
    'laboratory-worker.js': () =>
      new Worker(new URL('./laboratory-worker.js', import.meta.url), { type: 'module', name: 'ledgerlab' }),
  },
);

export const Ledger = /* @__PURE__ */ ledgerOf(host);
export const LedgerSync = /* @__PURE__ */ ledgerSyncOf(host, { ledger: { single, threaded } });
export { TransferBatch, TransferResults } from './batch.js';
export * from './public-errors.js';
