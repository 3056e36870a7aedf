/**
 * The explorer of the trail: finds entries of the run that is shown, and opens one with those
 * around it.
 */
/** @import { Reader } from '../../engine/reader.js' */
/** @import { AccountLayout, Divergence, Report, TrailEntry, TrailFields, TrailState } from '../../types.d.ts' */
/** @import { Store } from '../../app/store.js' */
import { counted } from '../../lib/format.js';
import { entriesOf } from './entry_text.js';
import { EMPTY_FILTER, NO_TRAIL, parseFilter, isEmptyFilter, accountFilter } from './trail_filter.js';
import { findAll, neighboursOf } from './trail_queries.js';
import { RowCache } from './row_cache.js';
import { TrailTasks } from './trail_tasks.js';
import { messageOf } from '../../lib/user_error.js';

export class TrailExplorer {
  #store;
  /** @type {Reader | null} */
  #reader = null;
  /** @type {Report | null} */
  #report = null;
  /** Rows that are found, as the reader knows them. @type {number | null} */
  #rows = null;
  /** Grows with what makes answers to earlier questions useless. */
  #search = 0;
  #opening = 0;
  #stopped = false;
  /** Names of the run's accounts, once they are there. @type {AccountLayout | null} */
  account_layout = null;
  /** Rows that were read. @type {RowCache | null} */
  row_cache = null;
  /** Called when rows have come: the table shows them at its next frame. */
  onRowsRead = () => {};

  /** @param {Store} store */
  constructor(store) {
    this.#store = store;
    this.tasks = new TrailTasks(store, () => this.#rows);
    store.subscribe((state) => {
      if (state.reader !== this.#reader) this.#change(state.reader);
      const { report, reader } = state;
      if (report === this.#report) return;
      this.#report = report;
      if (!report || !reader) return;
      if (!report.passed && state.comparison_progress === null) this.#locate(reader);
      // What was found while the workers were at work is not all any more.
      this.refresh();
    });
  }

  get #state() {
    return this.#store.state.trail;
  }

  /** @param {Partial<TrailState>} changes */
  #set(changes) {
    this.#store.set({ trail: { ...this.#state, ...changes } });
  }

  /** Another run, or none: nothing of the last one's is left. @param {Reader | null} reader */
  #change(reader) {
    this.#close();
    this.#reader = reader;
    this.#search += 1;
    this.#opening += 1;
    this.account_layout = null;
    this.#store.set({ trail: { ...NO_TRAIL, fields: this.#state.fields }, divergence: null });
  }

  #close() {
    if (this.#rows !== null) this.#reader?.closeRows(this.#rows).catch(() => {});
    this.#rows = null;
    this.row_cache?.close();
    this.row_cache = null;
  }

  /** Where a run whose checks failed differs from a serial one. @param {Reader} reader */
  async #locate(reader) {
    try {
      const divergence = await reader.divergence();
      if (reader === this.#reader) this.#store.set({ divergence });
    } catch {
      // The report says what failed; the way to the entry is an offer.
    }
  }

