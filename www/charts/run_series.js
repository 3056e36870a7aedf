/** A run as points in time. Points hold sums rather than rates, so that some can be dropped. */
/** @import { CounterPoint, LedgerPoint, LedgerSample, Reading, Report, WorkerTotals } from '../types.d.ts' */

/** Above this number every second point is dropped: a run of hours stays small. */
const POINTS_MAX = 2_048;

/** The first second is recorded in finer steps; afterwards its points are thinned out. */
const FINE_STEPS_NS = 1e9;
const STEP_NS = 8e7;

/** The period of a current rate: long enough to be steady, short enough to show a change. */
const RATE_WINDOW_NS = 5e8;

export class RunSeries {
  /** @type {CounterPoint[]} */
  points = [];
  /** @type {LedgerPoint[]} */
  ledger_points = [];
  /** Computed at most once for each state of the points. @type {ReturnType<typeof rates> | null} */
  #rates = null;
  /** @type {ReturnType<typeof growth> | null} */
  #current_rates = null;

  /** @param {number} workers */
  constructor(workers) {
    const none = Array.from({ length: workers }, () => 0);
    this.points.push({ ...sumOf(0, []), entries: 0, workers: none });
  }

  /**
   * Returns the series of a finished run.
   * @param {CounterPoint[]} points at least the first one
   * @param {LedgerPoint[]} ledger_points
   */
  static of(points, ledger_points) {
    const series = new RunSeries(0);
    series.points = points;
    series.ledger_points = ledger_points;
    return series;
  }

  get first() {
    return this.points[0];
  }

  get last() {
    return this.points[this.points.length - 1];
  }

