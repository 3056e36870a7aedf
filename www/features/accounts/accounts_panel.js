/**
 * The accounts of the run: a table, the distribution of their balances, the history of one account,
 * and a form for manual transfers.
 */
/** @import { App, State } from '../../types.d.ts' */
import { changeDetector, isAtRest } from '../../app/store.js';
import { actionButton, byId, element, setText } from '../../lib/dom.js';
import { count } from '../../lib/format.js';
import { PLAIN_TEXT, labelledField } from '../../lib/labelled_field.js';
import { observeVisibility } from '../../lib/visibility.js';
import { accountHistory } from './account_history.js';
import { accountsTable } from './accounts_table.js';
import { balanceDistribution } from './balance_distribution.js';
import { manualTransferForm } from './manual_transfer_form.js';

const EMPTY = 'Start a run to see its accounts.';
const RUNNING = 'The workers are running. Press Refresh to see the current accounts.';

/** @param {App} app */
export function accountsPanel(app) {
  const { accounts } = app;
  const title = element('h2', { id: 'accounts-title' }, 'Accounts');
  const note = element('span', { class: 'note' });
  const hint = element('p', { class: 'hint' }, EMPTY);
  const search = element('input', { ...PLAIN_TEXT, type: 'search', placeholder: 'name or id' });
  search.addEventListener('input', () => accounts.search(search.value));
  const refresh = actionButton('Refresh', () => accounts.refresh());
  const field = labelledField('Search accounts', search);
  const top = element('div', { class: 'accounts-top' }, field.block, refresh);
  const problem = element('p', { class: 'problem', role: 'alert' });
  const table = accountsTable(accounts);
  const distribution = balanceDistribution();
  const history = accountHistory(app, () => search.focus());
  const form = manualTransferForm(app);
  const list = element('div', { class: 'accounts-list' }, top, problem, table.element);
  const side = element('div', { class: 'accounts-side' });
  side.append(history.element, distribution.element, form.element);
  const body = element('div', { class: 'accounts-parts' }, list, side);
  const panel = byId('accounts');
  panel.append(element('div', { class: 'caption' }, title, note), hint, body);

  let is_visible = false;
  /** Nothing is queried before the panel is in view. */
  const updateVisibility = () => {
    const { reader, report, comparison_progress } = app.store.state;
    const has_accounts = reader !== null || report !== null;
    accounts.setVisible(is_visible && comparison_progress === null && has_accounts);
  };
  observeVisibility(panel, (now_visible) => {
    is_visible = now_visible;
    updateVisibility();
  });

  const changed = changeDetector();
  /** @param {State} state */
  return (state) => {
    const { accounts: shown, reader, report, opened_ledger, comparison_progress, account_layout } = state;
    if (!changed(shown, reader, report, opened_ledger, comparison_progress, account_layout)) return;
    updateVisibility();
    const { query, page } = shown;
    hint.hidden = page !== null;
    setText(hint, reader && !isAtRest(state) ? RUNNING : EMPTY);
    body.hidden = page === null && reader === null;
    refresh.hidden = reader === null;
    setText(problem, shown.error_text);
    setText(note, page ? noteOf(state, page.found) : '');
    if (document.activeElement !== search) search.value = query.text;
    table.show(state);
    distribution.show(shown.distribution);
    history.show(state);
    form.show(state);
  };
}

/** @param {State} state @param {number} found */
function noteOf({ accounts: { query }, report, reader }, found) {
  if (report && !reader && !report.accounts.complete) {
    const { rows, count: total } = report.accounts;
    return `${count(found)} of ${count(rows.length)} listed in the report, ${count(total)} in total, in coins`;
  }
  return query.text.trim() === '' ? `${count(found)}, in coins` : `${count(found)} found, in coins`;
}
