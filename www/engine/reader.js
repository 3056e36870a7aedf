/**
 * Inspects the ledger of a run while its workers write, and afterwards. One worker beside the pool
 * executes the calls in order.
 */
/**
 * @import { AccountHistory, AccountPage, AccountQuery, Amount, AccountLayout, Divergence, LedgerSample, ManualTransferResult,
 *   RowsFound, TrailSeal, BalanceDistribution, TrailFilter } from '../types.d.ts'
 */

/** @typedef {(call: string, parameters: unknown[], progress?: (done: number) => void) => Promise<any>} Ask */

export class Reader {
  #ask;
  #run;
  /** The accounts of a run are those that it begins with. @type {Promise<AccountLayout> | null} */
  #cast = null;

  /**
   * @param {number} run
   * @param {Ask} ask
   */
  constructor(run, ask) {
    this.#run = run;
    this.#ask = ask;
  }

  /** @returns {Promise<AccountLayout>} */
  cast() {
    this.#cast ??= this.#ask('account_layout', [this.#run]);
    return this.#cast;
  }

  /**
   * Returns a sample of the ledger in at most so many cells.
   * @param {number} cells_max
   * @returns {Promise<LedgerSample>}
   */
  look(cells_max) {
    return this.#ask('sample_ledger', [this.#run, cells_max]);
  }

  /** @param {AccountQuery} query @returns {Promise<AccountPage>} */
  accounts(query) {
    return this.#ask('find_accounts', [this.#run, query]);
  }

  /** @param {number} bars @returns {Promise<BalanceDistribution>} */
  spread(bars) {
    return this.#ask('balance_distribution', [this.#run, bars]);
  }

  /**
   * @param {Amount} account_id
   * @param {number} points_max
   * @returns {Promise<AccountHistory>}
   */
  history(account_id, points_max) {
    return this.#ask('account_history', [this.#run, String(account_id), points_max]);
  }

  /** Returns where a run that was checked differs from a serial one. @returns {Promise<Divergence | null>} */
  async divergence() {
    return (await this.#ask('divergence', [this.#run])) ?? null;
  }

  /**
   * Opens a list of the trail's rows and returns its number.
   * @param {TrailFilter} filter
   * @returns {Promise<number>}
   */
  openRows(filter) {
    return this.#ask('open_rows', [this.#run, filter]);
  }

  /**
   * Finds more rows.
   * @param {number} rows
   * @param {number} more how many, unless there are fewer
   * @returns {Promise<RowsFound>}
   */
  findRows(rows, more) {
    return this.#ask('find_rows', [rows, more]);
  }

  /**
   * Returns rows as lines of JSON (`ndjson`) or as CSV, which has a heading before row 0.
   * @param {number} rows
   * @param {number} first from 0
   * @param {number} limit at most 4,096
   * @param {'ndjson' | 'csv'} form
   * @returns {Promise<string>}
   */
  readRows(rows, first, limit, form) {
    return this.#ask('read_rows', [rows, first, limit, form]);
  }

  /**
   * Returns the number of the first row at or past a timestamp, in the order of the list.
   * @param {number} rows
   * @param {Amount} timestamp
   * @returns {Promise<number>}
   */
  rowAt(rows, timestamp) {
    return this.#ask('row_at', [rows, String(timestamp)]);
  }

  /** @param {number} rows */
  closeRows(rows) {
    return this.#ask('close_rows', [rows]);
  }

  /** @param {(records: number) => void} progress @returns {Promise<TrailSeal>} */
  seal(progress) {
    return this.#ask('seal_trail', [this.#run], progress);
  }

  /**
   * Compares the trail with its seal and returns the first difference, or nothing.
   * @param {number} seal
   * @param {(records: number) => void} progress
   * @returns {Promise<string | null>}
   */
  async verify(seal, progress) {
    return (await this.#ask('verify_trail', [this.#run, seal], progress)) ?? null;
  }

  /**
   * Does the same with a copy of the trail in which one entry was changed.
   * @param {number} seal
   * @param {number} writer from 0
   * @param {number} place of the entry in the writer's segment, from 0
   * @param {(records: number) => void} progress
   * @returns {Promise<string | null>}
   */
  async verifyChanged(seal, writer, place, progress) {
    const entry = [seal, writer, place];
    return (await this.#ask('verify_changed_trail', [this.#run, ...entry], progress)) ?? null;
  }

  /**
   * Transfers coins between two accounts. Those of `@world` issue and take back coins.
   * @param {Amount} debit_account_id
   * @param {Amount} credit_account_id
   * @param {number} amount
   * @returns {Promise<ManualTransferResult>}
   */
  move(debit_account_id, credit_account_id, amount) {
    const accounts = [String(debit_account_id), String(credit_account_id)];
    return this.#ask('transfer_manually', [this.#run, ...accounts, amount]);
  }

  /**
   * Replays the trail once more and returns where it differs, or nothing.
   * @param {(entries: number) => void} progress
   * @returns {Promise<Divergence | null>}
   */
  async judge(progress) {
    return (await this.#ask('verify_again', [this.#run], progress)) ?? null;
  }
}
