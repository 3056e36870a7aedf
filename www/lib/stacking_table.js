/**
 * A table with many columns. On a narrow screen its rows become blocks, in which each cell shows
 * the heading of its column; the roles keep it a table for screen readers.
 */
import { element } from './dom.js';

/**
 * @param {string} label
 * @param {string[]} headings
 * @param {string} [kind] the table's classes
 */
export function stackingTable(label, headings, kind = 'listing') {
  const head = element('tr', { role: 'row' });
  head.append(
    ...headings.map((text) => element('th', { scope: 'col', role: 'columnheader' }, text)),
  );
  const body = element('tbody', { role: 'rowgroup' });
  const table = element(
    'table',
    { class: `stacking ${kind}`, role: 'table', 'aria-label': label },
    element('thead', { role: 'rowgroup' }, head),
    body,
  );
  const region = { role: 'region', 'aria-label': label, tabindex: 0 };
  const block = element('div', { class: 'scroll', ...region }, table);

  /** @param {(Node | string)[][]} rows a cell for each heading; elements `td` are used as they are */
  const fill = (rows) => {
    body.replaceChildren(...rows.map(([name, ...cells]) => rowOf(name, cells)));
  };
  /** @param {Node | string} name @param {(Node | string)[]} cells */
  const rowOf = (name, cells) => {
    const row = element('tr', { role: 'row' });
    row.append(element('th', { scope: 'row', role: 'rowheader' }, name));
    for (const [index, content] of cells.entries()) {
      const cell = content instanceof HTMLTableCellElement ? content : element('td', {}, content);
      cell.setAttribute('role', 'cell');
      cell.setAttribute('data-label', headings[index + 1]);
      row.append(cell);
    }
    return row;
  };
  return { block, table, fill };
}
