/** Runs beside each other as a table: the fastest correct one is marked, in words. */
/** @import { App } from '../../app/app.js' */
/** @import { ComparedRun, ComparedRunStatus } from '../../types.d.ts' */
import { fastest } from './comparison_model.js';
import { element } from '../../lib/dom.js';
import { count, rate } from '../../lib/format.js';
import { outcomeOf, percentile } from '../run/run_summary.js';
import { stackingTable } from '../../lib/stacking_table.js';

const HEADINGS = [
  'Run',
  'Operations/s',
  'Refused',
  'Waits',
  'Conflicts',
  'p50',
  'p99',
  'Checks',
  'Remove',
];

/** @type {Record<Exclude<ComparedRunStatus, 'ended'>, string>} */
const STAGES = {
  waiting: 'not begun yet',
  running: 'under way',
  failed: 'failed',
  dropped: 'not run: cancelled before',
};

/** @param {App} app */
export function comparisonTable(app) {
  const { block, fill } = stackingTable('Runs compared', HEADINGS);
  /** @param {ComparedRun[]} rows */
  const show = (rows) => {
    const best = fastest(rows);
    fill(
      rows.map((row) => [nameOf(row, row === best), ...figures(row), removing(row, app)]),
    );
  };
  return { block, show };
}

/**
 * @param {ComparedRun} row
 * @param {boolean} best
 */
function nameOf({ label, flawed }, best) {
  const name = element('span', {}, label);
  if (flawed) name.append(element('span', { class: 'flawed' }, ' ⚠ flawed'));
  if (best) name.append(element('strong', { class: 'best' }, ' ★ fastest correct'));
  return name;
}

/**
 * @param {ComparedRun} row
 * @returns {(string | Node)[]}
 */
function figures({ status, error, summary }) {
  if (!summary || status !== 'ended') {
    const words = status === 'ended' ? '–' : STAGES[status];
    const told = element('span', { class: status === 'failed' ? 'bad' : 'open' }, words);
    if (error) told.append(element('span', { class: 'hint' }, ` ${error}`));
    return ['–', '–', '–', '–', '–', '–', told];
  }
  const { good, text } = outcomeOf(summary);
  return [
    rate(summary.operations_per_second),
    count(summary.refused),
    count(summary.waits),
    count(summary.conflicts),
    percentile(summary.p50_ns),
    percentile(summary.p99_ns),
    element('span', { class: good ? 'good' : 'bad' }, text),
  ];
}

/**
 * @param {ComparedRun} row
 * @param {App} app
 */
function removing({ key, status, label }, app) {
  if (status === 'waiting' || status === 'running') return '–';
  const words = element('span', { class: 'unseen' }, ` ${label}`);
  const button = element('button', { type: 'button', class: 'quiet' }, 'Remove', words);
  button.addEventListener('click', () => app.comparison.remove(key));
  return button;
}
