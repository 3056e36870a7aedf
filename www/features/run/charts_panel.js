/** The charts of a run. All share one time axis and one cursor. */
/** @import { App, CounterPoint, LedgerPoint, Line, RunSeries, State } from '../../types.d.ts' */
import { changeDetector } from '../../app/store.js';
import { Chart } from '../../charts/chart.js';
import { rates } from '../../charts/run_series.js';
import { AROUND_ZERO, LOGARITHMIC_NS, entriesAndMemory } from '../../charts/scales.js';
import { acceptedRateAt } from '../../charts/time_series.js';
import { workerLine } from '../../charts/worker_lines.js';
import { byId, element } from '../../lib/dom.js';
import { counted } from '../../lib/format.js';
import { fileName } from '../../lib/save_file.js';
import { eventsOf } from './events.js';
import { concurrencyLabel, latencyScope, waitsScope } from './run_summary.js';

/** @type {Line[]} */
const RATES = [
  { label: 'Accepted per second', token: '--accent', fill: '--accent-soft' },
  { label: 'Refused per second', token: '--bad', dash: [6, 4] },
  { label: 'Interrupted per second', token: '--event', dash: [2, 3] },
];
/** @type {Line} */
const PREVIOUS = { label: 'Accepted per second, previous run', token: '--before', is_previous_run: true };
const KINDS = /** @type {const} */ (['accepted', 'refused', 'interrupted']);

/** @type {Line[]} */
const PERCENTILES = [
  { label: 'p50 in ns', token: '--line-1' },
  { label: 'p99 in ns', token: '--line-4', dash: [7, 4] },
  { label: 'p99.9 in ns', token: '--line-3', dash: [2, 3] },
];
/** @type {Line[]} */
const CONTENTION = [
  { label: 'Waits per second', token: '--line-1' },
  { label: 'Retries per second', token: '--line-4', dash: [7, 4] },
];
/** @type {Line[]} */
const TRAIL = [
  { label: 'Entries so far', token: '--accent', fill: '--accent-soft' },
  { label: 'Bytes so far', token: '--accent', table_only: true },
];
const DIFFERENCE = 'Coins held less coins issued';
/** @type {Line} */
const ZERO = { label: DIFFERENCE, token: '--good' };
/** @type {Line} */
const NON_ZERO = { label: DIFFERENCE, token: '--bad', fill: '--bad-soft' };

/** Shorter times are drawn as this, because the clock cannot resolve them. */
const LATENCY_MIN_NS = 100;

const OPENED =
  'This run was opened from a file. Its attempts are counted per second. For operations, latch waits, ' +
  'latency and each worker the file has one number for the whole run, drawn as a level line.';

/**
 * Returns a panel for each chart, so that a frame can draw one and leave the others to the next.
 * @param {App} app
 */
export function chartPanels(app) {
  const entry_bytes = () => entryBytes(app.store.state);
  const [transfers, ...others] = [
    chartPanel(transfersData, {
      title: 'Attempts per second',
      empty: 'Attempts per second: accepted, refused by a rule, and interrupted.',
      kind: 'wide',
    }),
    chartPanel(latencyData, {
      title: 'Latency percentiles',
      empty: 'The time that batches of operations take: 50 of 100 take at most p50, 99 of 100 at most p99.',
      scale: LOGARITHMIC_NS,
    }),
    chartPanel((state) => trailData(state, entry_bytes()), {
      title: 'Entries in the trail',
      empty: 'Each attempt adds an entry to the trail. The right axis shows its memory.',
      scale: entriesAndMemory(entry_bytes),
    }),
    chartPanel(conservationData, {
      title: 'Conservation over time',
      empty: 'Coins in all accounts less coins issued, in each sample of the ledger. It must stay zero.',
      scale: AROUND_ZERO,
    }),
    chartPanel(workersData, {
      title: 'Operations per second, by worker',
      empty: 'One line for each worker. Level lines mean that the workers share the load.',
    }),
    chartPanel(contentionData, {
      title: 'Latch waits and retries per second',
      empty: 'Contention: latch waits and optimistic retries per second.',
    }),
  ];
  const grid = element('div', { class: 'pair' }, ...others.map((panel) => panel.element));
  const note = element('p', { class: 'hint', hidden: true }, OPENED);
  byId('charts').append(transfers.element, note, grid);
  /** @param {State} state */
  const noteOpened = ({ file }) => {
    note.hidden = file === '';
  };
  return [noteOpened, ...[transfers, ...others].map(({ draw }) => draw)];
}

/** @typedef {import('../../charts/chart.js').ChartData} ChartData */

