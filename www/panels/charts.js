/**
 * The course of the run: transfers over the full width, then workers and the trail side by side.
 */
/** @import { Line } from '../chart.js' */
/** @import { Laboratory } from '../laboratory.js' */
/** @import { Sample, State } from '../types.d.ts' */
import { Chart } from '../chart.js';
import { acceptedAt } from '../course.js';
import { element, place } from '../dom.js';
import { rates } from '../engine/samples.js';
import { eventsOf } from '../events.js';
import { counted } from '../format.js';
import { fileName } from '../share/save.js';
import { strategyOf } from '../summary.js';
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

const OPENED =
  'This run was opened from a file. Its figures are those of each second; of operations and of each ' +
  'worker the file has the sum alone, drawn as a level line.';

/** Drawing is what costs the window most while the workers need the processors. */
const DRAW_INTERVAL_MS = 190;

/**
 * Three panels, so that a frame can draw one and leave the others to the next.
 * @param {Laboratory} laboratory
 */
export function charts(laboratory) {
  const transfers = new Chart({
    title: 'Transfers per second',
    empty: 'How many transfers the book accepts and refuses each second is drawn here.',
    kind: 'wide',
  });
  const workers = new Chart({
    title: 'Operations per second, by worker',
    empty: 'One line for each worker: level lines mean that they share the load.',
  });
  const trail = new Chart({
    title: 'Entries in the trail',
    empty: 'The trail grows by one entry with every attempt.',
  });
  const pair = element('div', { class: 'pair' }, workers.element, trail.element);
  const note = element('p', { class: 'hint', hidden: true }, OPENED);
  place('charts').append(transfers.element, note, pair);
  transfers.setLines(RATES);
  trail.setLines([{ label: 'Entries so far', token: '--accent', fill: '--accent-soft' }]);

  let lines = 0;
  let with_before = false;
  return [
    /** @param {State} state */
    ({ file }) => {
      note.hidden = file === '';
    },
    panel(laboratory, transfers, (points, state) => {
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
    panel(laboratory, workers, (points) => {
      const names = points[0].workers;
      if (names.length !== lines) workers.setLines(names.map((_, index) => workerLine(index)));
      lines = names.length;
      const course = rates(points);
      return names.map((_, index) => course.map((step) => step.workers[index]));
    }),
    panel(laboratory, trail, (points) => [points.map(({ entries }) => entries)]),
  ];
}

/** @param {Sample[]} points */
function ghostOf(points) {
  const values = rates(points).map(({ accepted }) => accepted);
  return { times_ns: points.map(({ time_ns }) => time_ns), values };
}

/**
 * @param {Laboratory} laboratory
 * @param {Chart} chart
 * @param {(points: Sample[], state: State) => (number | null)[][]} columnsOf
 */
function panel(laboratory, chart, columnsOf) {
  let revision = -1;
  let drawn_ms = 0;
  /** @param {State} state */
  return (state) => {
    const now_ms = performance.now();
    const hurried = state.stage === 'running' && now_ms - drawn_ms < DRAW_INTERVAL_MS;
    if (state.revision === revision || hurried) return;
    revision = state.revision;
    drawn_ms = now_ms;
    const { points } = laboratory.samples;
    const columns = columnsOf(points, state);
    if (state.report) {
      const { report, description } = state;
      const strategy = strategyOf(description, report);
      const workers = counted(report.parameters.workers, 'workers');
      const words = `${report.title}, ${workers}, ${strategy}, seed ${report.parameters.seed}`;
      chart.setSubject(words, `${fileName(report)}-${chart.name}`);
    }
    chart.show(
      points.map(({ time_ns }) => time_ns),
      columns,
      state.report !== null,
    );
  };
}