  /** The rates between neighbouring points. */
  get rates() {
    return (this.#rates ??= rates(this.points));
  }

  /** The growth per second of each sum over the last half second. */
  get current_rates() {
    const { last } = this;
    const from_ns = last.time_ns - RATE_WINDOW_NS;
    const from = () => this.points.findLast(({ time_ns }) => time_ns <= from_ns) ?? this.first;
    return (this.#current_rates ??= growth(from(), last));
  }

  /** The growth per second of each sum over the whole run. */
  get average_rates() {
    return growth(this.first, this.last);
  }

  /** @param {CounterPoint[]} points */
  #setPoints(points) {
    this.points = points;
    this.#rates = this.#current_rates = null;
  }

  /**
   * @param {number} time_ns since the workers began
   * @param {Reading} reading
   */
  add(time_ns, reading) {
    const { last } = this;
    if (time_ns <= last.time_ns) return;
    const leaves_start = time_ns > FINE_STEPS_NS && last.time_ns <= FINE_STEPS_NS;
    const points = withRoom(leaves_start ? thinned(this.points) : this.points);
    const entries = reading.workers.reduce((sum, worker) => sum + worker.entries, 0);
    points.push({ ...sumOf(time_ns, reading.workers), entries: reading.setup_entries + entries });
    this.#setPoints(points);
  }

  /** Adds a sample of the ledger at the time of the last point. @param {LedgerSample} sample */
  addLedgerSample({ difference, latency }) {
    const { time_ns } = this.last;
    const last = this.ledger_points.at(-1);
    if (last && last.time_ns >= time_ns) return;
    this.ledger_points = withRoom(this.ledger_points);
    const { count, p50_ns, p99_ns, p999_ns } = latency;
    const percentiles = count > 0 ? { p50_ns, p99_ns, p999_ns } : NO_PERCENTILES;
    this.ledger_points.push({ time_ns, difference: Number(difference), ...percentiles });
  }

  /**
   * Ends the series with the report's own figures. The page learns that the workers started only
   * after a delay, but that they ended at once. So the difference from the report's duration is
   * that delay, and all times are corrected by it. Points very close to either end are dropped,
   * because rates over such short steps are meaningless.
   * @param {Report} report
   * @param {number} stopped_ns when the last worker returned, by the page's clock
   */
  finish(report, stopped_ns) {
    const end_ns = report.elapsed_ns;
    const delay_ns = stopped_ns - end_ns;
    const margin_ns = Math.min(STEP_NS / 2, end_ns / 16);
    const [first, ...others] = this.points;
    const between = others
      .map((point) => ({ ...point, time_ns: point.time_ns - delay_ns }))
      .filter(({ time_ns }) => time_ns > margin_ns && time_ns < end_ns - margin_ns);
    const last = { ...sumOf(end_ns, report.workers), entries: report.totals.trail_entries };
    this.#setPoints([first, ...between, last]);
    const ledger_points = this.ledger_points
      .map((point) => ({ ...point, time_ns: Math.max(0, point.time_ns - delay_ns) }))
      .filter(({ time_ns }, index, all) => {
        return time_ns < end_ns && time_ns > (all[index - 1]?.time_ns ?? -1);
      });
    this.ledger_points = [...ledger_points, finalLedgerPoint(report, ledger_points)];
  }
}

const NO_PERCENTILES = { p50_ns: null, p99_ns: null, p999_ns: null };

/**
 * Returns the points with room for one more.
 * @template Point
 * @param {Point[]} points
 */
function withRoom(points) {
  return points.length < POINTS_MAX ? points : points.filter((_, index) => index % 2 === 0);
}

/** @param {CounterPoint[]} points */
function thinned(points) {
  let last_ns = -STEP_NS;
  return points.filter(({ time_ns }) => {
    const stays = time_ns - last_ns >= STEP_NS;
    if (stays) last_ns = time_ns;
    return stays;
  });
}

/**
 * Returns the report's figures as the last ledger point. Its percentiles are those of the whole run
 * and used only if no other point has any.
 * @param {Report} report
 * @param {LedgerPoint[]} ledger_points
 * @returns {LedgerPoint}
 */
export function finalLedgerPoint({ elapsed_ns, checks, latency }, ledger_points) {
  const { count, p50_ns, p99_ns, p999_ns } = latency;
  const has_percentiles = count === 0 || ledger_points.some((point) => point.p50_ns !== null);
  const conservation = checks.find(({ name }) => name === 'conservation');
  const difference = conservation ? Number(conservation.found) - Number(conservation.expected) : NaN;
  return {
    time_ns: elapsed_ns,
    difference: Number.isFinite(difference) ? difference : null,
    ...(has_percentiles ? NO_PERCENTILES : { p50_ns, p99_ns, p999_ns }),
  };
}

const SUMS = /** @type {const} */ ([
  'operations',
  'attempts',
  'accepted',
  'refused',
  'interrupted',
  'waits',
  'conflicts',
]);

/** @typedef {Record<typeof SUMS[number], number>} Sums */

/** @param {(name: typeof SUMS[number]) => number} valueOf */
function eachSum(valueOf) {
  const sums = /** @type {Sums} */ ({});
  for (const name of SUMS) sums[name] = valueOf(name);
  return sums;
}

/** @param {number} time_ns @param {WorkerTotals[]} workers */
function sumOf(time_ns, workers) {
  const sums = eachSum((name) => workers.reduce((sum, worker) => sum + worker[name], 0));
  return { time_ns, ...sums, workers: workers.map(({ operations }) => operations) };
}

/**
 * Returns the growth per second from one point to another.
 * @param {CounterPoint} from
 * @param {CounterPoint} to
 */
export function growth(from, to) {
  const seconds = (to.time_ns - from.time_ns) / 1e9;
  /** @param {number} before @param {number} after */
  const per_second = (before, after) => (seconds > 0 ? Math.max(0, after - before) / seconds : 0);
  return {
    // Runs that an older page stored lack some of the sums.
    ...eachSum((name) => per_second(from[name] ?? 0, to[name] ?? 0)),
    workers: to.workers.map((after, index) => per_second(from.workers[index] ?? 0, after)),
  };
}

/**
 * Returns the rates between neighbouring points. The first rate also stands for the first point.
 * @param {CounterPoint[]} points
 */
export function rates(points) {
  const steps = points.slice(1).map((point, index) => growth(points[index], point));
  return steps.length > 0 ? [steps[0], ...steps] : [growth(points[0], points[0])];
}
