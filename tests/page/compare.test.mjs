import assert from 'node:assert/strict';
import { test } from 'node:test';
import { assertAccessible } from './axe.mjs';
import { button, eventually, reach, rowsOf, stateOf, withPage } from './browser.mjs';
import { changeAnswers } from './tampering.mjs';

/** @import { Page } from 'playwright-core' */

/** So few accounts that a run without locks always loses coins. */
const CROWDED = '?scenario=hft&workers=2&operations=400000&accounts=4&exchanges=1&seed=7';
const SHORT = '?scenario=hft&workers=2&operations=20000&seed=7';
const LONG = '?scenario=hft&workers=1&operations=1000000000&duration_s=60&trail_mib=2048&seed=7';

/** @param {Page} page */
function card(page) {
  return page.getByRole('region', { name: 'Compare', exact: true });
}

/** @param {Page} page */
function table(page) {
  return card(page).getByRole('table', { name: 'Compared runs' });
}

/** Returns the result text of a comparison. @param {Page} page @param {RegExp} words */
async function resultText(page, words) {
  const line = card(page).getByRole('status').filter({ hasText: words });
  await line.waitFor();
  return line.innerText();
}

test('concurrency controls are compared, and incorrect ones are marked', { timeout: 120_000 }, async () => {
  await withPage({ name: 'compare', query: CROWDED }, async (page) => {
    await reach(page, /^Ready$/);
    const boxes = card(page).getByRole('checkbox');
    const labels = await card(page).getByRole('group', { name: 'Concurrency controls' }).innerText();
    assert.equal(labels.match(/⚠ incorrect on purpose/g)?.length, 2, labels);
    assert.deepEqual(
      await boxes.evaluateAll((found) => found.map((box) => /** @type {any} */ (box).checked)),
      [true, true, true, false, false],
      'what is incorrect on purpose is not ticked',
    );
    await card(page)
      .getByRole('checkbox', { name: /No locks/ })
      .check();
    await card(page).getByRole('checkbox', { name: 'Optimistic' }).uncheck();
    await button(page, 'Compare').click();
    await table(page)
      .getByRole('row', { name: /No locks.* ⚠ incorrect on purpose .*waiting/ })
      .waitFor();
    const text = await resultText(page, /^3\soptions compared\./);

    const rows = await rowsOf(table(page));
    assert.equal(rows.length, 3);
    const names = rows.map(([name]) => name.replace(/ ★ .*/, '').replaceAll('\u00a0', ' '));
    assert.deepEqual(names, [
      'Ordered locks, 2 workers',
      'Global lock, 2 workers',
      'No locks (lost updates), 2 workers ⚠ incorrect on purpose',
    ]);
    assert.deepEqual(
      rows.slice(0, 2).map((row) => row[8]),
      Array(2).fill('✓ 4\u00a0checks in 5\u00a0runs'),
    );
    assert.match(rows[2][8], /^✗ (Conservation|No account|Serial replay).* in \d of 5\sruns$/);
    for (const row of rows) {
      assert(
        row.slice(1, 8).every((cell) => /^[\d.,]+/.test(cell)),
        `${row}`,
      );
    }
    // One of the two is marked only if its slowest run is faster than the fastest one of the other.
    /** @param {string} text */
    const number = (text) => parseFloat(text) * (/M$/.test(text) ? 1e6 : /K$/.test(text) ? 1e3 : 1);
    const options = rows.slice(0, 2).map(([name, median, range]) => {
      const [lowest, highest] = range.split(' to ').map(number);
      assert(lowest <= number(median) && number(median) <= highest, `${median} in ${range}`);
      return { name, lowest, highest };
    });
    const [one, other] = options;
    const best = rows.filter(([name]) => name.includes('★ fastest correct'));
    const winner = one.lowest > other.highest ? one : other.lowest > one.highest ? other : null;
    assert.deepEqual(best.map(([name]) => name), winner ? [winner.name] : [], JSON.stringify(options));
    assert.match(text, winner ? /Fastest correct option: / : /The ranges overlap, so none is marked as the fastest: /);
    await card(page).getByText('Latency is that of batches of 256 operations.').waitFor();

    // The same load: the page displays the last run, with its workers and its seed.
    const facts = await page.getByRole('list', { name: 'Facts' }).innerText();
    assert.match(facts, /No locks \(lost updates\)/);
    await reach(page, /^Finished, checks failed$/);
    const stored = page.getByRole('table', { name: 'Stored runs' });
    assert.equal((await rowsOf(stored)).length, 3, 'the history has one run of each option');
  });
});

