import assert from 'node:assert/strict';
import { test } from 'node:test';
import { button, downloadReport, reach, rowsOf, withPage } from './browser.mjs';
import { assertConserved, assertCounted, issuedBy } from './conservation.mjs';
import { changeAnswers } from './tampering.mjs';

/** @import { Page } from 'playwright-core' */

const LONG_TASK_MS = 50;

/**
 * Counts the WebAssembly that the window thread executes.
 * @param {Page} page
 */
async function watchWindow(page) {
  await page.addInitScript(() => {
    const seen = { executed: 0 };
    Object.assign(window, { seen });
    const { Instance, instantiate, instantiateStreaming } = WebAssembly;
    WebAssembly.instantiate = /** @type {any} */ (
      (/** @type {[any]} */ ...given) => {
        seen.executed += 1;
        return instantiate(...given);
      }
    );
    WebAssembly.instantiateStreaming = (...given) => {
      seen.executed += 1;
      return instantiateStreaming(...given);
    };
    WebAssembly.Instance = new Proxy(Instance, {
      construct(target, given) {
        seen.executed += 1;
        return Reflect.construct(target, given);
      },
    });
  });
}

/**
 * Traces what the page does, and returns the processor time of each task of its window thread, in ms.
 * Other threads that take the processor from it make a task last longer, but do not change this. Tasks
 * that execute the test's own commands are left out.
 * @param {Page} page
 * @param {() => Promise<unknown>} act
 * @returns {Promise<number[]>}
 */
async function windowTasks(page, act) {
  const browser = page.context().browser();
  assert(browser, 'the page has a browser');
  await browser.startTracing(page, { categories: ['toplevel', '__metadata'] });
  await act();
  /** @type {{ traceEvents: any[] }} */
  const { traceEvents } = JSON.parse((await browser.stopTracing()).toString());
  const window = traceEvents.find(
    ({ name, args }) => name === 'thread_name' && args.name === 'CrRendererMain',
  );
  assert(window, 'the trace names the window thread');
  const events = traceEvents.filter(({ pid, tid }) => pid === window.pid && tid === window.tid);
  const commands = events.filter(
    ({ args }) => args?.chrome_mojo_event_info?.mojo_interface_tag === 'blink.mojom.DevToolsSession',
  );
  const tasks = events.filter(
    ({ name, ts, dur }) =>
      name === 'ThreadControllerImpl::RunTask' &&
      !commands.some((command) => command.ts >= ts && command.ts <= ts + dur),
  );
  assert(tasks.length > 0, 'the trace has tasks of the window thread');
  return tasks.map(({ tdur }) => tdur / 1_000);
}

/** @param {Page} page */
function block(page) {
  return page.evaluate(async () => {
    await new Promise((resolve) => {
      setTimeout(() => {
        const until = performance.now() + 300;
        while (performance.now() < until);
        resolve(null);
      });
    });
  });
}

const RUN = '?scenario=hft&workers=2&operations=200000&seed=7';

test('a run of 200,000 attempts conserves every coin', { timeout: 120_000 }, async () => {
  await withPage({ name: 'run', query: RUN }, async (page) => {
    await reach(page, /^Ready$/);
    await button(page, 'Run').click();
    await reach(page, /^Finished$/);

    const { file, report } = await downloadReport(page);
    assert.equal(file, 'ledgerlab-hft-7.json');
    assert.equal(report.totals.attempts, 200_000);
    assert.equal(report.ended_by, 'operations');
    assert.equal(report.parameters.seed, 7);
    assertCounted(report);
    assert.equal(report.workers.length, 2);
    for (const { worker, attempts } of report.workers) {
      assert(attempts > 20_000, `worker ${worker} made only ${attempts} of 200,000 attempts`);
    }
    const { accounts, exchanges } = report.parameters;
    assert.equal(report.accounts.count, 1 + Number(accounts) + Number(exchanges));
    assertConserved(report, issuedBy(report));
    assert.equal(report.parameters.concurrency, 'ordered-locks');
    assert.deepEqual(report.flaws, []);
    const facts = page.getByRole('list', { name: 'Facts' }).getByRole('listitem');
    assert((await facts.allInnerTexts()).includes('Ordered locks'), 'the facts name the concurrency control');

    const workers = page.getByRole('table', { name: 'Workers' });
    const headings = await workers.getByRole('columnheader').allInnerTexts();
    assert.deepEqual(headings.slice(-2), ['Waits', 'Conflicts']);
    const counted = (await rowsOf(workers)).map((row) => row.slice(-2));
    assert.deepEqual(
      counted,
      report.workers.map(({ waits }) => [waits.toLocaleString('en-US'), '0']),
    );
    assert(report.totals.refused > 0, 'some traders run out of coins');

    await page.getByRole('row', { name: /^Conservation.*(Pass|Fail)/ }).waitFor();
    const rows = await rowsOf(page.getByRole('table', { name: 'Checks' }));
    assert.equal(rows.length, 4);
    assert.deepEqual(
      rows.map((row) => row[4]),
      Array(4).fill('✓ Pass'),
    );
    const replayed = report.totals.trail_entries.toLocaleString('en-US');
    const replay = rows.find(([name]) => name.startsWith('Serial replay'));
    assert.equal(replay?.[3], `${replayed} entries replayed`);
  });
});

