/** The course of a run as points in time. They hold sums, not rates, so that some can go. */
/** @import { Look, LookPoint, Reading, Report, Sample, WorkerTotals } from '../types.d.ts' */

/** Past this many points every second one is dropped: a run of hours stays light. */
const SAMPLES_MAX = 2_048;

/** The first second is looked at more closely; once it is over, its points are thinned out. */
const CLOSE_LOOK_NS = 1e9;
const STEP_NS = 8e7;

/** A live rate is taken over this long: steady enough to be read, quick enough to show a change. */
const RATE_WINDOW_NS = 5e8;

export class Samples {
  /** @type {Sample[]} */
  points = [];
  /** @type {LookPoint[]} */
  looks = [];

  /** @param {number} workers */
  constructor(workers) {
    const none = Array.from({ length: workers }, () => 0);
    this.points.push({ ...sums(0, []), entries: 0, workers: none });
  }

  /**
   * The course of a run that has ended.
   * @param {Sample[]} points at least the beginning
   * @param {LookPoint[]} looks
   */
  static of(points, looks) {
    const samples = new Samples(0);
    samples.points = points;
    samples.looks = looks;
    return samples;
  }

  get last() {
    return this.points[this.points.length - 1];
  }

  /**
   * @param {number} time_ns since the workers began
   * @param {Reading} reading
   */
  add(time_ns, reading) {
    if (time_ns <= this.last.time_ns) return;
    this.points = bounded(this.points);
    if (time_ns > CLOSE_LOOK_NS && this.last.time_ns <= CLOSE_LOOK_NS) this.#thin();
    const entries = reading.workers.reduce((sum, { entries }) => sum + entries, 0);
    const sample = sums(time_ns, reading.workers);
    this.points.push({ ...sample, entries: reading.setup_entries + entries });
  }

  /**
   * A look at the ledger, at the time of the last sample.
   * @param {Look} look
   */
  see({ difference, latency }) {
    const { time_ns } = this.last;
    const last = this.looks.at(-1);
    if (last && last.time_ns >= time_ns) return;
    this.looks = bounded(this.looks);
    const { count, p50_ns, p99_ns, p999_ns } = latency;
    const timed = count > 0 ? { p50_ns, p99_ns, p999_ns } : UNTIMED;
    this.looks.push({ time_ns, difference: Number(difference), ...timed });
  }

  #thin() {
    let kept_ns = -STEP_NS;
    this.points = this.points.filter(({ time_ns }) => {
      const keeps = time_ns - kept_ns >= STEP_NS;
      if (keeps) kept_ns = time_ns;
      return keeps;
    });
  }

  /**
   * Ends the line with the report's own figures. The page saw the workers begin only at its next
   * look, but their end at once: that tells by how much its times are late. Points too close to the
   * beginning or the end would make a rate out of next to nothing, so they go; of a very short run
   * only those two remain.
   * @param {Report} report
   * @param {number} stopped_ns when the last worker returned, by the page's time
   */
  finish(report, stopped_ns) {
    const end = report.elapsed_ns;
    const late = stopped_ns - end;
    const least = Math.min(STEP_NS / 2, end / 16);
    const [first, ...others] = this.points;
    const between = others
      .map((point) => ({ ...point, time_ns: point.time_ns - late }))
      .filter(({ time_ns }) => time_ns > least && time_ns < end - least);
    const last = { ...sums(end, report.workers), entries: report.totals.trail_entries };
    this.points = [first, ...between, last];
    const looks = this.looks
      .map((look) => ({ ...look, time_ns: Math.max(0, look.time_ns - late) }))
      .filter(({ time_ns }, index, all) => time_ns < end && time_ns > (all[index - 1]?.time_ns ?? -1));
    this.looks = [...looks, lookAtEnd(report, looks)];
  }

  /** How much each sum grew per second lately. */
  recent() {
    const last = this.last;
    const first = this.points.findLast(({ time_ns }) => time_ns <= last.time_ns - RATE_WINDOW_NS);
    return growth(first ?? this.points[0], last);
  }
}

const UNTIMED = { p50_ns: null, p99_ns: null, p999_ns: null };

/**
 * Points that leave room for one more.
 * @template Point
 * @param {Point[]} points
 */
function bounded(points) {
  return points.length < SAMPLES_MAX ? points : points.filter((_, index) => index % 2 === 0);
}

/**
 * What the report says of the money at the end. Its percentiles are those of the whole run, so they
 * stand there only if none of a part of it are known.
 * @param {Report} report
 * @param {LookPoint[]} looks
 * @returns {LookPoint}
 */
export function lookAtEnd({ elapsed_ns, checks, latency }, looks) {
  const { count, p50_ns, p99_ns, p999_ns } = latency;
  const known = count === 0 || looks.some((look) => look.p50_ns !== null);
  const money = checks.find(({ name }) => name === 'conservation');
  const difference = money ? Number(money.found) - Number(money.expected) : NaN;
  return {
    time_ns: elapsed_ns,
    difference: Number.isFinite(difference) ? difference : null,
    ...(known ? UNTIMED : { p50_ns, p99_ns, p999_ns }),
  };
}

/**
 * @param {number} time_ns
 * @param {WorkerTotals[]} workers
 */
function sums(time_ns, workers) {
  const none = {
    operations: 0,
    attempts: 0,
    accepted: 0,
    refused: 0,
    interrupted: 0,
    waits: 0,
    conflicts: 0,
  };
  const sample = { time_ns, ...none };
  for (const worker of workers) {
    sample.operations += worker.operations;
    sample.attempts += worker.attempts;
    sample.accepted += worker.accepted;
    sample.refused += worker.refused;
    sample.interrupted += worker.interrupted;
    sample.waits += worker.waits;
    sample.conflicts += worker.conflicts;
  }
  return { ...sample, workers: workers.map(({ operations }) => operations) };
}

/**
 * The growth per second from one point to another.
 * @param {Sample} from
 * @param {Sample} to
 */
export function growth(from, to) {
  const seconds = (to.time_ns - from.time_ns) / 1e9;
  /** @param {number} before @param {number} after */
  const per_second = (before, after) => (seconds > 0 ? Math.max(0, after - before) / seconds : 0);
  return {
    operations: per_second(from.operations, to.operations),
    attempts: per_second(from.attempts, to.attempts),
    accepted: per_second(from.accepted, to.accepted),
    refused: per_second(from.refused, to.refused),
    interrupted: per_second(from.interrupted, to.interrupted),
    // Runs that were kept by an older page have none of these.
    waits: per_second(from.waits ?? 0, to.waits ?? 0),
    conflicts: per_second(from.conflicts ?? 0, to.conflicts ?? 0),
    workers: to.workers.map((after, index) => per_second(from.workers[index] ?? 0, after)),
  };
}

/**
 * The rates between neighbouring points, with the first one drawn from the very beginning.
 * @param {Sample[]} points
 */
export function rates(points) {
  const steps = points.slice(1).map((point, index) => growth(points[index], point));
  return steps.length > 0 ? [steps[0], ...steps] : [growth(points[0], points[0])];
}
