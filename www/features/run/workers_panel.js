/** What each worker does: its rate, its share, its latch waits and its optimistic retries. */
/** @import { State, WorkerTotals } from '../../types.d.ts' */
import { isStopped } from '../../app/store.js';
import { legendSwatch } from '../../charts/legend_swatch.js';
import { workerLine } from '../../charts/worker_lines.js';
import { byId, element, headingRow, resizeChildren, setText } from '../../lib/dom.js';
import { count, rate, share } from '../../lib/format.js';
import { waitsScope } from './run_summary.js';

/**
 * @typedef {object} WorkerRow
 * @property {WorkerTotals} worker
 * @property {number} per_second
 * @property {number} total the operations of all workers
 */

/**
 * @typedef {object} Column
 * @property {string} title
 * @property {(row: WorkerRow) => string} text
 * @property {(workers: WorkerTotals[], is_final: boolean) => boolean} [applies] whether it is shown
 */

/**
 * A reading may fall between two counters that a worker writes after a batch. Smaller differences than
 * this share of the operations are ignored during a run.
 */
const DIFFERENCE_MIN = 0.05;

/** @type {Column[]} */
const COLUMNS = [
  { title: 'Per second', text: ({ per_second }) => rate(per_second) },
  { title: 'Share', text: ({ worker, total }) => share(total > 0 ? worker.operations / total : 0) },
  { title: 'Operations', text: ({ worker }) => count(worker.operations) },
  {
    title: 'Attempts',
    text: ({ worker }) => count(worker.attempts),
    applies: (workers, is_final) => {
      return workers.some(({ attempts, operations }) => {
        const difference = Math.abs(attempts - operations);
        return difference > (is_final ? 0 : operations * DIFFERENCE_MIN);
      });
    },
  },
  {
    title: 'Reads',
    text: ({ worker }) => count(worker.reads),
    applies: (workers) => workers.some(({ reads }) => reads > 0),
  },
  { title: 'Refused', text: ({ worker }) => count(worker.refused) },
  { title: 'Interrupted', text: ({ worker }) => count(worker.interrupted) },
  { title: 'Waits', text: ({ worker }) => count(worker.waits) },
  { title: 'Conflicts', text: ({ worker }) => count(worker.conflicts) },
];

export function workersPanel() {
  const head = element('thead');
  const body = element('tbody');
  const title = element('h2', { id: 'workers-title' }, 'Workers');
  const named = { 'aria-labelledby': title.id };
  const table = element('table', { class: 'numeric', ...named }, head, body);
  const scroll = element('div', { class: 'scroll', role: 'region', tabindex: 0, ...named }, table);
  const hint = element('p', { class: 'hint' });
  const card = element('div', { class: 'card' }, title, hint, scroll);
  byId('workers').append(card);

  /** @type {Column[]} */
  let columns = [];
  /** @param {State} state */
  return (state) => {
    const { report, reading, series, current_run } = state;
    const waits = waitsScope(current_run?.parameters);
    setText(hint, waits && `Waits are ${waits}.`);
    const workers = report?.workers ?? reading?.workers ?? [];
    card.hidden = workers.length === 0;
    byId('workers').classList.toggle('only', !report);
    const current = COLUMNS.filter(({ applies }) => applies?.(workers, report !== null) ?? true);
    const is_same = current.length === columns.length && current.every((it, at) => it === columns[at]);
    if (!is_same) {
      columns = current;
      head.replaceChildren(headingRow(['Worker', ...columns.map((column) => column.title)]));
      body.replaceChildren();
    }
    resizeChildren(body, workers.length, (index) => rowOf(index, columns.length));
    const rates = isStopped(state) ? series.average_rates : series.current_rates;
    const total = workers.reduce((sum, { operations }) => sum + operations, 0);
    workers.forEach((worker, index) => {
      const row = { worker, per_second: rates.workers[index] ?? 0, total };
      const cells = body.children[index].children;
      columns.forEach(({ text }, column) => setText(cells[column + 1], text(row)));
    });
  };
}

/** @param {number} worker @param {number} columns */
function rowOf(worker, columns) {
  const name = element('th', { scope: 'row' }, legendSwatch(workerLine(worker)), ` ${worker + 1}`);
  return element('tr', {}, name, ...Array.from({ length: columns }, () => element('td')));
}
