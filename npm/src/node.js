import { nodeHost } from './host.node.js';
import { ledgerOf } from './ledger.js';
import { ledgerSyncOf } from './sync.js';
import { laboratory_single, laboratory_threaded, single, threaded } from './glue.js';
import { folder } from './folder.js';

const host = nodeHost(folder);

export const Ledger = ledgerOf(host);
export const LedgerSync = ledgerSyncOf(host, {
  ledger: { single, threaded },
  laboratory: { single: laboratory_single, threaded: laboratory_threaded },
});
export { TransferBatch, TransferResults } from './batch.js';
export * from './public-errors.js';
