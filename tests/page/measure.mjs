/**
 * Measures the page's resource use and prints each figure with its goal:
 *
 *     node tests/page/measure.mjs             takes about two minutes
 *
 * It needs an idle machine. It is a measurement, not a test.
 */
import { readFile, readdir } from 'node:fs/promises';
import { gzipSync } from 'node:zlib';
import { button, closeBrowser, downloadReport, reach, root, withPage } from './browser.mjs';

/** @import { Page } from 'playwright-core' */

const RUN = '?scenario=hft&workers=2&operations=1000000000&duration_s=8&trail_mib=3500&seed=7';
const LONG_RUN = '?scenario=hft&operations=1000000000&duration_s=3600&trail_mib=3500&seed=7';
const ROUNDS = 3;

/** @param {string} what @param {string} found @param {string} goal */
function tell(what, found, goal) {
  console.log(`${what.padEnd(52)} ${found.padStart(16)}   ${goal}`);
}

/** @param {number[]} values */
function median(values) {
  return [...values].sort((one, other) => one - other)[values.length >> 1];
}

/** Records long tasks and the number of drawings of each chart. @param {Page} page */
function watch(page) {
  return page.addInitScript(() => {
    /** @type {Map<object, number>} */
    const drawn = new Map();
    const seen = { tasks: /** @type {number[]} */ ([]), drawn, still: false };
    Object.assign(window, { seen });
    new PerformanceObserver((list) => {
      for (const { duration } of list.getEntries()) seen.tasks.push(duration);
    }).observe({ type: 'longtask' });
    const { clearRect } = CanvasRenderingContext2D.prototype;
    CanvasRenderingContext2D.prototype.clearRect = function (...given) {
      if (this.canvas.closest('.uplot')) drawn.set(this, (drawn.get(this) ?? 0) + 1);
      return clearRect.apply(this, given);
    };
    const ask = window.requestAnimationFrame.bind(window);
    // Without drawing there are no frames; their callbacks run afterwards.
    window.requestAnimationFrame = (draw) =>
      ask((now) => {
        if (seen.still) window.requestAnimationFrame(draw);
        else draw(now);
      });
  });
}

/** Returns a function that returns the busy time of the window thread since now. @param {Page} page */
async function busyness(page) {
  const session = await page.context().newCDPSession(page);
  await session.send('Performance.enable');
  return async () => {
    const { metrics } = await session.send('Performance.getMetrics');
    const found = metrics.find(({ name }) => name === 'TaskDuration');
    if (!found) throw new Error('Chromium does not tell how long its tasks took.');
    return found.value;
  };
}

/** Measures a run at full speed. @param {boolean} still whether nothing is drawn meanwhile */
async function fullSpeed(still) {
  let result = { rate: 0, busy: 0, drawn: 0, longest: 0 };
  await withPage({ name: 'measure', query: RUN, before: watch }, async (page) => {
    await reach(page, /^Ready$/);
    await button(page, 'Run').click();
    await reach(page, /^Running$/);
    await page.waitForTimeout(500);
    await page.evaluate((still) => {
      const { seen } = /** @type {any} */ (window);
      seen.drawn.clear();
      Object.assign(seen, { still, tasks: [] });
    }, still);
    const busy_s = await busyness(page);
    const [began_s, began_ms] = [await busy_s(), Date.now()];
    await page.waitForTimeout(5_000);
    const [ended_s, ended_ms] = [await busy_s(), Date.now()];
    const seconds = (ended_ms - began_ms) / 1e3;
    const { drawn, tasks } = await page.evaluate(() => {
      const { seen } = /** @type {any} */ (window);
      seen.still = false;
      return { drawn: Math.min(...seen.drawn.values()), tasks: seen.tasks };
    });
    await reach(page, /^Finished/, 120_000);
    const { report } = await downloadReport(page);
    result = {
      rate: report.totals.operations_per_second,
      busy: (ended_s - began_s) / seconds,
      drawn: drawn / seconds,
      longest: Math.max(0, ...tasks),
    };
  });
  return result;
}

/**
 * Records when Cancel is pressed and when the state line shows that the workers have stopped.
 * @param {Page} page
 */
