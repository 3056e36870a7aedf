/**
 * The accounts of the run: a table to search and to sort, how their balances are spread, one of
 * them over time, and a form that moves money by hand.
 */
/** @import { App } from '../../app/app.js' */
/** @import { State } from '../../types.d.ts' */
import { element, byId, setText } from '../../lib/dom.js';
import { count } from '../../lib/format.js';
import { observeVisibility } from '../../lib/visibility.js';
import { accountHistory } from './account_history.js';
import { accountsTable } from './accounts_table.js';
import { manualTransferForm } from './manual_transfer_form.js';
import { balanceDistribution } from './balance_distribution.js';

const EMPTY = 'The accounts come with a run.';
const AT_WORK = 'The workers are at work: Refresh shows the accounts as they are then.';

/** @param {App} app */
export function accountsPanel(app) {
  const { accounts } = app;
  const title = element('h2', { id: 'accounts-title' }, 'Accounts');
  const note = element('span', { class: 'note' });
  const hint = element('p', { class: 'hint' }, EMPTY);
  const search = element('input', {
    type: 'search',
    autocomplete: 'off',
    spellcheck: 'false',
    placeholder: 'name or id',
  });
  search.addEventListener('input', () => accounts.search(search.value));
  const refresh = element('button', { type: 'button', class: 'quiet' }, 'Refresh');
  refresh.addEventListener('click', () => accounts.refresh());
  const field = element('label', { class: 'accounts-search' });
  field.append(element('span', {}, 'Search accounts'), search);
  const top = element('div', { class: 'accounts-top' }, field, refresh);
  const problem = element('p', { class: 'problem', role: 'alert' });
  const table = accountsTable(accounts);
  const bars = balanceDistribution();
  const history = accountHistory(app, () => search.focus());
  const hand = manualTransferForm(app);
  const list = element('div', { class: 'accounts-list' }, top, problem, table.element);
  const beside = element('div', { class: 'accounts-beside' });
  beside.append(history.element, bars.element, hand.element);
  const body = element('div', { class: 'accounts-parts' }, list, beside);
  const panel = byId('accounts');
  panel.append(element('div', { class: 'caption' }, title, note), hint, body);

  let isSeen = false;
  /** Nothing is asked for before somebody looks. */
  const watch = () => {
    const { reader, report, comparison_progress } = app.store.state;
    accounts.setVisible(isSeen && comparison_progress === null && (reader !== null || report !== null));
  };
  observeVisibility(panel, (seen) => {
    isSeen = seen;
    watch();
  });

  /** @type {unknown[]} */
  let last = [];
  /** @param {State} state */
  return (state) => {
    const { accounts: shown, reader, report, comparison_progress } = state;
    const parts = [shown, reader, report, comparison_progress];
    if (parts.every((part, index) => part === last[index])) return;
    last = parts;
    watch();
    const { query, page } = shown;
    hint.hidden = page !== null;
    setText(hint, reader && !report ? AT_WORK : EMPTY);
    body.hidden = page === null && reader === null;
    refresh.hidden = reader === null;
    setText(problem, shown.error_text);
    setText(note, page ? noteOf(state, page.found) : '');
    if (document.activeElement !== search) search.value = query.text;
    table.show(state);
    bars.show(shown.distribution);
    history.show(state);
    hand.show(state);
  };
}

/** @param {State} state @param {number} found */
function noteOf({ accounts: { query }, report, reader }, found) {
  const some = query.text.trim() !== '';
  const listed = report && !reader && !report.accounts.complete;
  if (listed) {
    const { rows, count: all } = report.accounts;
    return `${count(found)} of the ${count(rows.length)} that the report lists, of ${count(all)}`;
  }
  return some ? `${count(found)} found, in coins` : `${count(found)}, in coins`;
}
