/** The landing and its story, step by step. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { assertAccessible } from './axe.mjs';
import { button, downloadReport, eventually, reach, stateOf, withPage } from './browser.mjs';

/** @import { Page } from 'playwright-core' */

const RUN_MS = 60_000;

/** @param {Page} page @param {string | RegExp} name */
function step(page, name) {
  return page.getByRole('region', { name });
}

test('the story shows a correct and an incorrect bank run', async () => {
  await withPage({ name: 'guided run' }, async (page) => {
    await step(page, 'A ledger that accounts for every coin').waitFor();
    await assertAccessible(page, 'with the guide');
    await button(page, 'Start the story').press('Enter');
    await step(page, 'Watch the reserve').waitFor();
    await step(page, 'Every coin was counted again').waitFor({ timeout: RUN_MS });
    const rows = page.getByRole('table', { name: 'Checks' }).getByRole('row');
    const passed = await rows.getByText('✓ Pass').count();
    assert(passed > 4, `${passed} checks passed`);
    assert.equal(await rows.getByText('✗ Fail').count(), 0);
    await page.getByText('Reserve dry').first().waitFor();
    await button(page, 'Run it without locks').click();
    await step(page, 'The checks find the error').waitFor({ timeout: RUN_MS });
    assert((await rows.getByText('✗ Fail').count()) > 0, 'a check fails');
    await step(page, 'The checks find the error').getByText(/Coins (lost|created)|coins add up/).waitFor();
    await button(page, 'Done').click();
    await step(page, 'The checks find the error').waitFor({ state: 'hidden' });
    await page.reload();
    await button(page, 'Run').waitFor();
    assert.equal(await page.locator('#guide').isVisible(), false, 'the address names the scenario');
  });
});

test('the guide says that a cancelled run without locks lost nothing', { timeout: RUN_MS }, async () => {
  await withPage({ name: 'guided run cancelled' }, async (page) => {
    await button(page, 'Start the story').click();
    await button(page, 'Cancel').click();
    await step(page, 'The bank run was stopped').waitFor({ timeout: RUN_MS });
    await button(page, 'Start it again').click();
    await step(page, 'Watch the reserve').waitFor();
    await step(page, 'Every coin was counted again').waitFor({ timeout: RUN_MS });
    // Both presses come in the same task, so no attempt is made.
    await page.evaluate(() => {
      for (const name of ['Run it without locks', 'Cancel']) {
        const buttons = [...document.querySelectorAll('button')];
        buttons.find(({ textContent }) => textContent === name)?.click();
      }
    });
    const intact = step(page, 'No update was lost yet');
    await intact.getByText(/^The run was cancelled early\. Every check passed\./).waitFor({ timeout: RUN_MS });
    assert.equal(await page.getByText(/made or lost|created or lost/).count(), 0);
    await button(page, 'Run it again without locks').click();
    await step(page, 'Nothing protects the accounts now').waitFor();
  });
});

test('the guide can be skipped by button and key, and addresses with a run have none', async () => {
  await withPage({ name: 'guided run skipped' }, async (page) => {
    await button(page, 'Start the story').click();
    await button(page, 'Skip the tour').focus();
    await page.keyboard.press('Escape');
    await step(page, 'Watch the reserve').waitFor({ state: 'hidden' });
    assert.equal(await page.evaluate(() => document.activeElement?.id), 'run');
    await stateOf(page).waitFor();
  });
  const query = '?scenario=hft';
  await withPage({ name: 'guided run not wanted', query }, async (page) => {
    await button(page, 'Run').waitFor();
    assert.equal(await page.locator('#guide').isVisible(), false);
  });
});

test('the landing says what the page is, and one button runs', { timeout: RUN_MS }, async () => {
  await withPage({ name: 'landing' }, async (page) => {
    const landing = step(page, 'A ledger that accounts for every coin');
    await landing.waitFor();
    assert.equal(await landing.getByRole('listitem').count(), 3);
    const sections = page.getByRole('navigation', { name: 'Sections' }).getByRole('link');
    await button(page, 'Run Trading floor').waitFor();
    assert.deepEqual(await sections.allInnerTexts(), ['Run', 'Compare', 'History', 'API']);
    for (const name of ['Result', 'Numbers', 'Charts', 'Checks', 'Accounts', 'Trail', 'The money']) {
      assert.equal(await page.getByRole('region', { name, exact: true }).count(), 0, `${name} has no content`);
    }
    await button(page, 'Run Trading floor').click();
    await landing.waitFor({ state: 'hidden' });
    await reach(page, /^Running$/);
    const result = page.getByRole('region', { name: 'Result' });
    await result.getByText('Every sample counts all coins').waitFor();
    await result.getByRole('group', { name: 'Coins' }).getByText(/^of [\d,]+ coins issued$/).waitFor();
    await reach(page, /^Finished$/);
    const { report } = await downloadReport(page);
    assert(report.elapsed_ns > 7e9 && report.elapsed_ns < 10e9, `${report.elapsed_ns} ns to watch`);
    const texts = await result.getByRole('group').allInnerTexts();
    const [issued, entries] = [26_000_000, report.totals.trail_entries].map((value) => value.toLocaleString('en-US'));
    assert.deepEqual(texts.map((text) => text.split('\n')), [
      [issued, `of ${issued} coins expected`],
      [entries, `of ${entries} entries replayed`],
      ['4', 'of 4 checks passed'],
    ]);
    await result.getByRole('heading', { name: '✓ All 4 checks passed.' }).waitFor();
    assert.deepEqual(await sections.allInnerTexts(), ['Run', 'Checks', 'Accounts', 'Trail', 'Compare', 'History', 'API']);
    await sections.filter({ hasText: 'Checks' }).click();
    await eventually(() => page.getByRole('region', { name: 'Checks', exact: true }).evaluate((part) => {
      const { top } = part.getBoundingClientRect();
      return top > 0 && top < 300;
    }), true);
    assert.equal(await sections.first().isVisible(), true, 'the navigation stays');
  });
});
