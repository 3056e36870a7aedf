import { host } from './assets.browser.js';
import { ledgerClass } from './ledger.js';

export const Ledger = /* @__PURE__ */ ledgerClass(host);
export { TransferBatch, TransferResults } from './transfer_batch.js';
export * from './public_errors.js';
