/** Courses of runs that are not under way: out of a report, and beside another one's. */
/** @import { Report, CounterPoint } from '../types.d.ts' */
import { finalLedgerPoint } from './run_series.js';

/** More points than this no chart shows. */
const POINTS_MAX = 2_048;
/** Of another run up to this many times the highest value of a chart's own lines is shown. */
const ABOVE_MAX = 2;

/**
 * The course of another run, on a chart that has its own times.
 * @typedef {object} PreviousRun
 * @property {number[]} times_ns
 * @property {number[]} values one for each time
 */

/**
 * The course that a report tells of by itself. It counts attempts second by second; of operations,
 * and of each worker, it has only the sum, so these grow evenly.
 * @param {Report} report
 * @returns {CounterPoint[]}
 */
export function pointsOfReport({ series, elapsed_ns, totals, workers }) {
  const { interval_ns, accepted, refused, interrupted } = series;
  const sums = { accepted: 0, refused: 0, interrupted: 0 };
  const waits = workers.reduce((sum, worker) => sum + worker.waits, 0);
  const conflicts = workers.reduce((sum, worker) => sum + worker.conflicts, 0);
  /** @param {number} time_ns @returns {CounterPoint} */
  const point = (time_ns) => {
    const attempts = sums.accepted + sums.refused + sums.interrupted;
    const part = elapsed_ns > 0 ? time_ns / elapsed_ns : 1;
    return {
      time_ns,
      ...sums,
      attempts,
      operations: totals.operations * part,
      entries: totals.setup_entries + attempts,
      waits: waits * part,
      conflicts: conflicts * part,
      workers: workers.map(({ operations }) => operations * part),
    };
  };
  // Before the workers begin nothing is drawn yet, not even what the set-up wrote.
  const points = [{ ...point(0), entries: 0 }];
  const stride = Math.ceil(accepted.length / POINTS_MAX);
  accepted.forEach((_, index) => {
    sums.accepted += accepted[index];
    sums.refused += refused[index];
    sums.interrupted += interrupted[index];
    const last = index === accepted.length - 1;
    const time_ns = last ? elapsed_ns : Math.min(elapsed_ns, (index + 1) * interval_ns);
    const rises = time_ns > points[points.length - 1].time_ns;
    if (rises && (last || (index + 1) % stride === 0)) points.push(point(time_ns));
  });
  if (points.length === 1) points.push(point(elapsed_ns));
  return points;
}

/**
 * What a report alone says of latency and of the money: one figure each for the whole run.
 * @param {Report} report
 */
export function ledgerPointsOfReport(report) {
  const end = finalLedgerPoint(report, []);
  return [{ ...end, time_ns: 0 }, end];
}

/**
 * How many were accepted each second in one course, over the steps of another one, so that both can
 * be drawn over the same times; nothing where the one was over already.
 * @param {CounterPoint[]} points
 * @param {number[]} times_ns
 * @returns {(number | null)[]}
 */
export function acceptedRateAt(points, times_ns) {
  const end_ns = points[points.length - 1].time_ns;
  let place = 0;
  /** Accepted by then. @param {number} time_ns */
  const sum = (time_ns) => {
    while (place < points.length - 2 && points[place + 1].time_ns < time_ns) place += 1;
    const [from, to] = [points[place], points[place + 1] ?? points[place]];
    const length_ns = to.time_ns - from.time_ns;
    const part = length_ns > 0 ? Math.min(1, (time_ns - from.time_ns) / length_ns) : 1;
    return from.accepted + part * (to.accepted - from.accepted);
  };
  const sums = times_ns.map(sum);
  const steps = times_ns.slice(1).map((time_ns, index) => {
    // The step in which it ended counts as far as it went.
    const length_ns = Math.min(time_ns, end_ns) - times_ns[index];
    return length_ns > 0 ? ((sums[index + 1] - sums[index]) / length_ns) * 1e9 : null;
  });
  return steps.length > 0 ? [steps[0], ...steps] : times_ns.map(() => null);
}

/**
 * How high a chart has to be: its own lines stay readable beside a run that was far faster.
 * @param {number} most of its own lines
 * @param {PreviousRun | null} ghost
 * @param {number} end_ns where the chart ends
 */
export function axisMaximum(most, ghost, end_ns) {
  if (!ghost) return most;
  const seen = ghost.values.filter((_, index) => ghost.times_ns[index] <= end_ns);
  return Math.max(most, Math.min(Math.max(0, ...seen), most * ABOVE_MAX));
}
