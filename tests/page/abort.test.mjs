/**
 * Tests the engine without the page: on an empty page, from the unbuilt source files.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { withPage } from './browser.mjs';
import { assertConserved, assertCounted, issuedBy } from './conservation.mjs';

/** @import { Page } from 'playwright-core' */
/** @import { Engine } from '../../www/engine/engine.js' */
/** @import { Report, Request } from '../../www/types.d.ts' */

/**
 * The limit from the abort to the return of the last worker, on a busy machine. `cancel.test.mjs`
 * measures it with the page.
 */
const STOP_LIMIT_MS = 500;

/**
 * The objects on the page of these tests: an engine, its requests, and the number of listeners.
 * @typedef {object} Bench
 * @property {Engine} engine
 * @property {Request} long far more than can be done before anything is aborted
 * @property {Request} short
 * @property {(signal: AbortSignal) => { count: number }} listenersOf
 */

/**
 * Opens the empty page and creates the objects of the tests there, as `bench`.
 * @param {string} name
 * @param {(page: Page) => Promise<void>} test
 */
function withEngine(name, test) {
  return withPage({ name, folder: '.', query: 'tests/page/engine.html' }, async (page) => {
    await page.evaluate(async (module) => {
      const { Engine } = await import(module);
      /** @param {Record<string, number>} parameters @returns {Request} */
      const request = (parameters) => ({
        scenario: 'hft',
        parameters: { workers: 2, seed: 7, ...parameters },
        environment: {
          host: 'chromium',
          user_agent: navigator.userAgent,
          workers_available: 2,
          started_at_ms: 0,
        },
      });
      /** @param {AbortSignal} signal */
      const listenersOf = (signal) => {
        const listeners = { count: 0 };
        for (const [name, step] of /** @type {const} */ ([
          ['addEventListener', 1],
          ['removeEventListener', -1],
        ])) {
          const method = signal[name].bind(signal);
          signal[name] = (/** @type {[any, any]} */ ...given) => {
            listeners.count += step;
            method(...given);
          };
        }
        return listeners;
      };
      const bench = {
        engine: new Engine(2),
        long: request({ operations: 1_000_000_000, duration_s: 3600 }),
        short: request({ operations: 20_000 }),
        listenersOf,
      };
      Object.assign(window, { bench });
    }, '/www/engine/engine.js');
    await test(page);
  });
}

/** @param {Report} report */
function assertCancelledAndChecked(report) {
  assert.equal(report.ended_by, 'cancelled');
  assert.equal(report.passed, true);
  assert.equal(report.checks.length, 4);
  assertCounted(report);
}

test('abort stops a run within its limit and still returns a checked report', { timeout: 60_000 }, async () => {
  await withEngine('abort', async (page) => {
    const seen = await page.evaluate(async () => {
      const { engine, long, listenersOf } = /** @type {{ bench: Bench }} */ (
        /** @type {any} */ (window)
      ).bench;
      const controller = new AbortController();
      const { signal } = controller;
      const listeners = listenersOf(signal);
      const times = { aborted: 0, stopped: 0 };
      let most = 0;
      const report = await engine.run(long, {
        signal,
        reading: ({ workers: [{ attempts }] }) => {
          most = Math.max(most, listeners.count);
          if (attempts === 0 || signal.aborted) return;
          times.aborted = performance.now();
          controller.abort();
        },
        stopped: () => (times.stopped = performance.now()),
      });
      return { report, took_ms: times.stopped - times.aborted, most, left: listeners.count };
    });
    assertCancelledAndChecked(seen.report);
    assertConserved(seen.report, issuedBy(seen.report));
    assert(seen.report.totals.attempts > 0);
    assert(seen.took_ms > 0 && seen.took_ms < STOP_LIMIT_MS, `it took ${seen.took_ms} ms`);
    assert.deepEqual([seen.most, seen.left], [1, 0], 'listeners during the run and after it');
  });
});

test('an aborted signal rejects the run before it starts', { timeout: 60_000 }, async () => {
  await withEngine('aborted already', async (page) => {
    const seen = await page.evaluate(async () => {
      const { engine, short, listenersOf } = /** @type {any} */ (window).bench;
      const given = new Error('changed my mind');
      const outcomes = [];
      let readings = 0;
      for (const signal of [AbortSignal.abort(), AbortSignal.abort(given)]) {
        const listeners = listenersOf(signal);
        const reading = () => (readings += 1);
        const outcome = await engine.run(short, { signal, reading }).catch(
          /** @param {Error} error */ (error) => ({
            name: error.name,
            is_reason: error === signal.reason,
          }),
        );
        outcomes.push({ ...outcome, listeners: listeners.count });
      }
      const { ended_by, totals } = await engine.run(short);
      return { outcomes, readings, ended_by, attempts: totals.attempts };
    });
    assert.deepEqual(seen, {
      outcomes: [
        { name: 'AbortError', is_reason: true, listeners: 0 },
        { name: 'Error', is_reason: true, listeners: 0 },
      ],
      readings: 0,
      ended_by: 'operations',
      attempts: 20_000,
    });
  });
});

test('an abort during pool start cancels the run', { timeout: 60_000 }, async () => {
  await withEngine('abort at the start', async (page) => {
    /** @type {Report} */
    const report = await page.evaluate(() => {
      const { engine, long } = /** @type {any} */ (window).bench;
      const controller = new AbortController();
      const run = engine.run(long, { signal: controller.signal });
      controller.abort();
      return run;
    });
    assertCancelledAndChecked(report);
    assert.equal(report.totals.attempts, 0);
  });
});

test('AbortSignal.timeout stops a run', { timeout: 60_000 }, async () => {
  await withEngine('timeout', async (page) => {
    const { report, took_ms } = await page.evaluate(async () => {
      const { engine, long } = /** @type {any} */ (window).bench;
      await engine.start();
      const begun_ms = performance.now();
      let took_ms = 0;
      const report = await engine.run(long, {
        signal: AbortSignal.timeout(400),
        stopped: () => (took_ms = performance.now() - begun_ms),
      });
      return { report, took_ms };
    });
    assertCancelledAndChecked(report);
    // On a busy machine the timeout may fire while the run is being prepared.
    if (report.totals.attempts > 0) assertConserved(report, issuedBy(report));
    assert(took_ms >= 400 && took_ms < 400 + STOP_LIMIT_MS, `it took ${took_ms} ms`);
  });
});

test('a late abort does not affect the next run', { timeout: 60_000 }, async () => {
  await withEngine('abort afterwards', async (page) => {
    const seen = await page.evaluate(async () => {
      const { engine, short, listenersOf } = /** @type {any} */ (window).bench;
      const controller = new AbortController();
      const { signal } = controller;
      const listeners = listenersOf(signal);
      const first = await engine.run(short, { signal });
      const refused = { ...short, parameters: { ...short.parameters, workers: 0 } };
      const refusal = await engine.run(refused, { signal }).catch((/** @type {any} */ e) => e.name);
      const left = listeners.count;
      const reading = () => controller.abort();
      const second = await engine.run(short, { reading });
      return { ends: [first.ended_by, second.ended_by], refusal, left, aborted: signal.aborted };
    });
    assert.deepEqual(seen, {
      ends: ['operations', 'operations'],
      refusal: 'UserError',
      left: 0,
      aborted: true,
    });
  });
});
