import assert from 'node:assert/strict';
import { test } from 'node:test';
import { button, downloadReport, reach, withPage } from './browser.mjs';

/** @import { Page } from 'playwright-core' */

/** The result below the checks. @param {Page} page @param {RegExp} text */
function result(page, text) {
  return page.getByRole('region', { name: 'Checks' }).locator('p').filter({ hasText: text });
}

test('the health of the ledger is a word and a sentence', { timeout: 60_000 }, async () => {
  const query = '?scenario=hft&workers=1&operations=20000';
  await withPage({ name: 'healthy', query }, async (page) => {
    await reach(page, /^Ready$/);
    assert.equal(await result(page, /passed/).count(), 0);
    await button(page, 'Run').click();
    await reach(page, /^Finished$/);
    await result(page, /^✓ All 4 checks passed\.$/).waitFor();
    const parts = page.getByRole('table', { name: 'Health of the ledger' }).getByRole('row');
    assert.deepEqual(await parts.getByRole('rowheader').allTextContents(), [
      'Accounts',
      'Trail',
      'Latches',
      'Serial replay',
      'Store',
    ]);
    assert.equal(await parts.filter({ hasText: '✓ healthy' }).count(), 5);
    await parts.filter({ hasText: /^Serial replay.*replayed|^Serial replay.*agree/ }).waitFor();
    const { report } = await downloadReport(page);
    assert.equal(report.health.status, 'healthy');
    assert.equal(report.health.operations, report.totals.trail_entries);
    const { replay, trail } = report.health.components;
    assert.equal(replay.result, 'agreed');
    assert.equal(replay.entries, report.totals.trail_entries);
    assert.equal(trail.used_bytes, report.totals.trail_bytes);
    // The uptime of the ledger includes the run.
    assert(report.health.uptime_ns >= report.elapsed_ns, 'the uptime begins before the run');
  });
});

test('a full trail has one result, and the ledger is unhealthy', { timeout: 60_000 }, async () => {
  const query = '?scenario=hft&workers=2&operations=1000000&trail_mib=32';
  await withPage({ name: 'unhealthy', query }, async (page) => {
    await reach(page, /^Ready$/);
    await button(page, 'Run').click();
    await reach(page, /^Stopped, trail full$/);
    const sentence = result(page, /^! All 4 checks passed\. The ledger is unhealthy: the trail has used up its 32 MiB/);
    await sentence.waitFor();
    const aloud = page.getByRole('status').filter({ hasText: 'The ledger is unhealthy' });
    assert.equal(await aloud.count(), 1, 'it is read aloud as well');
    const { report } = await downloadReport(page);
    assert.equal(report.ended_by, 'trail_full');
    assert.equal(report.passed, true, 'nothing was lost');
    assert.equal(report.health.components.trail.status, 'unhealthy');
    const parts = page.getByRole('table', { name: 'Health of the ledger' }).getByRole('row');
    await parts.filter({ hasText: /^Trail✗ unhealthy/ }).waitFor();

    await button(page, 'Run again').click();
    await sentence.waitFor({ state: 'hidden' });
    await reach(page, /^Stopped, trail full$/);
    await sentence.waitFor();
    const list = page.getByRole('table', { name: 'Stored runs' });
    await list.getByText('✓ 4\u00a0checks, trail full').first().waitFor();
  });
});

test('a run with deadlocks is not called healthy', { timeout: 60_000 }, async () => {
  const query = '?scenario=deadlock&workers=2&concurrency=unordered-locks&duration_s=3&deadline_ms=10';
  await withPage({ name: 'deadlocks', query }, async (page) => {
    await reach(page, /^Ready$/);
    await button(page, 'Run').click();
    await reach(page, /^Finished, checks failed$/);
    await result(page, /^✗ 1 of 5\schecks failed: No deadlock\.$/).waitFor();
    assert.equal(await page.getByText(/The ledger is healthy/).count(), 0);
  });
});
