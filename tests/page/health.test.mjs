import assert from 'node:assert/strict';
import { test } from 'node:test';
import { button, downloadReport, reach, withPage } from './browser.mjs';

/** @import { Page } from 'playwright-core' */

/** The sentence about the ledger's health below the checks. @param {Page} page @param {RegExp} text */
function health(page, text) {
  return page.getByRole('region', { name: 'Checks' }).locator('p').filter({ hasText: text });
}

test('the health of the ledger is a word and a sentence', { timeout: 60_000 }, async () => {
  const query = '?scenario=hft&workers=1&operations=20000';
  await withPage({ name: 'healthy', query }, async (page) => {
    await reach(page, /^Ready$/);
    await health(page, /^The health of the ledger is not computed yet\.$/).waitFor();
    await button(page, 'Run').click();
    await reach(page, /^Finished$/);
    await health(
      page,
      /^✓ The ledger is healthy: every component is within its limits\.$/,
    ).waitFor();
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

test('a full trail is unhealthy', { timeout: 60_000 }, async () => {
  const query = '?scenario=hft&workers=2&operations=1000000&trail_mib=32';
  await withPage({ name: 'unhealthy', query }, async (page) => {
    await reach(page, /^Ready$/);
    await button(page, 'Run').click();
    await reach(page, /^Finished$/);
    const sentence = health(page, /^✗ The ledger is unhealthy: the trail has used up its 32 MiB/);
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
    await health(page, /^The health of the ledger is not computed yet\.$/).waitFor();
    await reach(page, /^Finished$/);
    await sentence.waitFor();
  });
});
