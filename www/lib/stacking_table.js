/**
 * A table of many columns. Where there is no room for them rows become blocks, each cell with the
 * name of its column; the roles keep it a table for screen readers.
 */
import { element } from './dom.js';

/**
 * @param {string} label
 * @param {string[]} headings the first is that of the rows' own names
 */
export function stackingTable(label, headings) {
  const head = element('tr', { role: 'row' });
  head.append(
    ...headings.map((text) => element('th', { scope: 'col', role: 'columnheader' }, text)),
  );
  const body = element('tbody', { role: 'rowgroup' });
  const table = element(
    'table',
    { class: 'stacking listing', role: 'table', 'aria-label': label },
    element('thead', { role: 'rowgroup' }, head),
    body,
  );
  const block = element(
    'div',
    { class: 'scroll', role: 'region', 'aria-label': label, tabindex: 0 },
    table,
  );

  /** @param {(string | Node)[][]} rows one for each row, a cell for each heading */
  const fill = (rows) => {
    const lines = rows.map(([name, ...cells]) => {
      const line = element('tr', { role: 'row' });
      line.append(element('th', { scope: 'row', role: 'rowheader' }, name));
      const labelled = cells.map((cell, index) =>
        element('td', { role: 'cell', 'data-label': headings[index + 1] }, cell),
      );
      line.append(...labelled);
      return line;
    });
    body.replaceChildren(...lines);
  };
  return { block, table, fill };
}
