import assert from 'node:assert/strict';
import { test } from 'node:test';
import { acceptedRateAt, pointsOfReport, axisMaximum } from '../../www/charts/time_series.js';
import { REPEATS, comparisonText, differences, fastest, interleave } from '../../www/features/compare/comparison_model.js';
import { seriesCsv } from '../../www/report/csv.js';
import { html } from '../../www/report/html.js';
import { roundedUp } from '../../www/report/svg_chart.js';

/** @import { ComparedRun, Report } from '../../www/types.d.ts' */

/** @type {any} */
const REPORT = {
  elapsed_ns: 2.5e9,
  totals: { operations: 100, setup_entries: 5 },
  workers: [{ operations: 60 }, { operations: 40 }],
  series: { interval_ns: 1e9, accepted: [10, 20, 30], refused: [1, 2, 3], interrupted: [0, 0, 1] },
};

test('points of a report have its sums at each second', () => {
  const points = pointsOfReport(/** @type {Report} */ (REPORT));
  assert.deepEqual(
    points.map(({ time_ns }) => time_ns / 1e9),
    [0, 1, 2, 2.5],
  );
  assert.deepEqual(
    points.map(({ accepted, refused, entries }) => [accepted, refused, entries]),
    [
      [0, 0, 0],
      [10, 1, 16],
      [30, 3, 38],
      [60, 6, 72],
    ],
  );
  assert.deepEqual(points[1].workers, [24, 16], 'workers grow evenly');
  assert.deepEqual(points[3].workers, [60, 40]);
  const long = Array.from({ length: 10_000 }, () => 1);
  const series = { interval_ns: 1e9, accepted: long, refused: long, interrupted: long };
  const many = pointsOfReport(/** @type {any} */ ({ ...REPORT, series, elapsed_ns: 1e13 }));
  assert(many.length <= 2_050, `${many.length} points`);
  assert.equal(many.at(-1)?.accepted, 10_000, 'the last point has the sum');
  const late = pointsOfReport(/** @type {any} */ ({ ...REPORT, elapsed_ns: 3.002e9 }));
  assert.equal(late.at(-1)?.time_ns, 3.002e9, 'a run ends at its elapsed time, not after its last whole second');
  const none = { interval_ns: 1e9, accepted: [], refused: [], interrupted: [] };
  assert.equal(pointsOfReport(/** @type {any} */ ({ ...REPORT, series: none })).length, 2);
});

test('accepted rates are interpolated and end with their run', () => {
  const points = pointsOfReport(/** @type {Report} */ (REPORT));
  const rates = acceptedRateAt(points, [0, 1e9, 2e9, 3e9, 4e9]);
  assert.deepEqual(
    rates.map((value) => value && Math.round(value)),
    [10, 10, 20, 60, null],
  );
  assert.deepEqual(acceptedRateAt(points, [0, 5e8, 2e9]), [10, 10, (30 - 5) / 1.5]);
  assert.deepEqual(acceptedRateAt(points, [0]), [null]);
  const [first] = points;
  assert.deepEqual(acceptedRateAt([first], [0, 1e9]), [null, null]);
});

test('an axis extends for a faster run, up to twice its own maximum', () => {
  const previous_run = { times_ns: [0, 1e9, 2e9], values: [10, 15, 900] };
  assert.equal(axisMaximum(10, undefined, 1e9), 10);
  assert.equal(axisMaximum(10, previous_run, 1e9), 15);
  assert.equal(axisMaximum(10, previous_run, 2e9), 20);
  assert.equal(axisMaximum(100, previous_run, 1e9), 100);
});

test('the series as CSV ends where the run ended', () => {
  const lines = seriesCsv(/** @type {Report} */ (REPORT)).split('\r\n');
  assert.deepEqual(lines.slice(1), ['0,1,10,1,0', '1,2,20,2,0', '2,2.5,30,3,1', '']);
});

test('every value in HTML is escaped', () => {
  const evil = `<a href="'">&amp;`;
  const inner = html`<p title="${evil}">${evil}</p>`;
  const escaped = '&lt;a href=&quot;&#39;&quot;&gt;&amp;amp;';
  assert.equal(html`<div>${[inner, inner]}${7}</div>`.text.includes(evil), false);
  assert.equal(inner.text, `<p title="${escaped}">${escaped}</p>`);
});

test('axes end at round numbers', () => {
  for (const [value, expected] of [
    [1, 1],
    [3, 4],
    [4.1e6, 5e6],
    [801, 1000],
    [0.3, 0.4],
  ]) {
    assert.equal(roundedUp(value), expected);
  }
});

/**
 * Returns an option with a measured run for each speed.
 * @param {number[]} speeds
 * @param {object} [changes] of all runs
 * @returns {ComparedRun}
 */
function option(speeds, changes = {}) {
  const parameters = { workers: 2, concurrency: 'ordered-locks', seed: 7 };
  const summary = {
    scenario: 'hft',
    parameters,
    flawed: false,
    failed_checks: [],
    check_count: 4,
    ended_by: 'operations',
    ...changes,
  };
  const summaries = speeds.map((operations_per_second) => ({ ...summary, operations_per_second }));
  return /** @type {any} */ ({ status: 'ended', label: `${speeds}`, summaries });
}

const GLOBAL = { parameters: { workers: 1, concurrency: 'global-lock', seed: 7 } };

test('the fastest option is correct, of the same load, and faster in every run', () => {
  const slow = option([10, 11, 12, 13, 14]);
  const fast = option([20, 15, 16, 40, 17], GLOBAL);
  assert.equal(fastest([slow, fast]), fast);
  assert.match(comparisonText([slow, fast], null), /Fastest correct option: 20,15,16,40,17, 17 operations/);
  assert.equal(fastest([slow]), null, 'a single option is not the fastest');
  const overlapping = option([20, 14, 16, 40, 17], GLOBAL);
  assert.equal(fastest([slow, overlapping]), null, 'its slowest run is no faster than the fastest one of the other');
  assert.match(comparisonText([slow, overlapping], null), /The ranges overlap, so none is marked as the fastest/);
  assert.equal(fastest([slow, option([20])]), null, 'a single run has no range');
  assert.match(comparisonText([slow, option([20])], null), /Not every option has 5 measured runs/);
  for (const wrong of [
    { flawed: true },
    { failed_checks: ['Serial replay'] },
    { ended_by: 'cancelled' },
    { check_count: 0 },
  ]) {
    assert.equal(fastest([slow, option([20, 20, 20, 20, 20], wrong)]), slow);
  }
  const seeded = option([20, 20, 20, 20, 20], { parameters: { workers: 2, seed: 8 } });
  assert.deepEqual(differences([slow, seeded]), ['seed']);
  assert.equal(fastest([slow, seeded]), null);
  assert.deepEqual(differences([slow, option([1], { scenario: 'payments' })]), ['scenario']);
});

test('a comparison warms up each option and then measures them in turns', () => {
  const order = interleave(['a', 'b']).map(({ option: name, repeat }) => `${name}${repeat}`);
  assert.deepEqual(order.slice(0, 6), ['a0', 'b0', 'a1', 'b1', 'b2', 'a2']);
  assert.equal(order.length, 2 * (REPEATS + 1));
});
