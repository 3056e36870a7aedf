/**
 * The accounts of the run: a table to search and to sort, how their balances are spread, one of
 * them over time, and a form that moves money by hand.
 */
/** @import { Laboratory } from '../../app/app.js' */
/** @import { State } from '../../types.d.ts' */
import { element, place, write } from '../../lib/dom.js';
import { count } from '../../lib/format.js';
import { inSight } from '../../lib/visibility.js';
import { accountHistory } from './account_history.js';
import { accountsTable } from './accounts_table.js';
import { byHand } from './manual_transfer_form.js';
import { spread } from './balance_distribution.js';

const EMPTY = 'The accounts come with a run.';
const AT_WORK = 'The workers are at work: Refresh shows the accounts as they are then.';

/** @param {Laboratory} laboratory */
export function accounts(laboratory) {
  const { accounting } = laboratory;
  const title = element('h2', { id: 'accounts-title' }, 'Accounts');
  const note = element('span', { class: 'note' });
  const hint = element('p', { class: 'hint' }, EMPTY);
  const search = element('input', {
    type: 'search',
    autocomplete: 'off',
    spellcheck: 'false',
    placeholder: 'name or id',
  });
  search.addEventListener('input', () => accounting.search(search.value));
  const refresh = element('button', { type: 'button', class: 'quiet' }, 'Refresh');
  refresh.addEventListener('click', () => accounting.refresh());
  const field = element('label', { class: 'accounts-search' });
  field.append(element('span', {}, 'Search accounts'), search);
  const top = element('div', { class: 'accounts-top' }, field, refresh);
  const problem = element('p', { class: 'problem', role: 'alert' });
  const table = accountsTable(accounting);
  const bars = spread();
  const history = accountHistory(laboratory, () => search.focus());
  const hand = byHand(laboratory);
  const list = element('div', { class: 'accounts-list' }, top, problem, table.element);
  const beside = element('div', { class: 'accounts-beside' });
  beside.append(history.element, bars.element, hand.element);
  const body = element('div', { class: 'accounts-parts' }, list, beside);
  const panel = place('accounts');
  panel.append(element('div', { class: 'caption' }, title, note), hint, body);

  let isSeen = false;
  /** Nothing is asked for before somebody looks. */
  const watch = () => {
    const { reader, report, comparing } = laboratory.store.state;
    accounting.watch(isSeen && comparing === null && (reader !== null || report !== null));
  };
  inSight(panel, (seen) => {
    isSeen = seen;
    watch();
  });

  /** @type {unknown[]} */
  let last = [];
  /** @param {State} state */
  return (state) => {
    const { accounts: shown, reader, report, comparing } = state;
    const parts = [shown, reader, report, comparing];
    if (parts.every((part, index) => part === last[index])) return;
    last = parts;
    watch();
    const { query, lines } = shown;
    hint.hidden = lines !== null;
    write(hint, reader && !report ? AT_WORK : EMPTY);
    body.hidden = lines === null && reader === null;
    refresh.hidden = reader === null;
    write(problem, shown.problem);
    write(note, lines ? noteOf(state, lines.found) : '');
    if (document.activeElement !== search) search.value = query.text;
    table.show(state);
    bars.show(shown.spread);
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
