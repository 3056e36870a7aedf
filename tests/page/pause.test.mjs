/** Pausing a run: nothing changes during the pause, its time stops, and the run resumes. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { button, downloadReport, eventually, reach, rowsOf } from './browser.mjs';
import { stateOf, unfold, withPage } from './browser.mjs';
import { assertCounted } from './conservation.mjs';

/** @import { Page } from 'playwright-core' */

/** At a fixed rate, so that a fast machine does not fill its memory. */
const ENDLESS =
  '?scenario=hft&workers=2&operations=1000000000&duration_s=600&rate_per_s=300000&trail_mib=2048&seed=7';

/** Long enough for unwanted samples and readings to show. */
const WHILE_MS = 600;

/** @param {Page} page */
async function begin(page) {
  await reach(page, /^Ready$/);
  await button(page, 'Run').click();
  await reach(page, /^Running$/);
  await page.getByRole('region', { name: 'The money' }).getByRole('img').waitFor();
}

/** Returns everything that changes during a run. @param {Page} page */
async function moving(page) {
  return {
    state: await stateOf(page).innerText(),
    numbers: await page.getByRole('region', { name: 'Numbers' }).innerText(),
    workers: await rowsOf(page.getByRole('table', { name: 'Workers' })),
    money: await page.getByRole('region', { name: 'The money' }).innerText(),
    canvases: await page.locator('canvas').evaluateAll((canvases) => {
      return canvases.map((canvas) => /** @type {HTMLCanvasElement} */ (canvas).toDataURL());
    }),
  };
}

/** @param {Page} page */
async function operations(page) {
  const rows = await rowsOf(page.getByRole('table', { name: 'Workers' }));
  return rows.reduce((sum, row) => sum + Number(row[3].replaceAll(',', '')), 0);
}

test('a paused run stands still and resumes', { timeout: 90_000 }, async () => {
  await withPage({ name: 'pause', query: ENDLESS }, async (page) => {
    await begin(page);
    const before = await moving(page);
    await page.waitForTimeout(WHILE_MS);
    assert.notDeepEqual((await moving(page)).canvases, before.canvases, 'it changes before the pause');

    await button(page, 'Pause').click();
    await reach(page, /^Paused$/);
    assert.equal(await button(page, 'Pause').count(), 0);
    await stateOf(page).getByText('the clock stand still').first().waitFor();
    // The last sample and the last batch are still under way.
    await page.waitForTimeout(WHILE_MS);
    const rests = await moving(page);
    await page.waitForTimeout(WHILE_MS);
    assert.deepEqual(await moving(page), rests);
    const done = await operations(page);
    assert(done > 0);

    await button(page, 'Resume').click();
    await reach(page, /^Running$/);
    await eventually(async () => (await operations(page)) > done, true);
    await page.waitForTimeout(WHILE_MS);
    const goesOn = await moving(page);
    for (const [index, canvas] of goesOn.canvases.entries()) {
      assert.notEqual(canvas, rests.canvases[index], `canvas ${index} changes again`);
    }
    await button(page, 'Cancel').click();
    await reach(page, /^Cancelled$/);
    const { report } = await downloadReport(page);
    assertCounted(report);
    assert.equal(report.passed, true);
  });
});

test('a pause does not count as time of the run', { timeout: 90_000 }, async () => {
  // Long enough, and at a rate that leaves time for the page, to pause it before it has ended.
  const query = '?scenario=hft&workers=2&operations=1000000000&duration_s=5&rate_per_s=100000&seed=7';
  await withPage({ name: 'pause time', query }, async (page) => {
    await begin(page);
    const begun_ms = Date.now();
    await button(page, 'Pause').click();
    await reach(page, /^Paused$/);
    const paused_ms = Date.now();
    // Longer than the duration limit of the run.
    await page.waitForTimeout(6_000);
    assert.equal(await stateOf(page).locator('strong').innerText(), 'Paused', 'the run has not ended');
    const rested_ms = Date.now() - paused_ms;
    await button(page, 'Resume').click();
    await reach(page, /^Finished$/);
    const all_ms = Date.now() - begun_ms;
    const { report } = await downloadReport(page);
    assert.equal(report.passed, true);
    assert.equal(report.ended_by, 'duration');
    const elapsed_ms = report.elapsed_ns / 1e6;
    assert(elapsed_ms >= 4_990, `it was shortened to ${elapsed_ms} ms`);
    const begun = 1_000;
    assert(elapsed_ms <= all_ms - rested_ms + begun, `${elapsed_ms} of ${all_ms} ms, ${rested_ms} paused`);
    await unfold(page);
    const times = await rowsOf(page.getByRole('table', { name: 'Attempts per second' }));
    const last = Number(times.at(-1)?.[0]) * 1e3;
    assert(Math.abs(last - elapsed_ms) < 20, `charts end at ${last} ms, the run at ${elapsed_ms}`);
  });
});

test('the pause key works, and a paused run can be cancelled', { timeout: 90_000 }, async () => {
  await withPage({ name: 'pause key', query: ENDLESS }, async (page) => {
    await reach(page, /^Ready$/);
    await page.keyboard.press('p');
    assert.equal(await stateOf(page).locator('strong').innerText(), 'Ready', 'there is nothing to pause');
    assert.equal(await button(page, 'Pause').count(), 0);
    await begin(page);
    await page.keyboard.press('p');
    await reach(page, /^Paused$/);
    await page.keyboard.press('p');
    await reach(page, /^Running$/);
    await button(page, 'Pause').focus();
    await page.keyboard.press('Enter');
    await reach(page, /^Paused$/);
    const focused = () => page.evaluate(() => document.activeElement?.textContent);
    assert.equal(await focused(), 'Resume');
    await page.keyboard.press('x');
    await reach(page, /^Cancelled$/);
    assert.equal(await focused(), 'Run again', 'the focus moves to Run again');
    const { report } = await downloadReport(page);
    assert.equal(report.ended_by, 'cancelled');
    assert.equal(report.passed, true);
  });
});