/** @param {State} state @returns {ChartData} */
function transfersData(state) {
  const { series, previous_points } = state;
  const times_ns = timesOf(series.points);
  const annotations = eventsOf(state).map(({ title, first_at_ns }) => ({ label: title, at_ns: first_at_ns }));
  const columns = KINDS.map((kind) => series.rates.map((step) => step[kind]));
  if (previous_points.length === 0) return { times_ns, lines: RATES, columns, annotations };
  const previous_run = {
    times_ns: timesOf(previous_points),
    values: rates(previous_points).map(({ accepted }) => accepted),
  };
  const previous = acceptedRateAt(previous_points, times_ns);
  return { times_ns, lines: [...RATES, PREVIOUS], columns: [...columns, previous], annotations, previous_run };
}

/** @param {State} state @returns {ChartData} */
function latencyData({ series, current_run, report }) {
  const operations = report?.latency.operations_each ?? current_run?.parameters.batch;
  const names = /** @type {const} */ (['p50_ns', 'p99_ns', 'p999_ns']);
  const columns = names.map((name) => {
    return series.ledger_points.map((point) => point[name] && Math.max(point[name], LATENCY_MIN_NS));
  });
  const note = operations === undefined ? '' : latencyScope(operations);
  return { ...ledgerData(series, PERCENTILES, columns), note };
}

/** @param {State} state @param {number} entry_bytes @returns {ChartData} */
function trailData({ series }, entry_bytes) {
  const entries = series.points.map((point) => point.entries);
  const bytes = entries.map((sum) => Math.round(sum * entry_bytes));
  return { times_ns: timesOf(series.points), lines: TRAIL, columns: [entries, bytes] };
}

/** @param {State} state @returns {ChartData} */
function conservationData({ series }) {
  const differences = series.ledger_points.map(({ difference }) => difference);
  const first = series.ledger_points.find(({ difference }) => difference !== null && difference !== 0);
  const annotations = first ? [{ at_ns: first.time_ns, label: 'Not zero' }] : [];
  return { ...ledgerData(series, [first ? NON_ZERO : ZERO], [differences]), annotations };
}

/** @param {State} state @returns {ChartData} */
function workersData({ series: { points, rates: steps } }) {
  const columns = points[0].workers.map((_, index) => steps.map((step) => step.workers[index]));
  return { times_ns: timesOf(points), lines: columns.map((_, index) => workerLine(index)), columns };
}

/** @param {State} state @returns {ChartData} */
function contentionData({ series: { points, rates: steps }, current_run }) {
  const columns = [steps.map(({ waits }) => waits), steps.map(({ conflicts }) => conflicts)];
  const note = waitsScope(current_run?.parameters);
  return { times_ns: timesOf(points), lines: CONTENTION, columns, note };
}

/**
 * Returns data over the times of the ledger samples. The first sample also stands for the time
 * before it, as the first rate does.
 * @param {RunSeries} series
 * @param {Line[]} lines
 * @param {(number | null)[][]} columns
 * @returns {ChartData}
 */
function ledgerData({ ledger_points }, lines, columns) {
  const times_ns = timesOf(ledger_points);
  if (!(times_ns[0] > 0)) return { times_ns, lines, columns };
  const extended = columns.map((column) => [column[0], ...column]);
  return { times_ns: [0, ...times_ns], lines, columns: extended };
}

/** @param {(CounterPoint | LedgerPoint)[]} points */
function timesOf(points) {
  return points.map(({ time_ns }) => time_ns);
}

/** Returns the bytes of one entry of the trail. @param {State} state */
function entryBytes({ report, reading }) {
  if (!report) return reading?.entry_bytes ?? 0;
  const { trail_bytes, trail_entries } = report.totals;
  return trail_entries > 0 ? trail_bytes / trail_entries : 0;
}

/**
 * Builds a chart and returns its panel, which draws once for each revision of the series.
 * @param {(state: State) => ChartData} dataOf
 * @param {ConstructorParameters<typeof Chart>[0]} options
 */
function chartPanel(dataOf, options) {
  const chart = new Chart(options);
  const changed = changeDetector();
  /** @param {State} state */
  const draw = (state) => {
    const { revision, report, description, series } = state;
    if (!changed(revision)) return;
    if (report) {
      const workers = counted(report.parameters.workers, 'workers');
      const concurrency = concurrencyLabel(description, report);
      const text = `${report.title}, ${workers}, ${concurrency}, seed ${report.parameters.seed}`;
      chart.setSubject(text, `${fileName(report)}-${chart.name}`);
    }
    chart.show({ ...dataOf(state), end_ns: series.last.time_ns }, report !== null);
  };
  return { element: chart.element, draw };
}
