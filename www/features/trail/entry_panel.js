/** The selected entry with all its fields, and the entries before and after it in its accounts. */
/** @import { AccountLayout, App, Neighbour, State, TrailEntry } from '../../types.d.ts' */
import { changeDetector } from '../../app/store.js';
import { actionButton, element, freshId, setText } from '../../lib/dom.js';
import { amount } from '../../lib/format.js';
import { accountName } from '../accounts/account_names.js';
import { entryFields, summaryOfEntry } from './entry_text.js';

const SIDES = { debit: 'debit account', credit: 'credit account', own: 'account' };

/**
 * @param {App} app
 * @param {() => void} moveFocus called before the panel with the focus is closed
 */
export function entryPanel({ explorer }, moveFocus) {
  const title = element('h3', { id: freshId('entry'), tabindex: -1 }, 'Entry');
  const list = element('dl', { class: 'entry-fields' });
  const neighbour_list = element('ul', { class: 'neighbours', 'aria-label': 'Entries before and after' });
  const alter = actionButton('Verify an altered copy', () => explorer.tasks.verifyAlteredCopy());
  const close = actionButton('Close', () => {
    moveFocus();
    explorer.deselect();
  });
  const panel = element('section', { class: 'trail-entry', 'aria-labelledby': title.id });
  const note = element('p', { class: 'note' });
  const buttons = element('div', { class: 'verbs' }, alter, close);
  const heading = element('h4', {}, 'Before and after, by account');
  panel.append(title, note, list, heading, neighbour_list, buttons);

  /** @param {TrailEntry} entry */
  const select = (entry) => {
    explorer.selectEntry(entry);
    title.focus({ preventScroll: true });
  };
  /** @param {Neighbour} neighbour @param {AccountLayout | null} layout */
  const itemOf = ({ account_id, side, direction, entry }, layout) => {
    const account = accountName(layout, account_id);
    const label = `${direction === 'before' ? 'Before' : 'After'}, ${SIDES[side]} ${account}: `;
    if (!entry) return element('li', {}, label, element('span', { class: 'note' }, 'none'));
    const text = `${summaryOfEntry(entry, layout)}, at ${amount(entry.timestamp)}`;
    return element('li', {}, label, actionButton(text, () => select(entry), 'link'));
  };

  const changed = changeDetector();
  /** @param {State} state */
  const show = ({ trail: { entry, neighbours, row, task }, account_layout }) => {
    panel.hidden = entry === null;
    alter.disabled = task !== null;
    if (!entry || !changed(entry, neighbours, row, account_layout)) return;
    setText(title, `Entry at ${amount(entry.timestamp)}`);
    setText(note, row === null ? '' : `Row ${amount(row + 1)} of the matching entries`);
    const fields = entryFields(entry, account_layout).map(([name, value]) =>
      element('div', {}, element('dt', {}, name), element('dd', {}, value)),
    );
    list.replaceChildren(...fields);
    const loading = element('li', { class: 'note' }, 'Loading.');
    const items = neighbours?.map((neighbour) => itemOf(neighbour, account_layout));
    neighbour_list.replaceChildren(...(items ?? [loading]));
  };
  return { element: panel, show };
}