function timeTheCancel(page) {
  return page.evaluate(() => {
    const times = { pressed: 0, stopped: 0 };
    Object.assign(window, { times });
    const word = document.querySelector('#state strong');
    if (!word) throw new Error('there is no state line');
    document.addEventListener(
      'click',
      ({ target }) => {
        if (target instanceof Element && target.textContent === 'Cancel') {
          times.pressed ||= performance.now();
        }
      },
      { capture: true },
    );
    new MutationObserver(() => {
      if (/^(Checking|Cancelled)/.test(word.textContent ?? '')) times.stopped ||= performance.now();
    }).observe(word, { childList: true, characterData: true, subtree: true });
  });
}

/** Measures the time from the press on Cancel until the page shows that the workers have stopped, in ms. */
async function cancelling() {
  let result = NaN;
  await withPage({ name: 'measure cancel', query: LONG_RUN }, async (page) => {
    await reach(page, /^Ready$/);
    await timeTheCancel(page);
    await button(page, 'Run').click();
    await reach(page, /^Running$/);
    await page.waitForTimeout(500);
    await button(page, 'Cancel').click();
    await reach(page, /^Cancelled$/);
    const { pressed, stopped } = await page.evaluate(() => /** @type {any} */ (window).times);
    result = stopped - pressed;
  });
  return result;
}

/** Measures the first paint of a fresh browser, and when the page is ready. */
async function opening() {
  await closeBrowser();
  let result = { paint: 0, ready: 0 };
  await withPage({ name: 'measure opening' }, async (page) => {
    await reach(page, /^Ready$/);
    result = await page.evaluate(() => ({
      paint: performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? NaN,
      ready: performance.now(),
    }));
  });
  return result;
}

/** Returns the size of the page compressed by gzip, without the WebAssembly module. */
async function size() {
  const names = await readdir(`${root}dist/assets`);
  const files = names.filter((name) => /\.(js|css)$/.test(name)).map((name) => `assets/${name}`);
  let bytes = 0;
  for (const name of ['index.html', ...files]) {
    bytes += gzipSync(await readFile(`${root}dist/${name}`), { level: 9 }).length;
  }
  return bytes;
}

tell('page without modules, gzip', `${(await size()).toLocaleString('en')} bytes`, 'at most 120 KB');
/** @type {Awaited<ReturnType<typeof opening>>[]} */
const openings = [];
for (let round = 0; round < ROUNDS; round += 1) openings.push(await opening());
const of = (/** @type {'paint' | 'ready'} */ name) => median(openings.map((its) => its[name]));
tell('first paint, median of 3', `${of('paint').toFixed(0)} ms`, 'under 1 s');
tell('ready to run, median of 3', `${of('ready').toFixed(0)} ms`, 'under 2 s');

/** @type {Awaited<ReturnType<typeof fullSpeed>>[]} */
const drawn = [];
/** @type {Awaited<ReturnType<typeof fullSpeed>>[]} */
const still = [];
for (let round = 0; round < ROUNDS; round += 1) {
  drawn.push(await fullSpeed(false));
  still.push(await fullSpeed(true));
}
const longest = Math.max(...drawn.map((its) => its.longest));
tell('2 workers flat out: longest task of the window', `${longest.toFixed(0)} ms`, 'at most 50 ms');
const often = Math.min(...drawn.map((its) => its.drawn));
tell('2 workers flat out: each chart is drawn anew', `${often.toFixed(1)} a second`, 'at least 4');
const worst = Math.max(...drawn.map((its) => its.busy));
tell('2 workers flat out: window thread busy', `${(worst * 100).toFixed(1)} %`, 'at most 15 %');
const ratio = median(drawn.map(({ rate }, round) => rate / still[round].rate));
tell('throughput, of the same with nothing drawn', ratio.toFixed(2), 'at least 0.9');
/** @type {number[]} */
const cancels = [];
for (let round = 0; round < ROUNDS; round += 1) cancels.push(await cancelling());
// The page draws once a frame, so it shows the end with a delay of up to 50 ms.
tell('2 workers flat out: a cancelled run has stopped', `${Math.max(...cancels).toFixed(0)} ms`, 'at most 150 ms');
