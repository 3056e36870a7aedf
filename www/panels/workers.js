/**
 * What each worker does: its rate, its share of the attempts, how often it found a latch held, and
 * how often it made an attempt again because another worker had changed what it read.
 */
/** @import { Laboratory } from '../laboratory.js' */
/** @import { State, WorkerTotals } from '../types.d.ts' */
import { element, place, write } from '../dom.js';
import { growth } from '../engine/samples.js';
import { count, rate, share } from '../format.js';
import { lineSign } from '../line_sign.js';
import { workerLine } from './worker_lines.js';

const HEADINGS = [
  'Worker',
  'Per second',
  'Share',
  'Attempts',
  'Refused',
  'Interrupted',
  'Waits',
  'Conflicts',
];

/** @param {Laboratory} laboratory */
export function workers(laboratory) {
  const body = element('tbody');
  const title = element('h2', { id: 'workers-title' }, 'Workers');
  const scroll = element(
    'div',
    { class: 'scroll', role: 'region', 'aria-labelledby': title.id, tabindex: 0 },
    element(
      'table',
      { class: 'numeric', 'aria-labelledby': title.id },
      element(
        'thead',
        {},
        element('tr', {}, ...HEADINGS.map((title) => element('th', { scope: 'col' }, title))),
      ),
      body,
    ),
  );

  const card = element('div', { class: 'card' }, title, scroll);
  place('workers').append(card);

  /** @param {State} state */
  return (state) => {
    const workers = state.report?.workers ?? state.reading?.workers ?? [];
    card.hidden = workers.length === 0;
    place('workers').classList.toggle('only', !state.report);
    while (body.children.length > workers.length) body.lastElementChild?.remove();
    while (body.children.length < workers.length) body.append(row(body.children.length));
    const { points, last } = laboratory.samples;
    const stopped = state.report !== null || state.stage === 'checking';
    const rates = stopped ? growth(points[0], last) : laboratory.samples.recent();
    const all = workers.reduce((sum, { attempts }) => sum + attempts, 0);
    workers.forEach((worker, index) => {
      showRow(body.children[index], worker, rates.workers[index] ?? 0, all);
    });
  };
}

/** @param {number} worker */
function row(worker) {
  const name = element('th', { scope: 'row' }, lineSign(workerLine(worker)), ` ${worker + 1}`);
  return element('tr', {}, name, ...HEADINGS.slice(1).map(() => element('td')));
}

/**
 * @param {Element} row
 * @param {WorkerTotals} worker
 * @param {number} per_second
 * @param {number} all
 */
function showRow(row, { attempts, refused, interrupted, waits, conflicts }, per_second, all) {
  const texts = [
    rate(per_second),
    share(all > 0 ? attempts / all : 0),
    count(attempts),
    count(refused),
    count(interrupted),
    count(waits),
    count(conflicts),
  ];
  texts.forEach((text, index) => write(row.children[index + 1], text));
}
