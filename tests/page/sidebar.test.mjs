/** The scenarios in groups, four parameters in sight, the others under More. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { button, eventually, reach, withPage } from './browser.mjs';

/** @import { Page } from 'playwright-core' */

/** @param {Page} page */
function fieldsOf(page) {
  const form = page.getByRole('form', { name: 'Scenario and parameters' });
  return form.getByRole('group', { name: 'Parameters' }).locator('.field:visible');
}

test('scenarios are in groups with a line each', { timeout: 60_000 }, async () => {
  await withPage({ name: 'groups', query: '?scenario=hft' }, async (page) => {
    await reach(page, /^Ready$/);
    const group = page.getByRole('group', { name: 'Scenario' });
    assert.deepEqual(await group.locator('.scenario-group').allInnerTexts(), ['Stories', 'Correctness', 'Throughput']);
    assert.equal(await group.getByRole('radio').count(), 12);
    const bank_run = group.getByRole('radio', { name: 'Bank run', exact: true });
    const line = await bank_run.evaluate((input) => {
      return document.getElementById(input.getAttribute('aria-describedby') ?? '')?.textContent;
    });
    assert.equal(line, 'More is owed than the bank holds');
    const lines = await group.locator('.scenario .hint').allInnerTexts();
    assert(lines.every((text) => text !== ''), `${lines}`);
  });
});

test('four parameters are in sight, and More opens for what was changed', { timeout: 60_000 }, async () => {
  await withPage({ name: 'more', query: '?scenario=hft' }, async (page) => {
    await reach(page, /^Ready$/);
    const main = ['Workers', 'Concurrency control', 'Traders', 'Operations'];
    assert.deepEqual(await fieldsOf(page).locator('label').allInnerTexts(), main);
    await page.getByText('More', { exact: true }).click();
    await eventually(async () => (await fieldsOf(page).count()) > 10, true);
    await page.getByText('More', { exact: true }).click();
    await eventually(() => fieldsOf(page).count(), 4);
  });
  await withPage({ name: 'more opened', query: '?scenario=hft&seed=8' }, async (page) => {
    await reach(page, /^Ready$/);
    await page.getByRole('spinbutton', { name: 'Seed' }).waitFor();
  });
});

test('the fields stay in sight beside the run', { timeout: 60_000 }, async () => {
  await withPage({ name: 'sticky', query: '?scenario=hft&operations=2000' }, async (page) => {
    await reach(page, /^Ready$/);
    await button(page, 'Run').click();
    await reach(page, /^Finished$/);
    await page.getByRole('region', { name: 'API console' }).scrollIntoViewIfNeeded();
    const workers = page.getByRole('spinbutton', { name: 'Workers' });
    await workers.scrollIntoViewIfNeeded();
    assert((await page.evaluate(() => scrollY)) > 900, 'the page has not scrolled back');
  });
});
