import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RunSeries, growth, rates } from '../../www/charts/run_series.js';

/** @import { LedgerSample, Reading, Report } from '../../www/types.d.ts' */

/**
 * Returns the counters of two workers with a million attempts per second each, one per two operations.
 * @param {number} time_ns
 * @returns {Reading}
 */
function reading(time_ns) {
  const attempts = Math.round(time_ns / 1e3);
  const outcomes = { attempts, accepted: attempts - 10, refused: 10, interrupted: 0 };
  const done = { operations: attempts * 2, reads: 3, entries: attempts + 1 };
  const worker = { ...done, ...outcomes, waits: 0, conflicts: 0 };
  return {
    phase: 'running',
    paused: false,
    operations: 1e9,
    duration_ns: 1e13,
    setup_entries: 5,
    replayed: 0,
    replay_total: 0,
    entry_bytes: 112,
    workers: [
      { worker: 1, ...worker },
      { worker: 2, ...worker },
    ],
    events: [],
  };
}

/** @param {number} elapsed_ns @returns {Report} */
function report(elapsed_ns) {
  const { workers } = reading(elapsed_ns);
  const trail_entries = 5 + workers[0].attempts * 2;
  const checks = [{ name: 'conservation', found: 70, expected: 70 }];
  const latency = { count: 9, p50_ns: 50, p99_ns: 99, p999_ns: 999 };
  return /** @type {any} */ ({ elapsed_ns, workers, totals: { trail_entries }, checks, latency });
}

/** @param {RunSeries} samples */
function times(samples) {
  return samples.points.map(({ time_ns }) => time_ns);
}

test('a run of hours keeps a bounded number of points, and its rates', () => {
  const samples = new RunSeries(2);
  for (let second = 0.1; second < 3_600; second += 0.1) {
    samples.add(second * 1e9, reading(second * 1e9));
  }
  assert(samples.points.length > 500 && samples.points.length <= 2_048, `${samples.points.length}`);
  assert.equal(samples.points[0].time_ns, 0);
  for (const step of rates(samples.points).slice(2)) {
    assert(Math.abs(step.attempts - 2e6) < 1e3, `${step.attempts} a second`);
    assert.deepEqual(
      [step.operations, ...step.workers].map((rate) => Math.round(rate / 1e3)),
      [4e3, 2e3, 2e3],
    );
  }
  assert(Math.abs(samples.current_rates.attempts - 2e6) < 1e3);
  assert.equal(samples.last.entries, 5 + samples.last.attempts + 2, 'the last point has the number of written entries');
});

test('the fine steps of the beginning are thinned out after a second', () => {
  const samples = new RunSeries(2);
  for (let at = 20; at <= 1_000; at += 20) samples.add(at * 1e6, reading(at * 1e6));
  assert.equal(samples.points.length, 51);
  samples.add(1.1e9, reading(1.1e9));
  const gaps = times(samples)
    .slice(1)
    .map((time, index) => time - times(samples)[index]);
  assert(
    gaps.every((gap) => gap >= 79e6 && gap < 201e6),
    gaps.join(),
  );
});

test('a run that ends before the first reading has two points', () => {
  const samples = new RunSeries(2);
  samples.finish(report(5e5), 0);
  assert.deepEqual(times(samples), [0, 5e5]);
  assert.equal(samples.last.entries, 1_005);
  const [first, last] = rates(samples.points);
  assert.equal(first.attempts, 2e6);
  assert.equal(last.attempts, 2e6);
});

test('times are corrected by the report’s duration', () => {
  const samples = new RunSeries(2);
  // The page assumes that the workers began 15 ms earlier than they did.
  for (let at = 100; at < 2_000; at += 100) samples.add((at + 15) * 1e6, reading(at * 1e6));
  samples.finish(report(2e9), 2.015e9);
  for (const step of rates(samples.points)) {
    assert(Math.abs(step.attempts - 2e6) < 1e3, `${step.attempts} a second`);
  }
  assert.equal(samples.last.time_ns, 2e9);
});

/** @param {number} difference @param {number} count @returns {LedgerSample} */
function sampleOf(difference, count) {
  const latency = { count, p50_ns: 5, p99_ns: 9, p999_ns: 10, max_ns: 11 };
  return /** @type {any} */ ({ difference, latency });
}

test('ledger points have the times of the run and end with the report', () => {
  const samples = new RunSeries(2);
  samples.addLedgerSample(sampleOf(0, 0));
  samples.addLedgerSample(sampleOf(1, 1));
  assert.equal(samples.ledger_points.length, 1, 'there is one ledger point for each time');
  for (let at = 100; at <= 1_000; at += 100) {
    samples.add((at + 15) * 1e6, reading(at * 1e6));
    samples.addLedgerSample(sampleOf(at === 500 ? -3 : 0, at === 300 ? 0 : 4));
  }
  samples.finish(report(1.05e9), 1.065e9);
  const { ledger_points } = samples;
  assert.deepEqual(
    ledger_points.map(({ time_ns }) => Math.round(time_ns / 1e6)),
    [0, 100, 200, 300, 400, 500, 600, 700, 800, 900, 1_000, 1_050],
  );
  assert.deepEqual(
    ledger_points.flatMap(({ difference }, index) => (difference === 0 ? [] : [[index, difference]])),
    [[5, -3]],
  );
  const untimed = ledger_points.flatMap(({ p50_ns }, index) => (p50_ns === null ? [index] : []));
  assert.deepEqual(untimed, [0, 3, 11], 'the percentiles of the whole run are used only without others');
});

test('a run without samples has the figures of its report', () => {
  const samples = new RunSeries(2);
  samples.finish(report(5e5), 0);
  const [end] = samples.ledger_points;
  assert.equal(samples.ledger_points.length, 1);
  assert.deepEqual(end, { time_ns: 5e5, difference: 0, p50_ns: 50, p99_ns: 99, p999_ns: 999 });
});

test('hours of samples are bounded', () => {
  const samples = new RunSeries(2);
  for (let second = 0.1; second < 3_600; second += 0.1) {
    samples.add(second * 1e9, reading(second * 1e9));
    samples.addLedgerSample(sampleOf(0, 1));
  }
  assert(samples.ledger_points.length > 500 && samples.ledger_points.length <= 2_048, `${samples.ledger_points.length}`);
});

test('equal times have no rate', () => {
  const [point] = new RunSeries(2).points;
  assert.deepEqual(growth(point, point).workers, [0, 0]);
});
