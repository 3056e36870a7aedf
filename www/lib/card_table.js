/** A card of the details: a heading, a sentence, a table; hidden until there is something to tell. */
import { element, freshId, byId } from './dom.js';

/**
 * @param {string} stack the element that it is put into
 * @param {string} name its heading, which names the table
 * @param {string[]} headings
 * @param {string} kind the table's classes
 */
export function cardTable(stack, name, headings, kind) {
  const title = element('h2', { id: freshId('card') }, name);
  const sentence = element('p', { class: 'hint' });
  const body = element('tbody');
  const head = element('tr', {}, ...headings.map((text) => element('th', { scope: 'col' }, text)));
  const table = element(
    'table',
    { class: kind, 'aria-labelledby': title.id },
    element('thead', {}, head),
    body,
  );
  const card = element('div', { class: 'card', hidden: true }, title, sentence, table);
  byId(stack).append(card);
  return { card, sentence, table, body };
}

/**
 * A row whose first cell names it.
 * @param {string} name
 * @param {...(HTMLTableCellElement | string)} cells
 */
export function namedRow(name, ...cells) {
  const made = cells.map((cell) => (typeof cell === 'string' ? element('td', {}, cell) : cell));
  return element('tr', {}, element('th', { scope: 'row' }, name), ...made);
}
