import assert from 'node:assert/strict';
import { test } from 'node:test';
import { assertAccessible } from './axe.mjs';
import {
  button,
  downloadReport,
  downloaded,
  openReport,
  reach,
  reportOf,
  withPage,
} from './browser.mjs';
import { nativeReport } from './native.mjs';

/** @import { Page } from 'playwright-core' */

const RUN = '?scenario=hft&workers=2&operations=200000&seed=7';

/** @param {Page} page */
async function run(page) {
  await reach(page, /^Ready$/);
  await button(page, 'Run').click();
  await reach(page, /^Finished/);
}

/**
 * Opens a downloaded page without a network.
 * @param {Page} page
 * @param {Buffer} bytes
 * @param {(opened: Page, requests: string[]) => Promise<void>} act
 */
async function alone(page, bytes, act) {
  const opened = await page.context().newPage();
  /** @type {string[]} */
  const requests = [];
  const address = 'http://alone.invalid/report.html';
  await opened.route('**/*', (route) => {
    const url = route.request().url();
    if (url === address) return route.fulfill({ contentType: 'text/html', body: bytes });
    requests.push(url);
    return route.abort();
  });
  await opened.goto(address);
  await act(opened, requests);
  await opened.close();
}

for (const colorScheme of /** @type {const} */ (['light', 'dark'])) {
  test(`the report as a page stands alone, ${colorScheme}`, { timeout: 60_000 }, async () => {
    const opening = { name: `page ${colorScheme}`, query: RUN, context: { colorScheme } };
    await withPage(opening, async (page) => {
      await reach(page, /^Ready$/);
      assert.equal(await button(page, 'Report as HTML').isEnabled(), false);
      await run(page);
      const { report } = await downloadReport(page);
      const { file, bytes } = await downloaded(page, 'Report as HTML');
      assert.equal(file, 'ledgerlab-hft-7.html');
      await alone(page, bytes, async (opened, requests) => {
        await opened.getByRole('heading', { name: 'Trading floor', level: 1 }).waitFor();
        const text = await opened.locator('main').innerText();
        assert(text.includes('✓ All 4 checks passed.'), text);
        for (const check of report.checks) assert(text.includes(check.title), check.title);
        assert(text.includes(report.trail_hash) && text.includes(report.latency.description));
        assert.match(text, /ledgerlab run hft --.* --accounts 1000 /);
        const charts = opened.getByRole('img', {
          name: /^(Attempts per second|Entries in the trail): /,
        });
        assert.equal(await charts.count(), 2);
        const lines = await opened
          .locator('svg .line')
          .evaluateAll((found) =>
            found.map((line) => /** @type {SVGPathElement} */ (line).getTotalLength()),
          );
        assert(lines.length === 4 && lines[0] > 600, `${lines}`);
        const link = new URL((await opened.getByRole('link').getAttribute('href')) ?? '');
        const addresses = Object.fromEntries(link.searchParams);
        const expected = { scenario: 'hft', operations: '200000', seed: '7', workers: '2' };
        assert.deepEqual(addresses, expected, 'the link reproduces the run');
        assert.equal(link.origin, new URL(page.url()).origin);
        assert.equal(await opened.locator('script, link, img, iframe').count(), 0);
        assert.deepEqual(requests, [], 'it makes no requests');
        await assertAccessible(opened, 'of the file', ['color-contrast', 'svg-img-alt', 'region']);
        const ground = () => opened.evaluate(() => getComputedStyle(document.body).backgroundColor);
        const dark = colorScheme === 'dark';
        assert.equal(await ground(), dark ? 'rgb(20, 22, 26)' : 'rgb(251, 251, 249)');
        await opened.emulateMedia({ media: 'print' });
        assert.equal(await ground(), 'rgb(255, 255, 255)', 'the printed page is white');
        for (const width of [360, 1440]) {
          await opened.setViewportSize({ width, height: 800 });
          const wide = await opened.evaluate(() => document.documentElement.scrollWidth);
          assert(wide <= width, `at ${width} pixels the file is ${wide} wide`);
        }
      });
    });
  });
}

test('nothing in a report becomes HTML in the exported file', { timeout: 60_000 }, async () => {
  const evil = `</style></title>'"><img src=x onerror="document.title=1"><script>document.title=2</script>&amp;`;
  const report = reportOf(nativeReport('deadlock', '--workers', '2'));
  for (const check of report.checks) check.title = check.description = check.unit = evil;
  report.checks.push({ ...report.checks[0], name: 'evil', expected: evil, found: evil });
  report.title = report.ended_because = report.latency.description = report.health.message = evil;
  report.environment.host = report.accounts.rows[0].name = evil;
  report.flaws = [evil];
  report.parameters[evil] = evil;
  report.facts.push({ name: 'evil', title: evil, value: evil, unit: evil });
  report.events.push({ name: 'evil', title: evil, count: 1, first_at_ns: 5, messages: [evil] });
  await withPage({ name: 'page evil', query: RUN }, async (page) => {
    await reach(page, /^Ready$/);
    await openReport(page, 'evil.json', JSON.stringify(report));
    await reach(page, /^Finished/);
    const { bytes } = await downloaded(page, 'Report as HTML');
    await alone(page, bytes, async (opened, requests) => {
      await opened.getByRole('heading', { level: 1 }).waitFor();
      assert.equal(await opened.getByRole('heading', { level: 1 }).textContent(), evil);
      assert.equal(await opened.locator('script, img, title ~ title').count(), 0);
      assert.equal(await opened.locator('style').count(), 1);
      assert((await opened.title()).startsWith('</style></title>'), await opened.title());
      assert((await opened.getByText(evil).count()) > 10, 'it is displayed as text');
      assert.deepEqual(requests, []);
    });
  });
});

