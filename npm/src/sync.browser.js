import { laboratory_single, laboratory_threaded, single, threaded } from './glue.js';
import { host } from './place.browser.js';
import { ledgerSyncOf } from './sync.js';

export const LedgerSync = /* @__PURE__ */ ledgerSyncOf(host, {
  ledger: { single, threaded },
  laboratory: { single: laboratory_single, threaded: laboratory_threaded },
});
export { TransferBatch, TransferResults } from './batch.js';
export * from './public-errors.js';
