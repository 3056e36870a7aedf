/** Finds entries of the displayed run's trail, and shows one entry with its neighbours. */
/** @import { Amount, Divergence, Reader, Report, Store, TrailEntry } from '../../types.d.ts' */
/** @import { TrailFields, TrailState } from '../../types.d.ts' */
import { loadAccountLayout } from '../../app/store.js';
import { counted } from '../../lib/format.js';
import { messageOf } from '../../lib/user_error.js';
import { parseEntries } from './entry_text.js';
import { RowCache } from './row_cache.js';
import { staleReadOf } from './stale_read.js';
import { EMPTY_FILTER, NO_TRAIL, accountFilter, isEmptyFilter, parseFilter } from './trail_filter.js';
import { findAll, neighboursOf } from './trail_queries.js';
import { TrailTasks } from './trail_tasks.js';

export class TrailExplorer {
  #store;
  /** @type {Reader | null} */
  #reader = null;
  /** @type {Report | null} */
  #report = null;
  /** The reader's handle of the found rows. @type {number | null} */
  #rows = null;
  /** Grows with each search and each run, which makes earlier results obsolete. */
  #search = 0;
  #selection = 0;
  #is_stopped = false;
  /** @type {RowCache | null} */
  row_cache = null;
  /** Called when rows were read, for the grid to draw them. */
  onRowsRead = () => {};

