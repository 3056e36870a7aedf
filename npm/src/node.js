import { nodeHost } from './host.node.js';
import { ledgerOf } from './ledger.js';
import { ledgerSyncOf } from './sync.js';
import { single, threaded } from './glue.js';
import { folder } from './folder.js';

const host = nodeHost(folder);

export const Ledger = ledgerOf(host);
export const LedgerSync = ledgerSyncOf({ ...host, glues: { single, threaded } });
export { TransferBatch, TransferResults } from './batch.js';
export * from './public-errors.js';
