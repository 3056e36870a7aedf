/**
 * Scrolls through the trail of a large run and prints the frames, the long tasks and the memory:
 *
 *     node tests/page/large.mjs              10,000,000 transfers
 *     node tests/page/large.mjs 200000       another number
 */
import { button, reach, withPage } from './browser.mjs';
import { gridOf, rowsInSight, trailOf } from './trail_explorer.mjs';

/** @import { Page } from 'playwright-core' */

const LENGTH_MS = 5_000;
const operations = Number(process.argv[2] ?? 10_000_000);
const trail_mib = Math.min(3_500, Math.ceil((operations * 128 * 1.2) / 2 ** 20) + 64);
const query = `?scenario=hft&workers=2&operations=${operations}&trail_mib=${trail_mib}&seed=7`;

/**
 * Scrolls for some time and counts frames and tasks.
 * @param {Page} page
 * @param {'bar' | 'wheel'} way
 */
async function scroll(page, way) {
  const grid = gridOf(page);
  await grid.evaluate((box) => (box.scrollTop = 0));
  await page.waitForTimeout(500);
  const watched = grid.evaluate(
    (box, { length_ms, way }) =>
      new Promise((resolve) => {
        const tasks = /** @type {number[]} */ ([]);
        const observer = new PerformanceObserver((list) => {
          for (const { duration } of list.getEntries()) tasks.push(duration);
        });
        observer.observe({ type: 'longtask' });
        const gaps_ms = /** @type {number[]} */ ([]);
        let coming = 0;
        const begun_ms = performance.now();
        let last_ms = begun_ms;
        const frame = (/** @type {number} */ now_ms) => {
          gaps_ms.push(now_ms - last_ms);
          last_ms = now_ms;
          if (box.querySelector('.loading:not([hidden])')) coming += 1;
          if (way === 'bar') {
            const way_px = box.scrollHeight - box.clientHeight;
            box.scrollTop = Math.min(way_px, ((now_ms - begun_ms) / length_ms) * way_px);
          }
          if (now_ms - begun_ms < length_ms) requestAnimationFrame(frame);
          else setTimeout(() => resolve({ gaps_ms: gaps_ms.slice(1), tasks, coming }), 300);
        };
        requestAnimationFrame(frame);
      }),
    { length_ms: LENGTH_MS, way },
  );
  if (way === 'wheel') {
    await grid.hover();
    const until_ms = Date.now() + LENGTH_MS;
    while (Date.now() < until_ms) await page.mouse.wheel(0, 400);
  }
  const { gaps_ms, tasks, coming } = /** @type {any} */ (await watched);
  gaps_ms.sort((/** @type {number} */ one, /** @type {number} */ other) => one - other);
  const sum = gaps_ms.reduce(
    (/** @type {number} */ total, /** @type {number} */ gap) => total + gap,
    0,
  );
  const per_s = (gaps_ms.length / sum) * 1_000;
  const p95 = gaps_ms[Math.floor(gaps_ms.length * 0.95)];
  console.log(
    `${way}: ${per_s.toFixed(1)} frames/s, 95 of 100 within ${p95.toFixed(1)} ms, longest ` +
      `${gaps_ms.at(-1).toFixed(1)} ms, ${tasks.length} long tasks` +
      (tasks.length > 0 ? ` (longest ${Math.max(...tasks)} ms)` : '') +
      `, ${coming} frames with rows that were not there yet`,
  );
}

await withPage({ name: 'large', query }, async (page) => {
  await reach(page, /^Ready$/);
  await button(page, 'Run').click();
  await reach(page, /^Finished/, 300_000);
  const session = await page.context().newCDPSession(page);
  const heap = async () => {
    await session.send('HeapProfiler.collectGarbage');
    const { usedSize } = await session.send('Runtime.getHeapUsage');
    return `${(usedSize / 2 ** 20).toFixed(1)} MiB`;
  };
  console.log(
    `${operations.toLocaleString('en-US')} transfers; the window's heap: ${await heap()}`,
  );
  const begun_ms = Date.now();
  await trailOf(page).scrollIntoViewIfNeeded();
  const said = trailOf(page)
    .getByRole('status')
    .filter({ hasText: /entries\.$/ });
  await said.waitFor({ timeout: 120_000 });
  console.log(`${await said.innerText()} Found after ${Date.now() - begun_ms} ms.`);
  await scroll(page, 'bar');
  await scroll(page, 'wheel');
  await gridOf(page).focus();
  await page.keyboard.press('End');
  await page.waitForTimeout(1_000);
  const [last, cells] = [...(await rowsInSight(page))].at(-1) ?? [];
  console.log(`The last row: ${last}, ${cells?.join(' | ')}; the window's heap: ${await heap()}`);
});
