import { host } from './assets.browser.js';
import { laboratory_single, laboratory_threaded, single, threaded } from './glue.js';
import { ledgerSyncClass } from './ledger_sync.js';

export const LedgerSync = /* @__PURE__ */ ledgerSyncClass(host, {
  ledger: { single, threaded },
  laboratory: { single: laboratory_single, threaded: laboratory_threaded },
});
export { TransferBatch, TransferResults } from './transfer_batch.js';
export * from './public_errors.js';