  /** Looks for the first time, where it has not looked yet. */
  findFirst() {
    if (this.#state.search === 0 && this.#reader) this.find(this.#state.fields);
  }

  /** The same once more: more may have been written. */
  refresh() {
    if (this.#state.search > 0) this.find(this.#state.fields);
  }

  /** Entries of one account. @param {string | number} account_id */
  async findAccount(account_id) {
    await this.find(accountFilter(this.account_layout ?? (await this.#reader?.cast()) ?? null, account_id));
  }

  /**
   * Finds the entries that the fields ask for.
   * @param {TrailFields} fields
   * @param {() => Promise<boolean>} [reveal] asked whether what is sought is in sight, until it is
   */
  async find(fields, reveal = async () => true) {
    const reader = this.#reader;
    if (!reader) return;
    const search = (this.#search += 1);
    const isCurrent = () => search === this.#search;
    this.#stopped = false;
    // It counts from the first moment on, so that nobody begins it twice.
    this.#set({ search: Math.max(1, this.#state.search), fields, searching: true });
    try {
      this.account_layout ??= await reader.cast();
      if (!isCurrent()) return;
      const { filter, problems } = parseFilter(fields, this.account_layout);
      const isSound = Object.keys(problems).length === 0;
      this.#set({ problems, status_text: '', error_text: '', searching: isSound });
      if (!isSound) return;
      const rows = await reader.openRows(filter);
      if (!isCurrent()) {
        await reader.closeRows(rows);
        return;
      }
      this.#close();
      this.#take(reader, rows);
      this.#set({ search: this.#state.search + 1, count: 0, row: null });
      let revealed = false;
      await findAll(reader, rows, async (found) => {
        if (!isCurrent()) return false;
        this.#set({ count: found.count });
        this.row_cache?.setRowCount(found.count);
        revealed ||= await reveal();
        return isCurrent() && !this.#stopped;
      });
      if (!isCurrent()) return;
      this.#set({ searching: false, status_text: this.#stopped ? this.#soFar() : this.#found() });
    } catch (error) {
      if (isCurrent()) this.#set({ searching: false, error_text: messageOf(error) });
    }
  }

  /** @param {Reader} reader @param {number} rows */
  #take(reader, rows) {
    this.#rows = rows;
    this.row_cache = new RowCache(
      async (first, limit) => entriesOf(await reader.readRows(rows, first, limit, 'ndjson')),
      () => this.onRowsRead(),
      (error) => this.#set({ error_text: messageOf(error) }),
    );
  }

  #found() {
    const { count: rows, fields } = this.#state;
    if (rows === 0) return 'No entry is so.';
    return isEmptyFilter(fields) ? `${counted(rows, 'entries')}.` : `${counted(rows, 'entries')} found.`;
  }

  #soFar() {
    return `Stopped: ${counted(this.#state.count, 'entries')} found so far.`;
  }

  /** Ends what takes a while: finding, or saving. */
  stop() {
    this.#stopped = true;
    this.tasks.stop();
  }

  /**
   * Brings the entry of a timestamp into sight, if it is among those found, and answers with it.
   * @param {string} timestamp
   * @returns {Promise<TrailEntry | null>}
   */
  async #reveal(timestamp) {
    const [reader, rows] = [this.#reader, this.#rows];
    if (!reader || rows === null) return null;
    const row = await reader.rowAt(rows, timestamp);
    if (rows !== this.#rows || row >= this.#state.count) return null;
    const [entry] = entriesOf(await reader.readRows(rows, row, 1, 'ndjson'));
    if (rows !== this.#rows || String(entry?.timestamp) !== timestamp) return null;
    this.#set({ focus: { row }, row });
    return entry;
  }

  /** Brings a row into sight. @param {number} row from 0 */
  goTo(row) {
    this.#set({ focus: { row: Math.min(Math.max(0, row), this.#state.count - 1) } });
  }

  /** Opens the entry of a row that was read. @param {number} row */
  selectRow(row) {
    const entry = this.row_cache?.get(row);
    if (entry) this.#show(entry, row);
  }

  /** Opens an entry, wherever it is. @param {TrailEntry} entry */
  async selectEntry(entry) {
    const shown = this.#show(entry, null);
    await this.#reveal(String(entry.timestamp));
    await shown;
  }

  deselect() {
    this.#opening += 1;
    this.#set({ entry: null, row: null, neighbours: null });
  }

  /** @param {TrailEntry} entry @param {number | null} row */
  async #show(entry, row) {
    const reader = this.#reader;
    const opening = (this.#opening += 1);
    const isCurrent = () => opening === this.#opening;
    this.#set({ entry, row, neighbours: null });
    if (!reader) return;
    try {
      const neighbours = await neighboursOf(reader, entry, isCurrent);
      if (isCurrent()) this.#set({ neighbours });
    } catch (error) {
      if (isCurrent()) this.#set({ error_text: messageOf(error) });
    }
  }

  /**
   * Leads to what a serial run says something else of: an entry, or the entries of an account.
   * @param {Divergence} divergence
   */
  async showDivergence(divergence) {
    const { timestamp, account_id } = divergence;
    this.#set({ divergence: divergence, entry: null });
    if (timestamp === null) {
      if (account_id !== null) await this.findAccount(account_id);
      return;
    }
    await this.find(EMPTY_FILTER, async () => {
      const entry = await this.#reveal(String(timestamp));
      if (!entry) return false;
      this.#show(entry, this.#state.row);
      return true;
    });
  }
}