test('the window thread executes no WebAssembly', { timeout: 60_000 }, async () => {
  await withPage({ name: 'window', query: RUN, before: watchWindow }, async (page) => {
    await reach(page, /^Ready$/);
    await button(page, 'Run').click();
    await reach(page, /^Finished$/);
    const executed = () => page.evaluate(() => /** @type {any} */ (window).seen.executed);
    assert.equal(await executed(), 0, 'WebAssembly executed by the window thread');
    await page.evaluate(async () => {
      const empty = new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0]);
      await WebAssembly.instantiate(empty);
      new WebAssembly.Instance(new WebAssembly.Module(empty));
    });
    assert.equal(await executed(), 2, 'the recorder works');
  });
});

test('the window thread has no long task during a run', { timeout: 120_000 }, async () => {
  await withPage({ name: 'long tasks', query: RUN }, async (page) => {
    await reach(page, /^Ready$/);
    const long = (/** @type {number} */ time_ms) => time_ms > LONG_TASK_MS;
    const blocked = await windowTasks(page, () => block(page));
    assert.equal(blocked.filter(long).length, 1, 'the trace shows a task that is long');
    const tasks = await windowTasks(page, async () => {
      await button(page, 'Run').click();
      await reach(page, /^Finished$/);
      await page.waitForTimeout(300);
    });
    assert.deepEqual(tasks.filter(long), [], 'tasks in ms of processor time');
  });
});

test('GoLedger’s parameters end with its 1,300,000 coins', { timeout: 60_000 }, async () => {
  await withPage({ name: 'goledger' }, async (page) => {
    await reach(page, /^Ready$/);
    await page.getByLabel('Preset').selectOption("GoLedger's own numbers");
    await button(page, 'Run').click();
    await reach(page, /^Finished$/);
    await page.getByRole('row', { name: /^Conservation.*(Pass|Fail)/ }).waitFor();
    const rows = await rowsOf(page.getByRole('table', { name: 'Checks' }));
    const conservation = rows.find(([name]) => name.startsWith('Conservation'));
    assert.deepEqual(conservation?.slice(1, 5), ['1,300,000', '1,300,000', '5 accounts', '✓ Pass']);
    const { report } = await downloadReport(page);
    assert.equal(report.totals.attempts, 50);
    assertCounted(report);
    assertConserved(report, 1_300_000n);
    await page.getByText('As a table: Entries in the trail').click();
    const drawn = await rowsOf(page.getByRole('table', { name: 'Entries in the trail' }));
    assert(drawn.length >= 2, 'a run of half a millisecond has a beginning and an end');
  });
});

test('a failed check is shown as failed', { timeout: 60_000 }, async () => {
  // Simulates a lost coin by changing the report.
  const before = changeAnswers(`
    if (value?.checks) {
      value.passed = false;
      value.checks[0].passed = false;
      value.checks[0].found -= 1;
    }
  `);
  const query = '?scenario=hft&operations=2000';
  await withPage({ name: 'failed check', query, before }, async (page) => {
    await reach(page, /^Ready$/);
    const checks = page.getByRole('table', { name: 'Checks' });
    assert.equal(await checks.count(), 0, 'nothing passes before a run');
    await button(page, 'Run').click();
    await reach(page, /^Finished, checks failed$/);
    // The panels are drawn one after the other, in several frames on a busy machine.
    await checks.getByRole('row', { name: /^Conservation.*(Pass|Fail)/ }).waitFor();
    const rows = await rowsOf(checks);
    assert.deepEqual(rows[0].slice(1, 5), ['26,000,000', '25,999,999', '1,017 accounts', '✗ Fail']);
    assert.deepEqual(
      rows.slice(1).map((row) => row[4]),
      Array(3).fill('✓ Pass'),
    );
    await page.getByRole('region', { name: 'Result' }).getByText('Coins lost: 1.').waitFor();
    await page.getByText('1 of 4 checks failed: Conservation.').first().waitFor();
  });
});