test('the series as CSV has a line for each second', { timeout: 60_000 }, async () => {
  const text = nativeReport('hft', '--workers', '2', '--duration-s', '2', '--rate-per-s', '50000');
  const { series, totals, elapsed_ns } = reportOf(text);
  await withPage({ name: 'csv', query: RUN }, async (page) => {
    await reach(page, /^Ready$/);
    assert.equal(await button(page, 'Series as CSV').isEnabled(), false);
    await openReport(page, 'two.json', text);
    await reach(page, /^Finished$/);
    const { file, bytes } = await downloaded(page, 'Series as CSV');
    assert.equal(file, 'ledgerlab-hft-42.csv');
    const [head, ...lines] = bytes.toString('utf8').split('\r\n');
    assert.equal(head, 'from_s,to_s,accepted,refused,interrupted');
    assert.equal(lines.pop(), '', 'the last line ends');
    const rows = lines.map((line) => line.split(',').map(Number));
    assert.equal(rows.length, series.accepted.length);
    assert.deepEqual(rows[0], [0, 1, series.accepted[0], series.refused[0], 0]);
    assert.equal(rows.at(-1)?.[1], elapsed_ns / 1e9);
    const sum = (/** @type {number} */ at) => rows.reduce((total, row) => total + row[at], 0);
    assert.equal(sum(2), totals.accepted);
    assert.equal(sum(3), totals.refused);
  });
});

for (const colorScheme of /** @type {const} */ (['light', 'dark'])) {
  test(
    `a chart as PNG has title, legend and scale, ${colorScheme}`,
    { timeout: 60_000 },
    async () => {
      const context = { colorScheme, deviceScaleFactor: 2 };
      await withPage({ name: `png ${colorScheme}`, query: RUN, context }, async (page) => {
        await reach(page, /^Ready$/);
        const name = 'Save as PNG: Attempts per second';
        assert.equal(await button(page, name).count(), 0, 'there is nothing to save before the run');
        await run(page);
        const { file, bytes } = await downloaded(page, name);
        assert.equal(file, 'ledgerlab-hft-7-attempts-per-second.png');
        const seen = await page.evaluate(async (base64) => {
          const bytes = Uint8Array.from(atob(base64), (sign) => sign.charCodeAt(0));
          const bitmap = await createImageBitmap(new Blob([bytes], { type: 'image/png' }));
          const canvas = new OffscreenCanvas(bitmap.width, bitmap.height);
          const pen = /** @type {OffscreenCanvasRenderingContext2D} */ (canvas.getContext('2d'));
          pen.drawImage(bitmap, 0, 0);
          const { data } = pen.getImageData(0, 0, bitmap.width, bitmap.height);
          const style = getComputedStyle(document.documentElement);
          /** @param {string} token */
          const colour = (token) => {
            const pairs = style.getPropertyValue(token).match(/[0-9a-f]{2}/gi) ?? [];
            return pairs.map((pair) => parseInt(pair, 16));
          };
          /**
           * Returns the number of pixels of a colour in a part of the image, given in pixels of the page.
           * @param {string} token @param {number[]} part
           */
          const pixels = (token, [left, top, right, bottom]) => {
            const wanted = colour(token);
            let found = 0;
            for (let y = top * 2; y < Math.min(bottom * 2, bitmap.height); y += 1) {
              for (let x = left * 2; x < Math.min(right * 2, bitmap.width); x += 1) {
                const at = (y * bitmap.width + x) * 4;
                if (wanted.every((value, part) => Math.abs(data[at + part] - value) < 8))
                  found += 1;
              }
            }
            return found;
          };
          const plot = document.querySelector('#charts canvas');
          return {
            size: [bitmap.width, bitmap.height],
            drawn: /** @type {HTMLCanvasElement} */ (plot).width,
            corner: pixels('--surface', [0, 0, 8, 8]),
            title: pixels('--text', [16, 14, 300, 32]),
            subtitle: pixels('--text-soft', [16, 34, 500, 50]),
            legend: ['--accent', '--bad', '--event'].map((token) =>
              pixels(token, [16, 52, 600, 76]),
            ),
            scale: pixels('--text-soft', [16, 80, 62, 290]),
            line: pixels('--accent', [70, 80, 4000, 290]),
          };
        }, bytes.toString('base64'));
        assert.equal(seen.size[0], seen.drawn + 64);
        assert.equal(seen.corner, 256, 'the background of the colour scheme');
        for (const part of /** @type {const} */ (['title', 'subtitle', 'scale', 'line'])) {
          assert(seen[part] > 50, `${part}: ${JSON.stringify(seen)}`);
        }
        assert(
          seen.legend.every((number) => number > 20),
          JSON.stringify(seen),
        );
      });
    },
  );
}
