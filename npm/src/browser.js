import { ledgerOf } from './ledger.js';
import { host } from './place.browser.js';

export const Ledger = /* @__PURE__ */ ledgerOf(host);
export { TransferBatch, TransferResults } from './batch.js';
export * from './public-errors.js';
