/** Nothing moves by itself while the page loads and while a run begins and ends. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { button, drawn, reach, withPage } from './browser.mjs';

/** @import { Page } from 'playwright-core' */

/** The goal for the cumulative layout shift: the greatest sum of shifts within five seconds without a pause of one. */
const LIMIT = 0.05;

/** Adds up what moves without a press shortly before. @param {Page} page */
function observeShifts(page) {
  return page.addInitScript(() => {
    const seen = { score: 0, moved: /** @type {string[]} */ ([]) };
    const burst = { began_ms: -Infinity, last_ms: -Infinity, sum: 0 };
    Object.assign(window, { shifts: seen });
    new PerformanceObserver((list) => {
      for (const entry of /** @type {any[]} */ (list.getEntries())) {
        if (entry.hadRecentInput) continue;
        const { startTime: at_ms, value } = entry;
        if (at_ms - burst.last_ms > 1_000 || at_ms - burst.began_ms > 5_000) {
          Object.assign(burst, { began_ms: at_ms, sum: 0 });
        }
        burst.last_ms = at_ms;
        burst.sum += value;
        seen.score = Math.max(seen.score, burst.sum);
        const nodes = /** @type {any[]} */ (entry.sources.map((/** @type {any} */ { node }) => node));
        const parts = nodes.map((node) => node?.id || node?.className || node?.nodeName);
        seen.moved.push(`${value.toFixed(3)}: ${parts.join(', ')}`);
      }
    }).observe({ type: 'layout-shift', buffered: true });
  });
}

for (const [width, height] of [[1440, 900], [360, 740]]) {
  for (const query of ['', '?scenario=bank-run&preset=watch&operations=20000']) {
    test(`nothing moves at ${width} pixels, ${query || 'landing'}`, { timeout: 60_000 }, async () => {
      const context = { viewport: { width, height } };
      await withPage({ name: `shift ${width}`, query, context, before: observeShifts }, async (page) => {
        const shifts = () => page.evaluate(() => /** @type {any} */ (window).shifts);
        await reach(page, /^Ready$/);
        await page.getByRole('region', { name: 'API console' }).waitFor();
        await page.waitForTimeout(300);
        const loaded = await shifts();
        assert(loaded.score < LIMIT, `while loading: ${loaded.score}\n${loaded.moved.join('\n')}`);
        await button(page, 'Run').click();
        await reach(page, /^Finished$/);
        await drawn(page);
        await page.waitForTimeout(300);
        const ended = await shifts();
        assert(ended.score < LIMIT, `during the run: ${ended.score}\n${ended.moved.join('\n')}`);
      });
    });
  }
}
