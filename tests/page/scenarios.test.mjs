/** Runs every scenario with the page's engine in web workers. */
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { WORKERS_MAX, presetOf, withRuns } from './engine.mjs';
import { DEMANDS } from './goledger.mjs';
import { assertSound, heldIn } from './conservation.mjs';

/** @import { Scenario } from '../../www/types.d.ts' */

/** The runs of each scenario, with different seeds. */
const RUNS = 20;

/** The operations of scenarios without a `goledger` preset, enough for contention. */
const OPERATIONS_MAX = 2_000;

/** The number of runs within which a missing lock or a deadlock must be found. */
const TRIES = 20;

test('every scenario meets GoLedger’s demands, 20 times', { timeout: 300_000 }, async () => {
  await withRuns('scenarios', async ({ description, run }) => {
    const { scenarios } = description;
    assert(scenarios.length >= 2, 'there are scenarios');
    const without = scenarios.filter(
      ({ name, presets }) => !DEMANDS[name] && presets.some((preset) => preset.name === 'goledger'),
    );
    assert.deepEqual(
      without.map(({ name }) => name),
      [],
      'these have GoLedger’s numbers and nothing that must hold in goledger.mjs',
    );
    for (const scenario of scenarios) {
      for (let seed = 1; seed <= RUNS; seed += 1) {
        const workers = 2 + (seed % (WORKERS_MAX - 1));
        const { report } = await run(scenario, { workers, seed, ...few(scenario) });
        try {
          assert.equal(report.report, 5);
          assert.equal(report.scenario, scenario.name);
          assert.equal(report.ended_by, 'operations');
          assert.equal(report.workers.length, workers);
          assert.deepEqual(
            report.workers.map(({ worker }) => worker),
            Array.from({ length: workers }, (_, index) => index + 1),
          );
          assertSound(report);
          if (presetOf(scenario).name === 'goledger') DEMANDS[scenario.name](report);
        } catch (error) {
          const reason = `${scenario.name}, seed ${seed}, ${workers} workers`;
          throw new Error(`${reason}: ${/** @type {Error} */ (error).message}`, { cause: error });
        }
      }
    }
  });
});

/** @param {Scenario} scenario */
function few(scenario) {
  const { name, values } = presetOf(scenario);
  if (name === 'goledger') return {};
  return { operations: Math.min(Number(values.operations), OPERATIONS_MAX) };
}

test('one worker and one seed write the same trail as native threads', { timeout: 60_000 }, async () => {
  const file = new URL('../suite/common/trail_hashes.json', import.meta.url);
  const { parameters, hashes } = JSON.parse(await readFile(file, 'utf8'));
  await withRuns('trail hashes', async ({ description, run }) => {
    /** @type {Record<string, string>} */
    const found = {};
    for (const scenario of description.scenarios) {
      if (presetOf(scenario).name !== 'goledger') continue;
      const { report } = await run(scenario, parameters);
      assertSound(report);
      found[scenario.name] = report.trail_hash;
    }
    assert.deepEqual(found, hashes);
  });
});

test('without locks coins are lost, and the serial replay finds it', { timeout: 120_000 }, async () => {
  await withRuns('lost updates', async ({ description, run }) => {
    const scenario = named(description.scenarios, 'deposits');
    let lost = null;
    for (let seed = 1; seed <= TRIES && !lost; seed += 1) {
      const { report } = await run(scenario, {
        workers: 2,
        seed,
        operations: 100_000,
        concurrency: 'no-locks',
      });
      if (report.passed) continue;
      const replay = report.checks.find(({ name }) => name === 'replay');
      assert.equal(replay?.passed, false);
      assert.match(String(replay?.found), /\w+ .+/, 'the result is a sentence');
      assert.equal(report.flaws.length, 1);
      // A run that lost only updates of the issuer's account fails the replay and holds every coin.
      if (heldIn(report) !== BigInt(report.checks[0].expected)) lost = report;
    }
    assert(lost, `no coin was lost in ${TRIES} runs`);
  });
});

test('events are counted during a run', { timeout: 120_000 }, async () => {
  await withRuns('events', async ({ description, run }) => {
    const scenario = named(description.scenarios, 'deadlock');
    const deadlock = scenario.events.find(({ name }) => name === 'deadlock');
    assert(deadlock, 'it is described');
    const { report, last } = await run(scenario, {
      workers: 2,
      operations: 1_000_000,
      duration_s: 2,
      concurrency: 'unordered-locks',
    });
    const [event] = report.events;
    assert.equal(event.name, 'deadlock');
    const seen = last?.events.find(({ place }) => place === deadlock.place);
    assert(seen, 'the counters showed it');
    assert(seen.count > 0 && seen.count <= event.count, `${seen.count} of ${event.count}`);
    assert.equal(seen.first_at_ns, event.first_at_ns);
    const done = last?.workers.reduce((sum, { operations }) => sum + operations, 0) ?? 0;
    assert(done > 0 && done <= report.totals.operations, `${done} operations`);
  });
});

/** @param {Scenario[]} scenarios @param {string} name */
function named(scenarios, name) {
  const found = scenarios.find((scenario) => scenario.name === name);
  assert(found, `there is a scenario ${name}`);
  return found;
}
