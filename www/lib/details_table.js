/** A table that unfolds under a chart: the same numbers for people who cannot see it. */
import { element, headingRow } from './dom.js';

/** A longer table is thinned out to this many rows. The chart still shows what lies between them. */
const ROWS_MAX = 60;

/**
 * @param {string} title
 * @param {string[]} [headings]
 * @param {string} [kind] the table's classes
 */
export function detailsTable(title, headings = [], kind = '') {
  const head = element('thead', {}, headingRow(headings));
  const body = element('tbody');
  const caption = element('caption', { class: 'unseen' }, title);
  const table = element('table', { class: kind }, caption, head, body);
  const region = { role: 'region', 'aria-label': `${title}, as a table`, tabindex: 0 };
  const summary = element('summary', {}, 'As a table', element('span', { class: 'unseen' }, `: ${title}`));
  const details = element('details', { class: 'data' }, summary);
  details.append(element('div', { class: 'scroll', ...region }, table));
  return {
    element: details,
    body,
    /** @param {string[]} headings */
    setHeadings: (headings) => head.replaceChildren(headingRow(headings)),
  };
}

/**
 * Returns the indexes of at most `ROWS_MAX` rows, evenly spaced, the last one included.
 * @param {number} length
 */
export function thinnedIndexes(length) {
  const stride = Math.ceil(length / ROWS_MAX);
  const indexes = Array.from({ length }, (_, index) => index);
  return indexes.filter((index) => (length - 1 - index) % stride === 0);
}
