/** The compared runs as a table. The fastest correct run is marked in words. */
/** @import { App, ComparedRun, ComparedRunStatus } from '../../types.d.ts' */
import { actionButton, element } from '../../lib/dom.js';
import { count, rate } from '../../lib/format.js';
import { stackingTable } from '../../lib/stacking_table.js';
import { FLAWED_LABEL, outcomeOf, percentileText } from '../run/run_summary.js';
import { fastest } from './comparison_model.js';

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

/** @type {Record<ComparedRunStatus, string>} */
const STATUSES = {
  waiting: 'waiting',
  running: 'running',
  ended: '–',
  failed: 'failed',
  dropped: 'cancelled before it began',
};

/** @param {App} app */
export function comparisonTable(app) {
  const { block, fill } = stackingTable('Compared runs', HEADINGS);
  /** @param {ComparedRun[]} runs */
  const show = (runs) => {
    const best = fastest(runs);
    fill(runs.map((run) => [nameOf(run, run === best), ...figuresOf(run), removeButton(run, app)]));
  };
  return { block, show };
}

/** @param {ComparedRun} run @param {boolean} is_fastest */
function nameOf({ label, flawed }, is_fastest) {
  const name = element('span', {}, label);
  if (flawed) name.append(element('span', { class: 'flawed' }, FLAWED_LABEL));
  if (is_fastest) name.append(element('strong', { class: 'best' }, ' ★ fastest correct'));
  return name;
}

/** @param {ComparedRun} run @returns {(string | Node)[]} */
function figuresOf({ status, error, summary }) {
  if (!summary || status !== 'ended') {
    const kind = status === 'failed' ? 'bad' : 'open';
    const text = element('span', { class: kind }, STATUSES[status]);
    if (error) text.append(element('span', { class: 'hint' }, ` ${error}`));
    return ['–', '–', '–', '–', '–', '–', text];
  }
  const { good, text } = outcomeOf(summary);
  return [
    rate(summary.operations_per_second),
    count(summary.refused),
    count(summary.waits),
    count(summary.conflicts),
    percentileText(summary.p50_ns),
    percentileText(summary.p99_ns),
    element('span', { class: good ? 'good' : 'bad' }, text),
  ];
}

/** @param {ComparedRun} run @param {App} app */
function removeButton({ key, status, label }, app) {
  if (status === 'waiting' || status === 'running') return '–';
  return actionButton('Remove', () => app.comparison.remove(key), 'quiet', ` ${label}`);
}
