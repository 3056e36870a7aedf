import { browserHost } from './host.browser.js';
import { ledgerOf } from './ledger.js';
import { ledgerSyncOf } from './sync.js';
import { single, threaded } from './glue.js';

const host = browserHost(
  // Written out, because this is how bundlers find the files.
  (shared) =>
    shared ? new URL('./ledgerlab-threaded.wasm', import.meta.url) : new URL('./ledgerlab.wasm', import.meta.url),
  () => new Worker(new URL('./worker.js', import.meta.url), { type: 'module', name: 'ledgerlab' }),
);

export const Ledger = ledgerOf(host);
export const LedgerSync = ledgerSyncOf({ ...host, glues: { single, threaded } });
export { TransferBatch, TransferResults } from './batch.js';
export * from './public-errors.js';
