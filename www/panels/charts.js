/**
 * The course of the run: transfers over the full width, and what goes with them side by side. All
 * have one time, and one cursor.
 */
/** @import { Line } from '../chart.js' */
/** @import { Laboratory } from '../laboratory.js' */
/** @import { Samples } from '../engine/samples.js' */
/** @import { Sample, State } from '../types.d.ts' */
import { Chart } from '../chart.js';
import { acceptedAt } from '../course.js';
import { element, place } from '../dom.js';
import { rates } from '../engine/samples.js';
import { eventsOf } from '../events.js';
import { counted } from '../format.js';
import { TENFOLD_NS, entriesAndMemory } from '../scales.js';
import { fileName } from '../share/save.js';
import { strategyOf } from '../summary.js';
import { conservationChart } from './conservation_chart.js';
import { workerLine } from './worker_lines.js';

/** @type {Line[]} */
const RATES = [
  { label: 'Accepted per second', token: '--accent', fill: '--accent-soft' },
  { label: 'Refused per second', token: '--bad', dash: [6, 4] },
  { label: 'Interrupted per second', token: '--event', dash: [2, 3] },
];
/** Faded: it is there to be compared with. @type {Line} */
const BEFORE = { label: 'Accepted per second the run before', token: '--before', ghostly: true };
const KINDS = /** @type {const} */ (['accepted', 'refused', 'interrupted']);

/** @type {Line[]} */
const PERCENTILES = [
  { label: 'p50 in ns', token: '--line-1' },
  { label: 'p99 in ns', token: '--line-4', dash: [7, 4] },
  { label: 'p99.9 in ns', token: '--line-3', dash: [2, 3] },
];
/** @type {Line[]} */
const MEETINGS = [
  { label: 'Waits per second', token: '--line-1' },
  { label: 'Retries per second', token: '--line-4', dash: [7, 4] },
];
/** @type {Line[]} */
const TRAIL = [
  { label: 'Entries so far', token: '--accent', fill: '--accent-soft' },
  { label: 'Bytes so far', token: '--accent', tabled: true },
];

/** What takes less time than the clock can tell is drawn as short as this. */
const SHORTEST_NS = 100;

const OPENED =
  'This run was opened from a file. Its figures are those of each second; of operations, of latch ' +
  'waits, of latency and of each worker the file has one figure for the whole run, drawn as a level line.';

/** Drawing is what costs the window most while the workers need the processors. */
const DRAW_INTERVAL_MS = 150;

/**
 * A panel for each chart, so that a frame can draw one and leave the others to the next.
 * @param {Laboratory} laboratory
 */
export function charts(laboratory) {
  const transfers = new Chart({
    title: 'Transfers per second',
    empty: 'How many transfers the ledger accepts and refuses each second is drawn here.',
    kind: 'wide',
  });
  const latency = new Chart({
    title: 'Latency percentiles',
    empty: 'How long operations take: half of them no longer than p50, 99 of 100 than p99.',
    height: TENFOLD_NS,
  });
  const entry_bytes = () => entryBytes(laboratory.store.state);
  const trail = new Chart({
    title: 'Entries in the trail',
    empty: 'The trail grows by one entry with every attempt; beside it stands its memory.',
    height: entriesAndMemory(entry_bytes),
  });
  const conservation = conservationChart();
  const workers = new Chart({
    title: 'Operations per second, by worker',
    empty: 'One line for each worker: level lines mean that they share the load.',
  });
  const meetings = new Chart({
    title: 'Latch waits and retries per second',
    empty: 'How often workers meet: a latch was held, or accounts had changed and it was tried again.',
  });
  const side_by_side = [latency, trail, conservation.chart, workers, meetings];
  const grid = element('div', { class: 'pair' }, ...side_by_side.map((chart) => chart.element));
  const note = element('p', { class: 'hint', hidden: true }, OPENED);
  place('charts').append(transfers.element, note, grid);
  transfers.setLines(RATES);
  latency.setLines(PERCENTILES);
  trail.setLines(TRAIL);
  meetings.setLines(MEETINGS);

  let lines = 0;
  let with_before = false;
  return [
    /** @param {State} state */
    ({ file }) => {
      note.hidden = file === '';
    },
    panel(laboratory, transfers, ({ points }, state) => {
      const happened = eventsOf(state);
      transfers.setMarks(
        happened.map(({ title, first_at_ns }) => ({ label: title, at_ns: first_at_ns })),
      );
      const { before } = state;
      if (with_before !== before.length > 0) {
        with_before = !with_before;
        transfers.setLines(with_before ? [...RATES, BEFORE] : RATES);
      }
      transfers.setGhost(with_before ? ghostOf(before) : null);
      const course = rates(points);
      const columns = KINDS.map((kind) => course.map((step) => step[kind]));
      if (!with_before) return columns;
      const times_ns = points.map(({ time_ns }) => time_ns);
      return [...columns, acceptedAt(before, times_ns)];
    }),
    looksPanel(laboratory, latency, ({ looks }) => {
      const columns = [looks.map((look) => look.p50_ns), looks.map((look) => look.p99_ns)];
      const all = [...columns, looks.map((look) => look.p999_ns)];
      return all.map((times_ns) => times_ns.map((ns) => ns && Math.max(ns, SHORTEST_NS)));
    }),
    panel(laboratory, trail, ({ points }) => {
      const entries = points.map((point) => point.entries);
      return [entries, entries.map((sum) => Math.round(sum * entry_bytes()))];
    }),
    looksPanel(laboratory, conservation.chart, ({ looks }) => conservation.columns(looks)),
    panel(laboratory, workers, ({ points }) => {
      const names = points[0].workers;
      if (names.length !== lines) workers.setLines(names.map((_, index) => workerLine(index)));
      lines = names.length;
      const course = rates(points);
      return names.map((_, index) => course.map((step) => step.workers[index]));
    }),
    panel(laboratory, meetings, ({ points }) => {
      const course = rates(points);
      return [course.map(({ waits }) => waits), course.map(({ conflicts }) => conflicts)];
    }),
  ];
}