test('small multiples share one scale', { timeout: 120_000 }, async () => {
  await withPage({ name: 'multiples', query: SHORT }, async (page) => {
    await reach(page, /^Ready$/);
    await card(page).getByRole('radio', { name: 'Worker counts' }).check();
    const group = card(page).getByRole('group', { name: 'Worker counts' });
    const offered = await group.locator('label').allInnerTexts();
    assert.deepEqual(offered.slice(0, 3), ['1\u00a0worker', '2\u00a0workers', '4\u00a0workers']);
    for (const box of await group.getByRole('checkbox').all()) await box.uncheck();
    await eventually(() => button(page, 'Compare').getAttribute('aria-disabled'), 'true');
    await page.getByText('Select at least one option.').waitFor();
    await group.getByRole('checkbox', { name: '1\u00a0worker', exact: true }).check();
    await group.getByRole('checkbox', { name: '2\u00a0workers' }).check();
    await button(page, 'Compare').click();
    await resultText(page, /^2\soptions compared\./);
    const figures = card(page).getByRole('figure');
    await eventually(() => figures.count(), 2);
    const ends = await figures.evaluateAll((found) =>
      found.map((figure) => {
        const end = figure.querySelector('.multiple-end')?.getAttribute('d') ?? '';
        const line = figure.querySelector('.multiple-line.accepted')?.getAttribute('d') ?? '';
        const heights = [...line.matchAll(/[ML][\d.]+ ([\d.]+)/g)].map(([, y]) => Number(y));
        const [, digits, unit] =
          figure.textContent?.match(/at most ([\d.]+)([KM])\/s accepted/) ?? [];
        return {
          end: Number(end.match(/^M([\d.]+)/)?.[1]),
          top: Math.min(...heights),
          most: Number(digits) * (unit === 'M' ? 1e6 : 1e3),
        };
      }),
    );
    assert.equal(Math.max(...ends.map(({ end }) => end)), 200, 'the longest run fills the width');
    assert(
      Math.min(...ends.map(({ end }) => end)) < 200,
      `both are as long: ${JSON.stringify(ends)}`,
    );
    // Heights are proportional to the rates: 62 of 64 units for the highest.
    const highest = Math.max(...ends.map(({ most }) => most));
    for (const { top, most } of ends) {
      assert(Math.abs(64 - top - (most / highest) * 62) < 0.8, JSON.stringify(ends));
    }
  });
});

test('a cancelled comparison lists the runs that did not start', { timeout: 120_000 }, async () => {
  await withPage({ name: 'compare cancel', query: LONG }, async (page) => {
    await reach(page, /^Ready$/);
    await button(page, 'Compare').focus();
    await page.keyboard.press('Enter');
    await reach(page, /^Running$/);
    await stateOf(page)
      .getByText(/Run 1 of 18: Ordered locks, 1\sworker, warm-up/)
      .first()
      .waitFor();
    await eventually(
      async () => (await rowsOf(table(page))).map((row) => row[8]),
      ['running', 'waiting', 'waiting'],
    );
    const focused = () => page.evaluate(() => document.activeElement?.textContent);
    await eventually(focused, 'Cancel comparison');
    await assertAccessible(page, 'while comparing');
    await page.keyboard.press('Enter');
    await resultText(page, /^0\soptions compared\. 3\soptions cancelled before a measured run\.$/);
    await reach(page, /^Cancelled$/);
    await eventually(focused, 'Compare');
    const rows = await rowsOf(table(page));
    assert.deepEqual(rows.map((row) => row[8]), Array(3).fill('cancelled before it was measured'));
    assert(!rows.some(([name]) => name.includes('★')), 'what was not measured is not the fastest');
    await button(page, 'Clear comparison').click();
    await eventually(() => table(page).count(), 0);
  });
});

test('the state line cancels a comparison during the checks', { timeout: 60_000 }, async () => {
  // The serial replay takes some seconds.
  const query = '?scenario=hft&workers=2&operations=4000000&seed=7';
  await withPage({ name: 'compare cancel in checks', query }, async (page) => {
    await reach(page, /^Ready$/);
    await button(page, 'Compare').click();
    await reach(page, /^Checking$/);
    assert.equal(await button(page, 'Cancel').getAttribute('aria-disabled'), 'false');
    await button(page, 'Cancel').click();
    await stateOf(page)
      .getByText(/The comparison stops after it/)
      .first()
      .waitFor();
    await resultText(page, /3\soptions cancelled before a measured run/);
    await reach(page, /^Finished$/);
    assert.equal(await button(page, 'Run again').count(), 1);
  });
});

test(
  'a failed run is reported in its row, and the comparison continues',
  { timeout: 120_000 },
  async () => {
    // Makes the second run fail.
    const before = changeAnswers(`
      if (value?.checks && value.parameters.concurrency === 'global-lock') {
        const reason = 'broken on purpose';
        answer[2] = { name: 'LedgerBrokenError', code: 'broken', message: reason, reason };
      }
    `);
    await withPage({ name: 'compare failed', query: SHORT, before }, async (page) => {
      await reach(page, /^Ready$/);
      await button(page, 'Compare').click();
      const text = await resultText(page, /failed/);
      assert.match(text, /^2\soptions compared\. 1\soption failed\./);
      const rows = await rowsOf(table(page));
      assert.match(rows[1][8], /^failed .*[Bb]roken on purpose/);
      assert.match(rows[2][8], /^✓/);
    });
  },
);

for (const colorScheme of /** @type {const} */ (['light', 'dark'])) {
  test(`axe finds nothing in a comparison, ${colorScheme}`, { timeout: 120_000 }, async () => {
    const opening = {
      name: `axe compare ${colorScheme}`,
      query: CROWDED,
      context: { colorScheme },
    };
    await withPage(opening, async (page) => {
      await reach(page, /^Ready$/);
      await card(page)
        .getByRole('checkbox', { name: /No locks/ })
        .check();
      await button(page, 'Compare').click();
      await resultText(page, /^4\soptions compared\./);
      await assertAccessible(page, 'with a comparison');
      for (const width of [320, 360, 600, 768, 960, 1440, 2560]) {
        await page.setViewportSize({ width, height: 900 });
        await page.waitForTimeout(50);
        const wide = await page.evaluate(() => document.documentElement.scrollWidth);
        assert(wide <= width, `at ${width} pixels the page is ${wide} wide`);
      }
    });
  });
}
