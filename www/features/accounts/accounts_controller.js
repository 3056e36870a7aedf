/**
 * Queries the accounts of the displayed run, from its ledger or, without one, from its report. It
 * also reads the history of one account and makes manual transfers.
 */
/** @import { AccountOrder, AccountQuery, AccountsState, Amount } from '../../types.d.ts' */
/** @import { LedgerPoller, Reader, Report, Store, TrailExplorer } from '../../types.d.ts' */
/** @import { ManualTransfer } from './manual_transfer.js' */
import { isAtRest, loadAccountLayout } from '../../app/store.js';
import { coalesce } from '../../lib/coalesce.js';
import { asSentence, capitalized, messageOf } from '../../lib/user_error.js';
import { BARS, NO_ACCOUNTS, distributionOf, queryReport, sortedBy } from './account_query.js';
import { transferText } from './manual_transfer.js';

const HISTORY_POINTS_MAX = 1_000;

export class AccountsController {
  #store;
  #explorer;
  #ledger_poller;
  /** @type {Reader | null} */
  #reader = null;
  /** @type {Report | null} */
  #report = null;
  /** Whether the panel is in view, so that it has to be up to date. */
  #is_visible = false;

  /** @param {Store} store @param {TrailExplorer} explorer @param {LedgerPoller} ledger_poller */
  constructor(store, explorer, ledger_poller) {
    this.#store = store;
    this.#explorer = explorer;
    this.#ledger_poller = ledger_poller;
    store.subscribe((state) => {
      const { reader, report } = state;
      if (reader === this.#reader && report === this.#report) return;
      const is_other_run = reader !== this.#reader || report === null || !reader;
      this.#reader = reader;
      this.#report = report;
      if (is_other_run) this.#store.set({ accounts: NO_ACCOUNTS });
      // During a run the accounts are queried on request only.
      if (this.#is_visible && isAtRest(state)) this.refresh();
    });
  }

  get #state() {
    return this.#store.state.accounts;
  }

  /** @param {Partial<AccountsState>} changes */
  #set(changes) {
    this.#store.set({ accounts: { ...this.#state, ...changes } });
  }

  /**
   * Reads from the ledger and shows its errors. Nothing is shown after the run has changed.
   * @param {(reader: Reader, isCurrent: () => boolean) => Promise<void>} act
   * @param {Partial<AccountsState>} [on_error] further changes if it fails
   */
  async #read(act, on_error = {}) {
    const reader = this.#reader;
    if (!reader) return;
    const isCurrent = () => reader === this.#reader;
    try {
      await act(reader, isCurrent);
    } catch (error) {
      if (isCurrent()) this.#set({ ...on_error, error_text: messageOf(error) });
    }
  }

  /** @param {boolean} is_visible */
  setVisible(is_visible) {
    if (is_visible === this.#is_visible) return;
    this.#is_visible = is_visible;
    if (is_visible && isAtRest(this.#store.state) && this.#state.page === null) this.refresh();
  }

  /** Returns the layout of the accounts, or null if it cannot be read. */
  async loadAccountLayout() {
    await this.#read(async () => void (await loadAccountLayout(this.#store)));
    return this.#store.state.account_layout;
  }

  async refresh() {
    await this.#query(this.#state.query);
    await this.#updateDistribution(null);
  }

  /** @param {string} text */
  search(text) {
    return this.#query({ ...this.#state.query, text, first: 0 });
  }

  /** @param {AccountOrder} order */
  sort(order) {
    return this.#query(sortedBy(this.#state.query, order));
  }

  /** @param {1 | -1} direction */
  turnPage(direction) {
    const { query } = this.#state;
    return this.#query({ ...query, first: Math.max(0, query.first + direction * query.limit) });
  }

  /** @param {AccountQuery} query */
  #query(query) {
    this.#set({ query, error_text: '' });
    return this.#updatePage(query);
  }

  #updatePage = coalesce(async (/** @type {AccountQuery} */ query) => {
    if (!this.#reader) this.#set({ page: this.#report && queryReport(this.#report, query) });
    await this.#read(async (reader, isCurrent) => {
      await loadAccountLayout(this.#store);
      const page = await reader.findAccounts(query);
      if (isCurrent()) this.#set({ page });
    });
  });

  /** Updates the distribution of the balances, and the selected account. */
  #updateDistribution = coalesce(async () => {
    if (!this.#reader) this.#set({ distribution: this.#report && distributionOf(this.#report, BARS) });
    await this.#read(async (reader, isCurrent) => {
      const distribution = await reader.balanceDistribution(BARS);
      if (!isCurrent()) return;
      this.#set({ distribution });
      const { selected } = this.#state;
      if (selected) await this.select(selected.id, selected.name);
    });
  });

  /** Selects an account and reads its history. @param {Amount} id @param {string} name */
  select(id, name) {
    return this.#read(async (reader, isCurrent) => {
      const { selected } = this.#state;
      const last = selected?.id === id ? selected.history : null;
      this.#set({ selected: { id, name, history: last }, error_text: '' });
      const history = await reader.accountHistory(id, HISTORY_POINTS_MAX);
      if (isCurrent() && this.#state.selected?.id === id) this.#set({ selected: { id, name, history } });
    });
  }

  deselect() {
    this.#set({ selected: null });
  }

  /** Makes a manual transfer. @param {ManualTransfer} transfer */
  transfer(transfer) {
    this.#set({ status_text: '', error_text: '' });
    return this.#read(async (reader, isCurrent) => {
      const { status } = await reader.transferManually(transfer.from, transfer.to, transfer.amount);
      if (!isCurrent()) return;
      this.#set({
        status_text: transferText(transfer, status, this.#store.state.account_layout),
        changed_since_report: this.#state.changed_since_report || this.#report !== null,
        replay_result: '',
      });
      this.#explorer.refresh();
      this.#ledger_poller.refresh();
      await this.refresh();
    });
  }

  /** Replays the trail again, with the manual transfers since the report. */
  replay() {
    this.#set({ replay_result: 'Replaying every entry in order.', error_text: '' });
    const act = async (/** @type {Reader} */ reader, /** @type {() => boolean} */ isCurrent) => {
      const divergence = await reader.replayAgain();
      if (!isCurrent()) return;
      const agrees = 'The serial replay agrees with every entry.';
      this.#set({ replay_result: divergence ? capitalized(asSentence(divergence.message)) : agrees });
      this.#store.set({ divergence });
    };
    return this.#read(act, { replay_result: '' });
  }
}
