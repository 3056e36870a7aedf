/** A chart's numbers for those who cannot see it, or who want to read one off. */
import { element, freshId } from './dom.js';
import { count, timeUnit } from './format.js';

/** More rows than this nobody reads; between them the chart shows the shape. */
const ROWS_MAX = 60;
/** While a run goes on an open table is renewed once a second: one cannot read what flickers. */
const RENEWAL_MS = 1_000;

/** @param {string} title */
export function dataTable(title) {
  const body = element('tbody');
  const head = element('thead');
  const caption = element('caption', { class: 'unseen' }, title);
  const scroll = element(
    'div',
    { class: 'scroll', role: 'region', 'aria-label': `${title}, as a table`, tabindex: 0 },
    element('table', { id: freshId('table') }, caption, head, body),
  );
  const details = element(
    'details',
    { class: 'data' },
    element('summary', {}, 'As a table', element('span', { class: 'unseen' }, `: ${title}`)),
    scroll,
  );

  /** @type {string[]} */
  let labels = [];
  /** @type {number[]} */
  let times = [];
  /** @type {(number | null)[][]} */
  let columns = [];
  let renewed_ms = 0;
  const renew = () => {
    renewed_ms = performance.now();
    const unit = timeUnit(times.at(-1) ?? 0);
    const names = [`Time, ${unit.symbol}`, ...labels];
    head.replaceChildren(
      element('tr', {}, ...names.map((name) => element('th', { scope: 'col' }, name))),
    );
    body.replaceChildren(...rows(times, columns, unit.nanoseconds));
  };
  details.addEventListener('toggle', () => {
    if (details.open) renew();
  });

  /**
   * @param {string[]} newLabels
   * @param {number[]} newTimes in nanoseconds
   * @param {(number | null)[][]} newColumns one for each label
   * @param {boolean} final
   */
  const show = (newLabels, newTimes, newColumns, final) => {
    labels = newLabels;
    times = newTimes;
    columns = newColumns;
    const due = details.open && performance.now() - renewed_ms > RENEWAL_MS;
    if (final || due || renewed_ms === 0) renew();
  };
  return { element: details, show };
}

/**
 * @param {number[]} times
 * @param {(number | null)[][]} columns
 * @param {number} nanoseconds of the unit of time
 */
function rows(times, columns, nanoseconds) {
  if (times.length === 0) {
    const words = 'No numbers yet: they come with a run.';
    return [element('tr', {}, element('td', { colspan: columns.length + 1 }, words))];
  }
  const stride = Math.ceil(times.length / ROWS_MAX);
  const last = times.length - 1;
  const kept = times.map((_, index) => index).filter((index) => (last - index) % stride === 0);
  return kept.map((index) => {
    const time = (times[index] / nanoseconds).toFixed(2);
    const values = columns.map((column) => column[index]);
    const cells = values.map((value) => element('td', {}, value === null ? '–' : count(value)));
    return element('tr', {}, element('th', { scope: 'row' }, time), ...cells);
  });
}