  /** @param {Store} store */
  constructor(store) {
    this.#store = store;
    this.tasks = new TrailTasks(store, () => this.#rows);
    store.subscribe((state) => {
      const { report, reader, comparison_progress } = state;
      if (reader !== this.#reader) this.#setReader(reader);
      if (report === this.#report) return;
      this.#report = report;
      if (!report || !reader) return;
      if (!report.passed && comparison_progress === null) this.#loadDivergence(reader);
      // A search during the run has found only the entries until then.
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

  /** Discards everything of the last run. @param {Reader | null} reader */
  #setReader(reader) {
    this.#closeRows();
    this.#reader = reader;
    this.#search += 1;
    this.#selection += 1;
    this.#store.set({ trail: { ...NO_TRAIL, fields: this.#state.fields }, divergence: null });
  }

  #closeRows() {
    if (this.#rows !== null) this.#reader?.closeRows(this.#rows).catch(() => {});
    this.#rows = null;
    this.row_cache?.close();
    this.row_cache = null;
  }

  /** @param {Reader} reader */
  async #loadDivergence(reader) {
    try {
      const divergence = await reader.divergence();
      if (reader === this.#reader) this.#store.set({ divergence });
    } catch {
      // The report names the failed checks; the link to the entry is optional.
    }
  }

  /** Searches for the first time in this run. */
  findFirst() {
    if (this.#state.search === 0 && this.#reader) this.find(this.#state.fields);
  }

  /** Repeats the last search, because there may be more entries now. */
  refresh() {
    if (this.#state.search > 0) this.find(this.#state.fields);
  }

  /** @param {Amount} account_id */
  async findAccount(account_id) {
    await this.find(accountFilter(await loadAccountLayout(this.#store), account_id));
  }

  /**
   * Finds the entries that the fields select.
   * @param {TrailFields} fields
   * @param {() => Promise<boolean>} [reveal] called until it has scrolled to an entry
   */
  async find(fields, reveal = async () => true) {
    const reader = this.#reader;
    if (!reader) return;
    const search = (this.#search += 1);
    const isCurrent = () => search === this.#search;
    this.#is_stopped = false;
    // The search counts from now on, so that it is not started twice.
    this.#set({ search: Math.max(1, this.#state.search), fields, searching: true });
    try {
      const layout = await loadAccountLayout(this.#store);
      if (!isCurrent()) return;
      const { filter, problems } = parseFilter(fields, layout);
      const is_valid = Object.keys(problems).length === 0;
      this.#set({ problems, status_text: '', error_text: '', searching: is_valid });
      if (!is_valid) return;
      const rows = await reader.openRows(filter);
      if (!isCurrent()) {
        await reader.closeRows(rows);
        return;
      }
      this.#openRows(reader, rows);
      this.#set({ search: this.#state.search + 1, count: 0, row: null });
      let is_revealed = false;
      await findAll(reader, rows, async ({ count }) => {
        if (!isCurrent()) return false;
        this.#set({ count });
        this.row_cache?.setRowCount(count);
        is_revealed ||= await reveal();
        return isCurrent() && !this.#is_stopped;
      });
      if (isCurrent()) this.#set({ searching: false, status_text: this.#resultText() });
    } catch (error) {
      if (isCurrent()) this.#set({ searching: false, error_text: messageOf(error) });
    }
  }

  /** @param {Reader} reader @param {number} rows */
  #openRows(reader, rows) {
    this.#closeRows();
    this.#rows = rows;
    this.row_cache = new RowCache(
      async (first, limit) => parseEntries(await reader.readRows(rows, first, limit, 'ndjson')),
      () => this.onRowsRead(),
      (error) => this.#set({ error_text: messageOf(error) }),
    );
  }

  #resultText() {
    const { count, fields } = this.#state;
    const entries = counted(count, 'entries');
    if (this.#is_stopped) return `Stopped: ${entries} found so far.`;
    if (count === 0) return 'No matching entries.';
    return isEmptyFilter(fields) ? `${entries}.` : `${entries} found.`;
  }

  /** Stops the search or the task under way. */
  stop() {
    this.#is_stopped = true;
    this.tasks.stop();
  }

  /**
   * Scrolls to the entry with a timestamp and returns it, if it is among those found.
   * @param {string} timestamp
   * @returns {Promise<TrailEntry | null>}
   */
  async #reveal(timestamp) {
    const [reader, rows] = [this.#reader, this.#rows];
    if (!reader || rows === null) return null;
    const row = await reader.rowAt(rows, timestamp);
    if (rows !== this.#rows || row >= this.#state.count) return null;
    const [entry] = parseEntries(await reader.readRows(rows, row, 1, 'ndjson'));
    if (rows !== this.#rows || String(entry?.timestamp) !== timestamp) return null;
    this.#set({ focus: { row }, row });
    return entry;
  }

  /** Scrolls to a row. @param {number} row from 0 */
  goTo(row) {
    this.#set({ focus: { row: Math.min(Math.max(0, row), this.#state.count - 1) } });
  }

  /** Selects the entry of a row that was read. @param {number} row */
  selectRow(row) {
    const entry = this.row_cache?.get(row);
    if (entry) this.#select(entry, row);
  }

  /** Selects an entry and scrolls to it if it is among those found. @param {TrailEntry} entry */
  async selectEntry(entry) {
    const selected = this.#select(entry, null);
    await this.#reveal(String(entry.timestamp));
    await selected;
  }

  deselect() {
    this.#selection += 1;
    this.#set({ entry: null, row: null, neighbours: null });
  }

  /** @param {TrailEntry} entry @param {number | null} row */
  async #select(entry, row) {
    const reader = this.#reader;
    const selection = (this.#selection += 1);
    const isCurrent = () => selection === this.#selection;
    this.#set({ entry, row, neighbours: null });
    if (!reader) return;
    try {
      const neighbours = await neighboursOf(reader, entry, isCurrent);
      if (isCurrent()) this.#set({ neighbours });
    } catch (error) {
      if (isCurrent()) this.#set({ error_text: messageOf(error) });
    }
  }

  /** Finds the change that an entry has missed. @param {Divergence} divergence @param {TrailEntry} entry */
  async #explain(divergence, entry) {
    if (!this.#reader) return;
    try {
      const stale_read = (await staleReadOf(this.#reader, entry)) ?? 'none';
      if (divergence === this.#state.divergence) this.#set({ stale_read });
    } catch (error) {
      this.#set({ error_text: messageOf(error) });
    }
  }

  /**
   * Shows where the run differs from the serial replay: an entry, or the entries of an account.
   * @param {Divergence} divergence
   */
  async showDivergence(divergence) {
    const { timestamp, account_id } = divergence;
    this.#set({ divergence, stale_read: null, entry: null });
    if (timestamp === null) {
      if (account_id !== null) await this.findAccount(account_id);
      return;
    }
    await this.find(EMPTY_FILTER, async () => {
      const entry = await this.#reveal(String(timestamp));
      if (!entry) return false;
      this.#select(entry, this.#state.row);
      this.#explain(divergence, entry);
      return true;
    });
  }
}
