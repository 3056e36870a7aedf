/** Finds the parts of the trail explorer and of the accounts panel. */
import assert from 'node:assert/strict';
import { button, reach } from './browser.mjs';

/** @import { Page } from 'playwright-core' */
/** @import { TrailEntry } from '../../www/types.d.ts' */

/** A run of 200,000 transfers. Its setup writes 2,033 entries. */
export const RUN = '?scenario=hft&workers=2&operations=200000&seed=7';
export const ENTRIES = 202_033;

/** @param {Page} page */
export async function runToEnd(page) {
  await reach(page, /^Ready$/);
  await button(page, 'Run').click();
  await reach(page, /^Finished/, 90_000);
}

/** @param {Page} page */
export function trailOf(page) {
  return page.getByRole('region', { name: 'Trail', exact: true });
}

/** @param {Page} page */
export function accountsOf(page) {
  return page.getByRole('region', { name: 'Accounts', exact: true });
}

/** @param {Page} page */
export function gridOf(page) {
  return page.getByRole('grid', { name: 'Entries of the trail' });
}

/**
 * Scrolls to the trail and waits for a number of entries.
 * @param {Page} page
 * @param {number} [entries]
 */
export async function openTrail(page, entries = ENTRIES) {
  await trailOf(page).scrollIntoViewIfNeeded();
  const words = new RegExp(`^${entries.toLocaleString('en-US')}\\sentries\\.$`);
  await trailOf(page).getByRole('status').filter({ hasText: words }).waitFor();
}

/**
 * Performs an action and waits for the status text that it causes.
 * @param {Page} page
 * @param {RegExp} words
 * @param {() => Promise<unknown>} act
 */
export async function said(page, words, act) {
  const status = page.locator('.trail-message');
  await status.evaluate((line) => (line.textContent = ''));
  await act();
  await status.filter({ hasText: words }).waitFor({ timeout: 60_000 });
  return status.innerText();
}

/**
 * Finds entries with a filter and returns their number.
 * @param {Page} page
 * @param {Record<string, string>} fields by their labels
 */
export async function findEntries(page, fields) {
  const form = page.getByRole('form', { name: 'Filter of the trail' });
  const all = form.getByRole('button', { name: 'All entries' });
  await said(page, /entries\.$/, () => all.click());
  for (const [label, text] of Object.entries(fields)) {
    const field = form.getByLabel(label, { exact: true });
    if (label === 'Kind') await field.selectOption(text);
    else await field.fill(text);
  }
  const find = form.getByRole('button', { name: 'Find', exact: true });
  const text = await said(page, /found\.$|^No matching/, () => find.click());
  return text.startsWith('No matching') ? 0 : Number(text.replace(/\D/g, ''));
}

/**
 * Returns the visible rows by number.
 * @param {Page} page
 * @returns {Promise<Map<number, string[]>>}
 */
export async function rowsInSight(page) {
  const rows = await gridOf(page)
    .locator('[role="row"][aria-rowindex]:not([hidden])')
    .evaluateAll((found) => {
      return found.map((row) => {
        const cells = [...row.querySelectorAll('[role="gridcell"]')];
        const texts = cells.map((cell) => cell.textContent ?? '');
        return /** @type {const} */ ([Number(row.getAttribute('aria-rowindex')) - 1, texts]);
      });
    });
  return new Map(rows.filter(([, texts]) => texts.length > 0));
}

/**
 * Parses the lines of an export.
 * @param {Buffer} bytes
 * @returns {TrailEntry[]}
 */
export function entriesIn(bytes) {
  const lines = bytes.toString('utf8').split('\n');
  assert.equal(lines.pop(), '', 'the last line ends');
  return lines.map((line) => JSON.parse(line));
}
