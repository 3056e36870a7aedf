/**
 * The worker beside the pool's that looks into the ledger of a run, while others work on it and after.
 * It answers one call after the other; whoever does not want an answer any more drops it.
 */
/**
 * @import { AccountHistory, AccountPage, AccountQuery, Amount, AccountLayout, Divergence, LedgerSample, ManualTransferResult,
 *   RowsFound, TrailSeal, BalanceDistribution, TrailFilter } from '../types.d.ts'
 */

/** @typedef {(call: string, parameters: unknown[], progress?: (done: number) => void) => Promise<any>} Ask */

export class Reader {
  #ask;
  #run;
  /** Nobody joins a run that has begun. @type {Promise<AccountLayout> | null} */
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
   * The ledger as it is now, in at most so many cells.
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

  /** Where the run differs from a serial one, once it has been judged. @returns {Promise<Divergence | null>} */
  async divergence() {
    return (await this.#ask('divergence', [this.#run])) ?? null;
  }

  /**
   * Begins to find rows of the trail; the number by which they are known.
   * @param {TrailFilter} filter
   * @returns {Promise<number>}
   */
  openRows(filter) {
    return this.#ask('open_rows', [this.#run, filter]);
  }

  /**
   * Finds some more rows.
   * @param {number} rows
   * @param {number} more how many at least, unless it finds the last one
   * @returns {Promise<RowsFound>}
   */
  findRows(rows, more) {
    return this.#ask('find_rows', [rows, more]);
  }

  /**
   * Rows as lines of text, each a JSON object (`ndjson`), or as CSV, which has a heading at row 0.
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
   * The number of the first row that is not before a timestamp; after it, where the latest come first.
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
   * Compares the trail with its seal: nothing where it is what was sealed, or the first difference.
   * @param {number} seal
   * @param {(records: number) => void} progress
   * @returns {Promise<string | null>}
   */
  async verify(seal, progress) {
    return (await this.#ask('verify_trail', [this.#run, seal], progress)) ?? null;
  }

  /**
   * The same with a copy of the trail in which one byte of one entry is another one.
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
   * Moves coins by hand. An account of `@world` is where they come from and go to.
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
   * Replays the trail once more, after money was moved by hand: nothing, or where it differs.
   * @param {(entries: number) => void} progress
   * @returns {Promise<Divergence | null>}
   */
  async judge(progress) {
    return (await this.#ask('verify_again', [this.#run], progress)) ?? null;
  }
}
