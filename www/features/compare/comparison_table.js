/** Runs beside each other as a table: the fastest correct one is marked, in words. */
/** @import { Laboratory } from '../../app/app.js' */
/** @import { Compared, ComparedStage } from '../../types.d.ts' */
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

/** @type {Record<Exclude<ComparedStage, 'ended'>, string>} */
const STAGES = {
  waiting: 'not begun yet',
  running: 'under way',
  failed: 'failed',
  dropped: 'not run: cancelled before',
};

/** @param {Laboratory} laboratory */
export function comparedTable(laboratory) {
  const { block, fill } = stackingTable('Runs compared', HEADINGS);
  /** @param {Compared[]} rows */
  const show = (rows) => {
    const best = fastest(rows);
    fill(
      rows.map((row) => [nameOf(row, row === best), ...figures(row), removing(row, laboratory)]),
    );
  };
  return { block, show };
}

/**
 * @param {Compared} row
 * @param {boolean} best
 */
function nameOf({ label, flawed }, best) {
  const name = element('span', {}, label);
  if (flawed) name.append(element('span', { class: 'flawed' }, ' ⚠ flawed'));
  if (best) name.append(element('strong', { class: 'best' }, ' ★ fastest correct'));
  return name;
}

/**
 * @param {Compared} row
 * @returns {(string | Node)[]}
 */
function figures({ stage, why, summary }) {
  if (!summary || stage !== 'ended') {
    const words = stage === 'ended' ? '–' : STAGES[stage];
    const told = element('span', { class: stage === 'failed' ? 'bad' : 'open' }, words);
    if (why) told.append(element('span', { class: 'hint' }, ` ${why}`));
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
 * @param {Compared} row
 * @param {Laboratory} laboratory
 */
function removing({ key, stage, label }, laboratory) {
  if (stage === 'waiting' || stage === 'running') return '–';
  const words = element('span', { class: 'unseen' }, ` ${label}`);
  const button = element('button', { type: 'button', class: 'quiet' }, 'Remove', words);
  button.addEventListener('click', () => laboratory.comparison.remove(key));
  return button;
}
