/**
 * Inspects the ledger of a run while its workers write, and afterwards. One worker beside the pool
 * executes the calls in order.
 */
/** @import { Reader } from '../types.d.ts' */
import { DIGIT_FIELDS } from '../report/digit_fields.js';
import { withNumbers } from '../report/report_numbers.js';

/** The amounts in what a ledger returns. */
const AMOUNTS = new Set([
  ...DIGIT_FIELDS, 'balance', 'balances', 'difference', 'held', 'issued', 'maximum', 'median', 'minimum', 'pending', 'up_to',
]);

/**
 * @param {number} run
 * @param {(call: string, parameters: unknown[], progress?: (done: number) => void) => Promise<any>} ask
 *   has the worker call an export of the core
 * @returns {Reader}
 */
export function openReader(run, ask) {
  /** @param {string} call @param {unknown[]} parameters */
  const read = async (call, parameters) => withNumbers(await ask(call, parameters), AMOUNTS);
  return {
    accountLayout: () => ask('account_layout', [run]),
    sampleLedger: (cells_max) => read('sample_ledger', [run, cells_max]),
    findAccounts: (query) => read('find_accounts', [run, query]),
    balanceDistribution: (bars) => read('balance_distribution', [run, bars]),
    accountHistory: (id, points_max) => read('account_history', [run, String(id), points_max]),
    divergence: async () => (await ask('divergence', [run])) ?? null,
    openRows: (filter) => ask('open_rows', [run, filter]),
    findRows: (rows, more) => ask('find_rows', [rows, more]),
    readRows: (rows, first, limit, format) => ask('read_rows', [rows, first, limit, format]),
    rowAt: (rows, timestamp) => ask('row_at', [rows, String(timestamp)]),
    closeRows: (rows) => ask('close_rows', [rows]),
    sealTrail: (progress) => ask('seal_trail', [run], progress),
    verifyTrail: async (seal, progress) => {
      return (await ask('verify_trail', [run, seal], progress)) ?? null;
    },
    verifyChangedTrail: async (seal, writer, position, progress) => {
      return (await ask('verify_changed_trail', [run, seal, writer, position], progress)) ?? null;
    },
    transferManually: (debit_account_id, credit_account_id, amount) => {
      const accounts = [String(debit_account_id), String(credit_account_id)];
      return ask('transfer_manually', [run, ...accounts, amount]);
    },
    replayAgain: async () => (await ask('verify_again', [run], () => {})) ?? null,
  };
}
