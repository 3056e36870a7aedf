/**
 * The page's module in Node, on threads that share one memory.
 *
 * `cargo xtask test node` builds it and runs this.
 */
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { after, test } from 'node:test';

import { Pool } from './pool.mjs';

const pools = [];

/** Starts a pool and ends it after the test. */
async function pool(size) {
  const started = await Pool.start(size);
  pools.push(started);
  return started;
}

after(() => Promise.all(pools.map((started) => started.end())));

/** The expected results, which the native test and the page test share. */
async function shared() {
  const cases = await readFile(new URL('../suite/common/scenario_cases.rs', import.meta.url), 'utf8');
  const parameters = cases.match(/pub const ONE_WORKER: &str =\s*r#"(.+)"#;/)?.[1];
  const hash = cases.match(/pub const TRAIL_HASH: &str =\s*"([0-9a-f]{64})";/)?.[1];
  assert.ok(parameters && hash, 'tests/suite/common/scenario_cases.rs names ONE_WORKER and TRAIL_HASH');
  return { parameters: JSON.parse(parameters), hash };
}

/** Checks that hold for every run, computed from the report's figures. */
function assertConsistent(report) {
  const { totals } = report;
  assert.equal(totals.trail_entries, totals.setup_entries + totals.attempts);
  const replay = report.checks.find((check) => check.name === 'replay');
  assert.equal(replay.found, 'identical');
  assert.equal(replay.examined, totals.trail_entries);
  for (const check of report.checks) assert.equal(check.passed, true, check.name);
  const rows = report.accounts.rows;
  const sum = (field) => rows.reduce((all, row) => all + BigInt(row[field]), 0n);
  assert.equal(rows.length, report.accounts.count);
  assert.equal(sum('debits_posted'), sum('credits_posted'));
  assert.ok(sum('debits_posted') > 0n);
  assert.equal(report.passed, true);
  assert.equal(report.environment.host, 'node');
}

test('one worker and a seed write the same trail everywhere', async () => {
  const { parameters, hash } = await shared();
  const threads = await pool(parameters.workers);
  const report = await threads.run('hft', parameters);
  assertConsistent(report);
  assert.equal(report.totals.attempts, parameters.operations);
  assert.equal(report.trail_hash, hash);
  const again = await threads.run('hft', parameters);
  assert.equal(again.trail_hash, hash, 'the second run in the same memory');
  const other = await threads.run('hft', { ...parameters, seed: parameters.seed + 1 });
  assert.notEqual(other.trail_hash, hash, 'another seed');
});

test('every scenario runs with GoLedger’s numbers, and writes its trail', async () => {
  const file = new URL('../suite/common/trail_hashes.json', import.meta.url);
  const { preset, parameters, hashes } = JSON.parse(await readFile(file, 'utf8'));
  const [one, two] = [await pool(1), await pool(2)];
  const { scenarios } = await one.ask(0, 'describe');
  const found = {};
  for (const { name, presets } of scenarios) {
    if (!presets.some((its) => its.name === preset)) continue;
    assertConsistent(await two.run(name, { workers: 2 }, preset));
    found[name] = (await one.run(name, parameters, preset)).trail_hash;
  }
  assert.deepEqual(found, hashes);
});

for (const workers of [2, 4]) {
  test(`${workers} threads that share a memory are equal to a serial run`, async () => {
    const threads = await pool(workers);
    // Few accounts, so that the threads contend.
    const parameters = { workers, operations: 200_000, seed: 7, accounts: 8, exchanges: 2 };
    const report = await threads.run('hft', parameters);
    assertConsistent(report);
    assert.equal(report.totals.attempts, 200_000);
    assert.equal(report.workers.length, workers);
    for (const worker of report.workers) assert.ok(worker.attempts > 0, 'each has its share');
  });
}

test('invalid requests are answered with a message', async () => {
  const threads = await pool(1);
  await assert.rejects(threads.run('hft', { workers: 65 }), {
    message: 'Workers must be 1 to 64, not 65.',
  });
  await assert.rejects(threads.run('poker', {}), { message: /^There is no scenario "poker"/ });
});
