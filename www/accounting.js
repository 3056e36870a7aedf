/**
 * The accounts of the run that is shown: found in its ledger, or in the report where there is no ledger
 * any more; opened one by one; and money moved between them by hand.
 */
/** @import { Reader } from './engine/reader.js' */
/** @import { AccountOrder, AccountQuery, AccountsState, Cast, Report } from './types.d.ts' */
/** @import { Explorer } from './exploring.js' */
/** @import { Looking } from './looking.js' */
/** @import { Move } from './accounts/moving.js' */
/** @import { Store } from './state.js' */
import { answerOf } from './accounts/moving.js';
import { BARS, NO_ACCOUNTS, find, ordered, spreadOf } from './accounts/query.js';
import { latest } from './latest.js';
import { capital, said } from './trouble.js';

/** Points of a history. */
const POINTS_MAX = 1_000;

export class Accounting {
  #store;
  #explorer;
  #looking;
  /** @type {Reader | null} */
  #reader = null;
  /** @type {Report | null} */
  #report = null;
  /** Whether somebody looks at the accounts, so that they are kept as they are now. */
  #watched = false;
  /** Names of the run's accounts, once they are there. @type {Cast | null} */
  cast = null;

  /**
   * @param {Store} store
   * @param {Explorer} explorer
   * @param {Looking} looking
   */
  constructor(store, explorer, looking) {
    this.#store = store;
    this.#explorer = explorer;
    this.#looking = looking;
    store.subscribe(({ reader, report }) => {
      if (reader === this.#reader && report === this.#report) return;
      const another = reader !== this.#reader || report === null || !reader;
      this.#reader = reader;
      this.#report = report;
      if (another) {
        this.cast = null;
        this.#store.set({ accounts: { ...NO_ACCOUNTS } });
      }
      // While the workers are at work the accounts are shown as often as somebody asks for them.
      if (this.#watched && report) this.refresh();
    });
  }

  get #state() {
    return this.#store.state.accounts;
  }

  /** @param {Partial<AccountsState>} changes */
  #set(changes) {
    this.#store.set({ accounts: { ...this.#state, ...changes } });
  }

  /** Whether the panel is in sight. @param {boolean} watched */
  watch(watched) {
    if (watched === this.#watched) return;
    this.#watched = watched;
    if (watched && this.#report && this.#state.lines === null) this.refresh();
  }

  /** Has the names of the accounts there. */
  async names() {
    try {
      this.cast ??= (await this.#reader?.cast()) ?? null;
    } catch (error) {
      this.#set({ problem: said(error) });
    }
    return this.cast;
  }

  /** Everything as it is now. */
  async refresh() {
    await this.#find(this.#state.query);
    await this.#look();
  }

  /** @param {string} text */
  search(text) {
    return this.#find({ ...this.#state.query, text, first: 0 });
  }

  /** @param {AccountOrder} order */
  sort(order) {
    return this.#find(ordered(this.#state.query, order));
  }

  /** @param {1 | -1} way */
  turn(way) {
    const { query } = this.#state;
    return this.#find({ ...query, first: Math.max(0, query.first + way * query.limit) });
  }

  /** @param {AccountQuery} query */
  #find(query) {
    this.#set({ query, problem: '' });
    return this.#findLatest(query);
  }

  #findLatest = latest(async (/** @type {AccountQuery} */ query) => {
    const [reader, report] = [this.#reader, this.#report];
    if (!reader) {
      this.#set({ lines: report && find(report, query) });
      return;
    }
    try {
      this.cast ??= await reader.cast();
      const lines = await reader.accounts(query);
      if (reader === this.#reader) this.#set({ lines });
    } catch (error) {
      if (reader === this.#reader) this.#set({ problem: said(error) });
    }
  });

  /** The spread of balances, and the account that is opened. */
  #look() {
    return this.#lookLatest(null);
  }

  #lookLatest = latest(async () => {
    const [reader, report] = [this.#reader, this.#report];
    if (!reader) {
      this.#set({ spread: report && spreadOf(report, BARS) });
      return;
    }
    try {
      const spread = await reader.spread(BARS);
      if (reader !== this.#reader) return;
      this.#set({ spread });
      const { opened } = this.#state;
      if (opened) await this.open(opened.id, opened.name);
    } catch (error) {
      if (reader === this.#reader) this.#set({ problem: said(error) });
    }
  });

  /**
   * @param {import('./types.d.ts').Amount} id
   * @param {string} name
   */
  async open(id, name) {
    const reader = this.#reader;
    if (!reader) return;
    const { opened } = this.#state;
    const before = opened?.id === id ? opened.history : null;
    this.#set({ opened: { id, name, history: before }, problem: '' });
    try {
      const history = await reader.history(id, POINTS_MAX);
      const isCurrent = reader === this.#reader && this.#state.opened?.id === id;
      if (isCurrent) this.#set({ opened: { id, name, history } });
    } catch (error) {
      if (reader === this.#reader) this.#set({ problem: said(error) });
    }
  }

  shut() {
    this.#set({ opened: null });
  }

  /** Moves money by hand. @param {Move} move */
  async move(move) {
    const reader = this.#reader;
    if (!reader) return;
    this.#set({ said: '', problem: '' });
    try {
      const { status } = await reader.move(move.from, move.to, move.amount);
      if (reader !== this.#reader) return;
      const moved_since = this.#state.moved_since || this.#report !== null;
      this.#set({ said: answerOf(move, status, this.cast), moved_since, judged: '' });
      this.#explorer.again();
      this.#looking.again();
      await this.refresh();
    } catch (error) {
      if (reader === this.#reader) this.#set({ problem: said(error) });
    }
  }

  /** Has serial replay look at the trail as it is since money was moved by hand. */
  async judge() {
    const reader = this.#reader;
    if (!reader) return;
    this.#set({ judged: 'Serial replay decides every entry again.', problem: '' });
    try {
      const divergence = await reader.judge(() => {});
      if (reader !== this.#reader) return;
      const agrees = 'Serial replay agrees: a serial run says the same of every entry.';
      this.#set({ judged: divergence ? capital(divergence.message) : agrees });
      this.#store.set({ divergence });
    } catch (error) {
      if (reader === this.#reader) this.#set({ judged: '', problem: said(error) });
    }
  }
}
