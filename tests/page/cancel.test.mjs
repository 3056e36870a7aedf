import assert from 'node:assert/strict';
import { test } from 'node:test';
import { button, downloadReport, reach, rowsOf, stateOf, withPage } from './browser.mjs';
import { assertConserved, assertCounted, issuedBy } from './conservation.mjs';
import { changeAnswers } from './tampering.mjs';

/** @import { Page } from 'playwright-core' */

/** Far more operations than are possible before the press on Cancel. */
const LONG_RUN = '?scenario=hft&operations=1000000000&duration_s=3600&trail_mib=3500&seed=7';

/** Returns the number of a card without digit separators. @param {Page} page @param {string} name */
async function numberOf(page, name) {
  const text = await page.getByRole('group', { name }).locator('.value').innerText();
  return Number(text.replaceAll(',', ''));
}

/** Waits until the page shows progress. @param {Page} page */
async function seeThroughput(page) {
  await reach(page, /^Running$/);
  await page
    .getByRole('group', { name: 'Operations' })
    .locator('.value')
    .filter({ hasText: /[1-9]/ })
    .waitFor();
}

test('cancel stops a run, and the run is checked', { timeout: 120_000 }, async () => {
  await withPage({ name: 'cancel', query: LONG_RUN }, async (page) => {
    await reach(page, /^Ready$/);
    await button(page, 'Run').click();
    await seeThroughput(page);
    await page.waitForTimeout(300);
    await button(page, 'Cancel').click();
    await reach(page, /^Cancelled$/);

    // tests/page/measure.mjs measures the time.
    const sentence = await stateOf(page).innerText();
    const shown = /The workers stopped ([\d.]+)\s(ms|µs|s) after Cancel was pressed\./.exec(sentence);
    assert(Number(shown?.[1]) > 0, `no time of the cancel in: ${sentence}`);

    const { report } = await downloadReport(page);
    assert.equal(report.ended_by, 'cancelled');
    assert(report.totals.attempts > 1_000 && report.totals.attempts < 1_000_000_000);
    assertCounted(report);
    assertConserved(report, issuedBy(report));
    await page.getByRole('row', { name: /^Conservation.*(Pass|Fail)/ }).waitFor();
    const rows = await rowsOf(page.getByRole('table', { name: 'Checks' }));
    assert.deepEqual(
      rows.map((row) => row[4]),
      Array(4).fill('✓ Pass'),
    );
    const entries = await numberOf(page, 'Trail entries');
    assert.equal(entries, report.totals.trail_entries);
    await page.waitForTimeout(500);
    assert.equal(await numberOf(page, 'Trail entries'), entries, 'nothing changes after the end');

    await page.getByRole('spinbutton', { name: 'Operations' }).fill('5000');
    await button(page, 'Run again').click();
    await reach(page, /^Finished$/);
    const again = (await downloadReport(page)).report;
    assert.equal(again.totals.attempts, 5_000);
    assert.equal(again.passed, true);
  });
});

test('a cancel before the counters exist is not lost', { timeout: 120_000 }, async () => {
  // A million accounts take long to open, and both presses come in the same task of the page.
  const query = `${LONG_RUN}&accounts=1000000&trail_mib=512`;
  await withPage({ name: 'early cancel', query }, async (page) => {
    await reach(page, /^Ready$/);
    await page.evaluate(() => {
      for (const name of ['Run', 'Cancel']) {
        const buttons = [...document.querySelectorAll('button')];
        buttons.find(({ textContent }) => textContent === name)?.click();
      }
    });
    await reach(page, /^Cancelled$/);
    const { report } = await downloadReport(page);
    assert.equal(report.ended_by, 'cancelled');
    assert.equal(report.passed, true);
    assert(report.accounts.count < 1_000_001, 'the accounts were not all opened');
  });
});

test('a run that is cancelled before it has accounts draws an empty heat map', { timeout: 120_000 }, async () => {
  const noAccounts = changeAnswers(`
    if (value?.balances) Object.assign(value, { balances: new Float64Array(), changes: new Float64Array() });
  `);
  const query = '?scenario=smallbank&workers=2&operations=20000';
  await withPage({ name: 'no cells', query, before: noAccounts }, async (page) => {
    await reach(page, /^Ready$/);
    await button(page, 'Run').click();
    await reach(page, /^Finished$/);
    // An uncaught error fails the test.
    await page.getByRole('img', { name: /^Heat map of the accounts/ }).waitFor();
  });
});

test('the keyboard alone runs, cancels and runs again', { timeout: 120_000 }, async () => {
  await withPage({ name: 'keyboard', query: LONG_RUN }, async (page) => {
    await reach(page, /^Ready$/);
    await page.getByLabel('Seed', { exact: true }).focus();
    await page.keyboard.press('Enter');
    await seeThroughput(page);
    const focused = () => page.evaluate(() => document.activeElement?.textContent);
    assert.equal(await focused(), 'Cancel');
    await page.keyboard.press('Enter');
    await reach(page, /^Cancelled$/);
    assert.equal(await focused(), 'Run again');
    await page.keyboard.press('Enter');
    await seeThroughput(page);
    await page.keyboard.press('Enter');
    await reach(page, /^Cancelled$/);
  });
});
