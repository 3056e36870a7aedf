import assert from 'node:assert/strict';
import { test } from 'node:test';
import { assertAccessible } from './axe.mjs';
import { button, eventually, reach, rowsOf, withPage } from './browser.mjs';
import { hasColour } from './colours.mjs';
import { trapInWork } from './tampering.mjs';

/** Long enough to check while it runs. The duration is limited in case the cancel fails. */
const LONG_RUN = '?scenario=hft&operations=1000000000&duration_s=60&workers=1&trail_mib=3500';
/** A run with events and a failed check. */
const STUCK_RUN = '?scenario=deadlock&workers=2&concurrency=unordered-locks';
const SHORT_RUN = '?scenario=hft&operations=200000&seed=7';

for (const colorScheme of /** @type {const} */ (['light', 'dark'])) {
  const context = { colorScheme };
  const named = `in the ${colorScheme} scheme`;

  test(`axe finds nothing ${named}, from ready to cancelled`, { timeout: 120_000 }, async () => {
    const query = `${LONG_RUN}&colour=red`;
    await withPage({ name: `axe ${colorScheme}`, query, context }, async (page) => {
      await reach(page, /^Ready$/);
      await assertAccessible(page, 'when ready, with a notice');
      await button(page, 'Explain').click();
      await page.getByRole('spinbutton', { name: 'Operations' }).fill('0');
      await page.getByText('0 is too small').waitFor();
      await assertAccessible(page, 'with a field out of bounds');
      await page.getByRole('spinbutton', { name: 'Operations' }).fill('1000000000');
      await page.getByLabel('Concurrency control', { exact: true }).selectOption('no-locks');
      await page.getByText('Incorrect on purpose: workers').waitFor();
      await assertAccessible(page, 'with a choice that is incorrect on purpose');
      await page.getByLabel('Concurrency control', { exact: true }).selectOption('ordered-locks');
      await eventually(() => button(page, 'Run').getAttribute('aria-disabled'), 'false');
      await button(page, 'Run').click();
      await reach(page, /^Running$/);
      await page.getByText('As a table: Attempts per second').click();
      await assertAccessible(page, 'while running');
      await button(page, 'Cancel').click();
      await reach(page, /^Cancelled$/);
      await assertAccessible(page, 'when cancelled');
    });
  });

  test(`axe finds nothing ${named}, when finished`, { timeout: 60_000 }, async () => {
    await withPage(
      { name: `axe finished ${colorScheme}`, query: SHORT_RUN, context },
      async (page) => {
        await reach(page, /^Ready$/);
        await button(page, 'Run').click();
        await reach(page, /^Finished$/);
        for (const summary of await page
          .getByText(/^As a table/)
          .filter({ visible: true })
          .all())
          await summary.click();
        await assertAccessible(page, 'when finished');
      },
    );
    const stuck = { name: `axe events ${colorScheme}`, query: STUCK_RUN, context };
    await withPage(stuck, async (page) => {
      await reach(page, /^Ready$/);
      await button(page, 'Run').click();
      await reach(page, /^Finished, checks failed$/);
      await page.getByRole('region', { name: 'Events' }).waitFor();
      await assertAccessible(page, 'with events');
    });
  });

  test(`axe finds nothing ${named}, when failed or not supported`, { timeout: 60_000 }, async () => {
    const failing = { name: `axe failed ${colorScheme}`, query: SHORT_RUN, context };
    await withPage({ ...failing, before: trapInWork }, async (page) => {
      await reach(page, /^Ready$/);
      await button(page, 'Run').click();
      await reach(page, /^Failed$/);
      await assertAccessible(page, 'when failed');
    });
    await withPage({ name: `axe unsupported ${colorScheme}`, sent: {}, context }, async (page) => {
      await reach(page, /^Not supported$/);
      await assertAccessible(page, 'when not supported');
    });
  });
}

