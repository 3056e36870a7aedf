/**
 * What each worker does: its rate, its share of the operations, how often it found a latch held, and
 * how often it made an attempt again because another worker had changed what it read. Attempts and
 * reads have columns where an operation is something else than one attempt.
 */
/** @import { App } from '../../app/app.js' */
/** @import { State, WorkerTotals } from '../../types.d.ts' */
import { element, byId, setText } from '../../lib/dom.js';
import { growth } from '../../charts/run_series.js';
import { count, rate, share } from '../../lib/format.js';
import { legendSwatch } from '../../charts/legend_swatch.js';
import { workerLine } from '../../charts/worker_lines.js';

/**
 * @typedef {object} Shown
 * @property {WorkerTotals} worker
 * @property {number} per_second
 * @property {number} all the operations of all workers
 */

/**
 * @typedef {object} Column
 * @property {string} title
 * @property {(shown: Shown) => string} text
 * @property {(workers: WorkerTotals[], final: boolean) => boolean} [matters] whether it says anything
 *   of these numbers, as they stay or as they are now
 */

/**
 * A look may fall between two numbers that a worker writes after its batch, so that as long as a run
 * goes on a difference below this share of the operations may be none.
 */
const DIFFERENCE_MIN = 0.05;

/** @type {Column[]} */
const COLUMNS = [
  { title: 'Per second', text: ({ per_second }) => rate(per_second) },
  {
    title: 'Share',
    text: ({ worker, all }) => share(all > 0 ? worker.operations / all : 0),
  },
  { title: 'Operations', text: ({ worker }) => count(worker.operations) },
  {
    title: 'Attempts',
    text: ({ worker }) => count(worker.attempts),
    matters: (workers, final) => {
      return workers.some(({ attempts, operations }) => {
        const difference = Math.abs(attempts - operations);
        return final ? difference > 0 : difference > operations * DIFFERENCE_MIN;
      });
    },
  },
  {
    title: 'Reads',
    text: ({ worker }) => count(worker.reads),
    matters: (workers) => workers.some(({ reads }) => reads > 0),
  },
  { title: 'Refused', text: ({ worker }) => count(worker.refused) },
  { title: 'Interrupted', text: ({ worker }) => count(worker.interrupted) },
  { title: 'Waits', text: ({ worker }) => count(worker.waits) },
  { title: 'Conflicts', text: ({ worker }) => count(worker.conflicts) },
];

/** @param {App} app */
export function workersPanel(app) {
  const head = element('thead');
  const body = element('tbody');
  const title = element('h2', { id: 'workers-title' }, 'Workers');
  const scroll = element(
    'div',
    { class: 'scroll', role: 'region', 'aria-labelledby': title.id, tabindex: 0 },
    element('table', { class: 'numeric', 'aria-labelledby': title.id }, head, body),
  );
  const card = element('div', { class: 'card' }, title, scroll);
  byId('workers').append(card);

  /** @type {Column[]} */
  let columns = [];
  /** @param {State} state */
  return (state) => {
    const workers = state.report?.workers ?? state.reading?.workers ?? [];
    card.hidden = workers.length === 0;
    byId('workers').classList.toggle('only', !state.report);
    const now = COLUMNS.filter(({ matters }) => matters?.(workers, state.report !== null) ?? true);
    if (now.length !== columns.length || now.some((column, index) => column !== columns[index])) {
      columns = now;
      head.replaceChildren(headings(columns));
      body.replaceChildren();
    }
    while (body.children.length > workers.length) body.lastElementChild?.remove();
    while (body.children.length < workers.length) body.append(row(body.children.length, columns));
    const { points, last } = app.series;
    const stopped = state.report !== null || state.run_state === 'checking';
    const rates = stopped ? growth(points[0], last) : app.series.recent();
    const all = workers.reduce((sum, { operations }) => sum + operations, 0);
    workers.forEach((worker, index) => {
      const shown = { worker, per_second: rates.workers[index] ?? 0, all };
      const cells = body.children[index].children;
      columns.forEach(({ text }, column) => setText(cells[column + 1], text(shown)));
    });
  };
}

/** @param {Column[]} columns */
function headings(columns) {
  const titles = ['Worker', ...columns.map(({ title }) => title)];
  return element('tr', {}, ...titles.map((title) => element('th', { scope: 'col' }, title)));
}

/**
 * @param {number} worker
 * @param {Column[]} columns
 */
function row(worker, columns) {
  const name = element('th', { scope: 'row' }, legendSwatch(workerLine(worker)), ` ${worker + 1}`);
  return element('tr', {}, name, ...columns.map(() => element('td')));
}
