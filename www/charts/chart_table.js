/** The numbers of a chart as a table. */
import { detailsTable, thinnedIndexes } from '../lib/details_table.js';
import { element, namedRow } from '../lib/dom.js';
import { count, timeUnit } from '../lib/format.js';

/** During a run, an open table is updated only once a second so that it stays readable. */
const UPDATE_INTERVAL_MS = 1_000;

/** @param {string} title */
export function chartTable(title) {
  const { element: details, body, setHeadings } = detailsTable(title);
  /** @type {{ labels: string[], times_ns: number[], columns: (number | null)[][] }} */
  let data = { labels: [], times_ns: [], columns: [] };
  let updated_ms = 0;
  const update = () => {
    updated_ms = performance.now();
    const unit = timeUnit(data.times_ns.at(-1) ?? 0);
    setHeadings([`Time, ${unit.symbol}`, ...data.labels]);
    body.replaceChildren(...rowsOf(data.times_ns, data.columns, unit.nanoseconds));
  };
  details.addEventListener('toggle', () => {
    if (details.open) update();
  });

  /**
   * @param {string[]} labels
   * @param {number[]} times_ns
   * @param {(number | null)[][]} columns one for each label
   * @param {boolean} is_final
   */
  const show = (labels, times_ns, columns, is_final) => {
    data = { labels, times_ns, columns };
    const is_due = details.open && performance.now() - updated_ms > UPDATE_INTERVAL_MS;
    if (is_final || is_due || updated_ms === 0) update();
  };
  return { element: details, show };
}

/** @param {number[]} times_ns @param {(number | null)[][]} columns @param {number} unit_ns */
function rowsOf(times_ns, columns, unit_ns) {
  if (times_ns.length === 0) {
    const text = 'No data yet. Start a run.';
    return [element('tr', {}, element('td', { colspan: columns.length + 1 }, text))];
  }
  return thinnedIndexes(times_ns.length).map((index) => {
    const values = columns.map((column) => column[index]);
    const cells = values.map((value) => (value === null ? '–' : count(value)));
    return namedRow((times_ns[index] / unit_ns).toFixed(2), ...cells);
  });
}