test('every chart is a named figure with a data table', { timeout: 60_000 }, async () => {
  await withPage({ name: 'figures', query: SHORT_RUN }, async (page) => {
    await reach(page, /^Ready$/);
    await button(page, 'Run').click();
    await reach(page, /^Finished$/);
    const names = [
      'Attempts per second',
      'Latency percentiles',
      'Entries in the trail',
      'Conservation over time',
      'Operations per second, by worker',
      'Latch waits and retries per second',
    ];
    assert.equal(await page.getByRole('figure').count(), names.length);
    assert.equal(await page.locator('.plot canvas').count(), names.length, 'each chart is drawn');
    for (const name of names) {
      const figure = page.getByRole('figure', { name, exact: true });
      assert.equal(
        await figure.locator('[aria-hidden="true"] canvas').count(),
        1,
        `${name}: canvas`,
      );
      await figure.getByText('As a table').click();
      const table = figure.getByRole('table', { name, exact: true });
      const headings = await table.getByRole('columnheader').allInnerTexts();
      assert.match(headings[0], /^Time, (s|ms|µs)$/);
      const rows = await rowsOf(table);
      assert(rows.length >= 2 && rows.length <= 61, `${name} has ${rows.length} rows`);
      for (const row of rows) {
        assert.equal(row.length, headings.length);
        assert(
          row.every((cell) => /^([\d,.]+|–)$/.test(cell)),
          `${name}: ${row}`,
        );
      }
      const times = rows.map(([time]) => Number(time));
      assert.deepEqual(
        times,
        times.toSorted((a, b) => a - b),
        `${name}: times rise`,
      );
    }
    const entries = await rowsOf(page.getByRole('table', { name: 'Entries in the trail' }));
    assert.equal(entries.at(-1)?.[1], '202,033', 'the table ends with the run');
  });
});

test('announcements stay rare during a run', { timeout: 60_000 }, async () => {
  // At a rate that leaves room in the trail.
  const query = '?scenario=hft&operations=1000000000&duration_s=2&workers=1&rate_per_s=100000';
  await withPage({ name: 'calm', query }, async (page) => {
    await reach(page, /^Ready$/);
    // It is announced once, at an unknown moment after the start.
    await page.getByText('No ledger can answer.').first().waitFor();
    await page.evaluate(() => {
      const said = /** @type {string[]} */ ([]);
      Object.assign(window, { said });
      for (const region of document.querySelectorAll('[role="status"], [role="alert"]')) {
        new MutationObserver(() => said.push(region.textContent ?? '')).observe(region, {
          childList: true,
          characterData: true,
          subtree: true,
        });
      }
    });
    await button(page, 'Run').click();
    await reach(page, /^Finished$/);
    /** @type {string[]} */
    const said = await page.evaluate(() => /** @type {any} */ (window).said);
    assert(
      said.some((text) => text.startsWith('Running.')),
      said.join('\n'),
    );
    assert(said.at(-1)?.includes('All 4 checks passed.'), said.join('\n'));
    assert(said.length <= 4, `${said.length} announcements:\n${said.join('\n')}`);
  });
});

test('no horizontal scrolling from 320 to 2560 pixels', { timeout: 60_000 }, async () => {
  await withPage({ name: 'widths', query: SHORT_RUN }, async (page) => {
    await reach(page, /^Ready$/);
    await button(page, 'Run').click();
    await reach(page, /^Finished$/);
    await button(page, 'Explain').click();
    for (const summary of await page
      .getByText(/^As a table/)
      .filter({ visible: true })
      .all())
      await summary.click();
    for (const width of [320, 360, 600, 768, 960, 1024, 1440, 1920, 2560]) {
      await page.setViewportSize({ width, height: 900 });
      await page.waitForTimeout(100);
      const wide = await page.evaluate(() => document.documentElement.scrollWidth);
      assert(wide <= width, `at ${width} pixels the page is ${wide} wide`);
      const charts = await page.locator('.plot').evaluateAll((plots) =>
        plots.map((plot) => {
          const canvas = plot.querySelector('canvas');
          return Math.abs((canvas?.getBoundingClientRect().width ?? 0) - plot.clientWidth);
        }),
      );
      assert(
        charts.length === 6 && charts.every((gap) => gap < 2),
        `charts fit at ${width}: ${charts}`,
      );
    }
  });
});

test('charts follow the colour scheme', { timeout: 60_000 }, async () => {
  await withPage({ name: 'scheme', query: SHORT_RUN }, async (page) => {
    await reach(page, /^Ready$/);
    await button(page, 'Run').click();
    await reach(page, /^Finished$/);
    const accent = () =>
      page.evaluate(() => getComputedStyle(document.documentElement).getPropertyValue('--accent'));
    const drawn = () => hasColour(page.locator('.plot canvas').first(), '--accent');
    await eventually(drawn, true);
    const light = await accent();
    await page.emulateMedia({ colorScheme: 'dark' });
    assert.notEqual(await accent(), light);
    await eventually(drawn, true);
  });
});
