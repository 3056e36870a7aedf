/**
 * The accounts of the run that is shown: found in its book, or in the report where there is no book
 * any more; opened one by one; and money moved between them by hand.
 */
/** @import { Reader } from '../../engine/reader.js' */
/** @import { AccountOrder, AccountQuery, AccountsState, AccountLayout, Report } from '../../types.d.ts' */
/** @import { TrailExplorer } from '../trail/trail_explorer.js' */
/** @import { LedgerPoller } from '../run/ledger_poller.js' */
/** @import { Move } from './manual_transfer.js' */
/** @import { Store } from '../../app/store.js' */
import { resultText } from './manual_transfer.js';
import { BARS, NO_ACCOUNTS, queryReport, sortedBy, distributionOf } from './account_query.js';
import { coalesce } from '../../lib/coalesce.js';
import { capitalized, messageOf } from '../../lib/user_error.js';

/** Points of a history. */
const POINTS_MAX = 1_000;

export class AccountsController {
  #store;
  #explorer;
  #looking;
  /** @type {Reader | null} */
  #reader = null;
  /** @type {Report | null} */
  #report = null;
  /** Whether somebody looks at the accounts, so that they are kept as they are now. */
  #watched = false;
  /** Names of the run's accounts, once they are there. @type {AccountLayout | null} */
  account_layout = null;

  /**
   * @param {Store} store
   * @param {TrailExplorer} explorer
   * @param {LedgerPoller} looking
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
        this.account_layout = null;
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
  setVisible(watched) {
    if (watched === this.#watched) return;
    this.#watched = watched;
    if (watched && this.#report && this.#state.page === null) this.refresh();
  }

  /** Has the names of the accounts there. */
  async loadAccountLayout() {
    try {
      this.account_layout ??= (await this.#reader?.cast()) ?? null;
    } catch (error) {
      this.#set({ error_text: messageOf(error) });
    }
    return this.account_layout;
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
    return this.#find(sortedBy(this.#state.query, order));
  }

  /** @param {1 | -1} way */
  turnPage(way) {
    const { query } = this.#state;
    return this.#find({ ...query, first: Math.max(0, query.first + way * query.limit) });
  }

  /** @param {AccountQuery} query */
  #find(query) {
    this.#set({ query, error_text: '' });
    return this.#findLatest(query);
  }

  #findLatest = coalesce(async (/** @type {AccountQuery} */ query) => {
    const [reader, report] = [this.#reader, this.#report];
    if (!reader) {
      this.#set({ page: report && queryReport(report, query) });
      return;
    }
    try {
      this.account_layout ??= await reader.cast();
      const page = await reader.accounts(query);
      if (reader === this.#reader) this.#set({ page });
    } catch (error) {
      if (reader === this.#reader) this.#set({ error_text: messageOf(error) });
    }
  });

  /** The spread of balances, and the account that is opened. */
  #look() {
    return this.#lookLatest(null);
  }

  #lookLatest = coalesce(async () => {
    const [reader, report] = [this.#reader, this.#report];
    if (!reader) {
      this.#set({ distribution: report && distributionOf(report, BARS) });
      return;
    }
    try {
      const distribution = await reader.spread(BARS);
      if (reader !== this.#reader) return;
      this.#set({ distribution });
      const { selected } = this.#state;
      if (selected) await this.select(selected.id, selected.name);
    } catch (error) {
      if (reader === this.#reader) this.#set({ error_text: messageOf(error) });
    }
  });

  /**
   * @param {import('../../types.d.ts').Amount} id
   * @param {string} name
   */
  async select(id, name) {
    const reader = this.#reader;
    if (!reader) return;
    const { selected } = this.#state;
    const before = selected?.id === id ? selected.history : null;
    this.#set({ selected: { id, name, history: before }, error_text: '' });
    try {
      const history = await reader.history(id, POINTS_MAX);
      const isCurrent = reader === this.#reader && this.#state.selected?.id === id;
      if (isCurrent) this.#set({ selected: { id, name, history } });
    } catch (error) {
      if (reader === this.#reader) this.#set({ error_text: messageOf(error) });
    }
  }

  deselect() {
    this.#set({ selected: null });
  }

  /** Moves money by hand. @param {Move} move */
  async transfer(move) {
    const reader = this.#reader;
    if (!reader) return;
    this.#set({ status_text: '', error_text: '' });
    try {
      const { status } = await reader.move(move.from, move.to, move.amount);
      if (reader !== this.#reader) return;
      const changed_since_report = this.#state.changed_since_report || this.#report !== null;
      this.#set({ status_text: resultText(move, status, this.account_layout), changed_since_report, replay_result: '' });
      this.#explorer.refresh();
      this.#looking.refresh();
      await this.refresh();
    } catch (error) {
      if (reader === this.#reader) this.#set({ error_text: messageOf(error) });
    }
  }

  /** Has the referee look at the trail as it is since money was moved by hand. */
  async replay() {
    const reader = this.#reader;
    if (!reader) return;
    this.#set({ replay_result: 'The referee decides every entry again.', error_text: '' });
    try {
      const divergence = await reader.judge(() => {});
      if (reader !== this.#reader) return;
      const agrees = 'The referee agrees: a serial run says the same of every entry.';
      this.#set({ replay_result: divergence ? capitalized(divergence.sentence) : agrees });
      this.#store.set({ divergence });
    } catch (error) {
      if (reader === this.#reader) this.#set({ replay_result: '', error_text: messageOf(error) });
    }
  }
}
