/** The compared runs as a table. The fastest correct run is marked in words. */
/** @import { App, ComparedRun, ComparedRunStatus } from '../../types.d.ts' */
import { actionButton, element, setText } from '../../lib/dom.js';
import { count, counted, rate } from '../../lib/format.js';
import { stackingTable } from '../../lib/stacking_table.js';
import { FLAWED_LABEL, latencyScope, outcomeOf, percentileText } from '../run/run_summary.js';
import { fastest, medianOf, rangeOf } from './comparison_model.js';

const HEADINGS = [
  'Run',
  'Operations/s, median',
  'Range',
  'Refused',
  'Waits',
  'Conflicts',
  'Batch p50',
  'Batch p99',
  'Checks',
  'Remove',
];

/** @type {Record<ComparedRunStatus, string>} */
const STATUSES = {
  waiting: 'waiting',
  running: 'running',
  ended: '–',
  failed: 'failed',
  dropped: 'cancelled before it was measured',
};

/** @param {App} app */
export function comparisonTable(app) {
  const { block: table, fill } = stackingTable('Compared runs', HEADINGS);
  const note = element('p', { class: 'note' });
  const block = element('div', {}, table, note);
  /** @param {ComparedRun[]} runs */
  const show = (runs) => {
    const best = fastest(runs);
    const sizes = new Set(runs.map(({ parameters }) => Number(parameters.batch)));
    const scopes = [...sizes].map(latencyScope).join(' or ');
    setText(note, `Figures are medians of the measured runs. Latency is that ${scopes}.`);
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
function figuresOf(run) {
  const { status, error, summaries } = run;
  if (summaries.length === 0 || status === 'failed') {
    const kind = status === 'failed' ? 'bad' : 'open';
    const text = element('span', { class: kind }, STATUSES[status]);
    if (error) text.append(element('span', { class: 'hint' }, ` ${error}`));
    return ['–', '–', '–', '–', '–', '–', '–', text];
  }
  const { lowest, highest } = rangeOf(run);
  return [
    rate(medianOf(run, 'operations_per_second')),
    summaries.length > 1 ? `${rate(lowest)} to ${rate(highest)}` : 'one run',
    count(medianOf(run, 'refused')),
    count(medianOf(run, 'waits')),
    count(medianOf(run, 'conflicts')),
    percentileText(medianOf(run, 'p50_ns')),
    percentileText(medianOf(run, 'p99_ns')),
    checksOf(run),
  ];
}

/** Returns the result of the checks of all measured runs: that of the first failed one. @param {ComparedRun} run */
function checksOf({ status, summaries }) {
  if (status !== 'ended') return element('span', { class: 'open' }, `${counted(summaries.length, 'runs')} measured`);
  const outcomes = summaries.map(outcomeOf);
  const failed = outcomes.filter(({ good }) => !good);
  const { good, text } = failed[0] ?? outcomes[0];
  const runs = counted(summaries.length, 'runs');
  const where = good ? ` in ${runs}` : ` in ${failed.length} of ${runs}`;
  return element('span', { class: good ? 'good' : 'bad' }, summaries.length > 1 ? text + where : text);
}

/** @param {ComparedRun} run @param {App} app */
function removeButton({ key, status, label }, app) {
  if (status === 'waiting' || status === 'running') return '–';
  return actionButton('Remove', () => app.comparison.remove(key), 'quiet', ` ${label}`);
}
