/** One entry with all that it holds, and the entries before and after it in each of its accounts. */
/** @import { App } from '../../app/app.js' */
/** @import { Neighbour, State, TrailEntry } from '../../types.d.ts' */
import { accountName } from '../accounts/account_names.js';
import { element, freshId, setText } from '../../lib/dom.js';
import { amount } from '../../lib/format.js';
import { summaryOfEntry, entryFields } from './entry_text.js';

const SIDES = { debit: 'debit account', credit: 'credit account', own: 'account' };

/**
 * @param {App} app
 * @param {() => void} leave called when it is closed and no longer can have the focus
 */
export function entryPanel({ explorer }, leave) {
  const title = element('h3', { id: freshId('entry'), tabindex: -1 }, 'Entry');
  const list = element('dl', { class: 'holdings' });
  const around = element('ul', { class: 'neighbours', 'aria-label': 'Entries before and after' });
  const change = element('button', { type: 'button', class: 'quiet' }, 'Change a byte in a copy');
  change.addEventListener('click', () => explorer.tasks.verifyAlteredCopy());
  const shut = element('button', { type: 'button', class: 'quiet' }, 'Close');
  shut.addEventListener('click', () => {
    leave();
    explorer.deselect();
  });
  const panel = element('section', { class: 'trail-entry', 'aria-labelledby': title.id });
  const note = element('p', { class: 'note' });
  const verbs = element('div', { class: 'verbs' }, change, shut);
  panel.append(title, note, list, element('h4', {}, 'In its accounts'), around, verbs);

  /** @param {TrailEntry} entry */
  const follow = (entry) => {
    explorer.selectEntry(entry);
    title.focus({ preventScroll: true });
  };
  /** @param {Neighbour} neighbour */
  const item = ({ account_id, side, direction, entry }) => {
    const name = accountName(explorer.account_layout, account_id);
    const where = `${direction === 'before' ? 'Before' : 'After'}, ${SIDES[side]} ${name}: `;
    if (!entry) return element('li', {}, where, element('span', { class: 'note' }, 'none'));
    const text = `${summaryOfEntry(entry, explorer.account_layout)}, at ${amount(entry.timestamp)}`;
    const link = element('button', { type: 'button', class: 'link' }, text);
    link.addEventListener('click', () => follow(entry));
    return element('li', {}, where, link);
  };

  /** @type {unknown[]} */
  let last = [];
  /** @param {State} state */
  const show = ({ trail: { entry, neighbours, row, task } }) => {
    panel.hidden = entry === null;
    change.disabled = task !== null;
    const parts = [entry, neighbours, row];
    if (!entry || parts.every((part, index) => part === last[index])) return;
    last = parts;
    setText(title, `Entry at ${amount(entry.timestamp)}`);
    setText(note, row === null ? '' : `Row ${amount(row + 1)} of those found`);
    const holdings = entryFields(entry, explorer.account_layout).map(([name, value]) =>
      element('div', {}, element('dt', {}, name), element('dd', {}, value)),
    );
    list.replaceChildren(...holdings);
    const wait = element('li', { class: 'note' }, 'Looking for them.');
    around.replaceChildren(...(neighbours ? neighbours.map(item) : [wait]));
  };
  return { element: panel, show };
}
