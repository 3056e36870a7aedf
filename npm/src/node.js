import { nodeHost } from './host.node.js';
import { laboratory_single, laboratory_threaded, single, threaded } from './glue.js';
import { ledgerClass } from './ledger.js';
import { ledgerSyncClass } from './ledger_sync.js';
import { folder } from './package_folder.js';

const host = nodeHost(folder);

export const Ledger = ledgerClass(host);
export const LedgerSync = ledgerSyncClass(host, {
  ledger: { single, threaded },
  laboratory: { single: laboratory_single, threaded: laboratory_threaded },
});
export { TransferBatch, TransferResults } from './transfer_batch.js';
export * from './public_errors.js';