/** Bytes that one entry of the trail takes. @param {State} state */
function entryBytes({ report, reading }) {
  if (!report) return reading?.entry_bytes ?? 0;
  const { trail_bytes, trail_entries } = report.totals;
  return trail_entries > 0 ? trail_bytes / trail_entries : 0;
}

/** @param {Sample[]} points */
function ghostOf(points) {
  const values = rates(points).map(({ accepted }) => accepted);
  return { times_ns: points.map(({ time_ns }) => time_ns), values };
}

/** @typedef {(samples: Samples, state: State) => (number | null)[][]} Columns */

/**
 * Over the times of the samples.
 * @param {Laboratory} laboratory
 * @param {Chart} chart
 * @param {Columns} columnsOf
 */
function panel(laboratory, chart, columnsOf) {
  return drawn(laboratory, chart, (samples, state) => {
    return { times_ns: samples.points.map(({ time_ns }) => time_ns), columns: columnsOf(samples, state) };
  });
}

/**
 * Over the times of the looks. The first one stands for the time before it, as the first rate does.
 * @param {Laboratory} laboratory
 * @param {Chart} chart
 * @param {Columns} columnsOf
 */
function looksPanel(laboratory, chart, columnsOf) {
  return drawn(laboratory, chart, (samples, state) => {
    const times_ns = samples.looks.map(({ time_ns }) => time_ns);
    const columns = columnsOf(samples, state);
    if (!(times_ns[0] > 0)) return { times_ns, columns };
    return { times_ns: [0, ...times_ns], columns: columns.map((column) => [column[0], ...column]) };
  });
}

/**
 * @param {Laboratory} laboratory
 * @param {Chart} chart
 * @param {(samples: Samples, state: State) => { times_ns: number[], columns: (number | null)[][] }} courseOf
 */
function drawn(laboratory, chart, courseOf) {
  let revision = -1;
  let drawn_ms = 0;
  /** @param {State} state */
  return (state) => {
    const now_ms = performance.now();
    const hurried = state.stage === 'running' && now_ms - drawn_ms < DRAW_INTERVAL_MS;
    if (state.revision === revision || hurried) return;
    revision = state.revision;
    drawn_ms = now_ms;
    const { samples } = laboratory;
    const { times_ns, columns } = courseOf(samples, state);
    if (state.report) {
      const { report, description } = state;
      const strategy = strategyOf(description, report);
      const workers = counted(report.parameters.workers, 'workers');
      const words = `${report.title}, ${workers}, ${strategy}, seed ${report.parameters.seed}`;
      chart.setSubject(words, `${fileName(report)}-${chart.name}`);
    }
    chart.show(times_ns, columns, state.report !== null, samples.last.time_ns);
  };
}
