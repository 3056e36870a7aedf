/** The guided run of a first visit, step by step. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { assertAccessible } from './axe.mjs';
import { button, stateOf, withPage } from './browser.mjs';

/** @import { Page } from 'playwright-core' */

const RUN_MS = 60_000;

/** @param {Page} page @param {string | RegExp} name */
function step(page, name) {
  return page.getByRole('region', { name });
}

test('the guide of a first visit shows a correct and an incorrect bank run', async () => {
  await withPage({ name: 'guided run', firstVisit: true }, async (page) => {
    await step(page, 'A bank run in half a minute').waitFor();
    await assertAccessible(page, 'with the guide');
    await button(page, 'Start the bank run').press('Enter');
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
    assert.equal(await page.locator('#guide').isVisible(), false, 'the guide is not shown again');
  });
});

test('the guide says that a cancelled run without locks lost nothing', { timeout: RUN_MS }, async () => {
  await withPage({ name: 'guided run cancelled', firstVisit: true }, async (page) => {
    await button(page, 'Start the bank run').click();
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
  await withPage({ name: 'guided run skipped', firstVisit: true }, async (page) => {
    await button(page, 'Skip the tour').focus();
    await page.keyboard.press('Escape');
    await step(page, /bank run, in half/).waitFor({ state: 'hidden' });
    assert.equal(await page.evaluate(() => document.activeElement?.id), 'run');
    await stateOf(page).waitFor();
  });
  const query = '?scenario=hft';
  await withPage({ name: 'guided run not wanted', firstVisit: true, query }, async (page) => {
    await button(page, 'Run').waitFor();
    assert.equal(await page.locator('#guide').isVisible(), false);
  });
});
