/** A card with a heading, a sentence and a table. It is hidden until it has content. */
import { byId, element, freshId, headingRow } from './dom.js';

/**
 * @param {string} parent the id of the element that gets the card
 * @param {string} title
 * @param {string[]} headings
 * @param {string} kind the table's classes
 */
export function cardTable(parent, title, headings, kind) {
  const heading = element('h2', { id: freshId('card') }, title);
  const hint = element('p', { class: 'hint' });
  const body = element('tbody');
  const table = element('table', { class: kind, 'aria-labelledby': heading.id });
  table.append(element('thead', {}, headingRow(headings)), body);
  const card = element('div', { class: 'card', hidden: true }, heading, hint, table);
  byId(parent).append(card);
  return { card, hint, table, body };
}
