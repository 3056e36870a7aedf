/** The series of runs that are not under way: from a report, or beside another run. */
/** @import { CounterPoint, LedgerPoint, Report } from '../types.d.ts' */
import { finalLedgerPoint } from './run_series.js';

/** No chart shows more points than this. */
const POINTS_MAX = 2_048;
/** The previous run is shown up to this multiple of the chart's own highest value. */
const PREVIOUS_RUN_FACTOR = 2;

/**
 * The previous run, with its own times.
 * @typedef {object} PreviousRun
 * @property {number[]} times_ns
 * @property {number[]} values one for each time
 */

/**
 * Returns the points of a report. It counts attempts per second; of operations and of each worker
 * it has only the sums, so these grow evenly.
 * @param {Report} report
 * @returns {CounterPoint[]}
 */
export function pointsOfReport({ series, elapsed_ns, totals, workers }) {
  const { interval_ns, accepted, refused, interrupted } = series;
  const sums = { accepted: 0, refused: 0, interrupted: 0 };
  const waits = workers.reduce((sum, worker) => sum + worker.waits, 0);
  const conflicts = workers.reduce((sum, worker) => sum + worker.conflicts, 0);
  /** @param {number} time_ns @returns {CounterPoint} */
  const pointAt = (time_ns) => {
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
  // The first point is before the workers begin, without the entries of the setup.
  const points = [{ ...pointAt(0), entries: 0 }];
  const stride = Math.ceil(accepted.length / POINTS_MAX);
  accepted.forEach((_, index) => {
    sums.accepted += accepted[index];
    sums.refused += refused[index];
    sums.interrupted += interrupted[index];
    const is_last = index === accepted.length - 1;
    const time_ns = is_last ? elapsed_ns : Math.min(elapsed_ns, (index + 1) * interval_ns);
    const is_later = time_ns > points[points.length - 1].time_ns;
    if (is_later && (is_last || (index + 1) % stride === 0)) points.push(pointAt(time_ns));
  });
  if (points.length === 1) points.push(pointAt(elapsed_ns));
  return points;
}

/**
 * Returns the ledger points of a report: one figure for the whole run, as a level line.
 * @param {Report} report
 * @returns {LedgerPoint[]}
 */
export function ledgerPointsOfReport(report) {
  const end = finalLedgerPoint(report, []);
  return [{ ...end, time_ns: 0 }, end];
}

/**
 * Returns the accepted transfers per second of one run over the times of another; null after the
 * end of the first.
 * @param {CounterPoint[]} points
 * @param {number[]} times_ns
 * @returns {(number | null)[]}
 */
export function acceptedRateAt(points, times_ns) {
  const end_ns = points[points.length - 1].time_ns;
  let at = 0;
  /** Accepted until then, interpolated. @param {number} time_ns */
  const acceptedUntil = (time_ns) => {
    while (at < points.length - 2 && points[at + 1].time_ns < time_ns) at += 1;
    const [from, to] = [points[at], points[at + 1] ?? points[at]];
    const length_ns = to.time_ns - from.time_ns;
    const part = length_ns > 0 ? Math.min(1, (time_ns - from.time_ns) / length_ns) : 1;
    return from.accepted + part * (to.accepted - from.accepted);
  };
  const sums = times_ns.map(acceptedUntil);
  const steps = times_ns.slice(1).map((time_ns, index) => {
    // The step in which the run ended counts up to the end.
    const length_ns = Math.min(time_ns, end_ns) - times_ns[index];
    return length_ns > 0 ? ((sums[index + 1] - sums[index]) / length_ns) * 1e9 : null;
  });
  return steps.length > 0 ? [steps[0], ...steps] : times_ns.map(() => null);
}

/**
 * Returns the highest value of an axis: its own lines stay readable beside a much faster run.
 * @param {number} maximum of its own lines
 * @param {PreviousRun | undefined} previous_run
 * @param {number} end_ns where the chart ends
 */
export function axisMaximum(maximum, previous_run, end_ns) {
  if (!previous_run) return maximum;
  const { values, times_ns } = previous_run;
  const visible = values.filter((_, index) => times_ns[index] <= end_ns);
  return Math.max(maximum, Math.min(Math.max(0, ...visible), maximum * PREVIOUS_RUN_FACTOR));
}
