import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { assertAccessible } from './axe.mjs';
import {
  button,
  downloadReport,
  drawn,
  eventually,
  openReport,
  reach,
  reportOf,
  rowsOf,
  withPage,
} from './browser.mjs';
import { nativeReport } from './native.mjs';

/** @import { Locator, Page } from 'playwright-core' */

const RUN = '?scenario=hft&workers=2&operations=200000&seed=7';

/** @param {Page} page */
function card(page) {
  return page.getByRole('region', { name: 'Run history', exact: true });
}

/** Waits for a number of rows and returns them. @param {Page} page @param {number} number */
async function listed(page, number) {
  const table = card(page).getByRole('table', { name: 'Stored runs' });
  await eventually(async () => ((await table.count()) ? (await rowsOf(table)).length : 0), number);
  return number > 0 ? rowsOf(table) : [];
}

/** @param {Page} page @param {string} seed */
async function run(page, seed) {
  await page.getByLabel('Seed', { exact: true }).fill(seed);
  await page.getByRole('button', { name: /^Run( again)?$/ }).click();
  await page.getByRole('list', { name: 'Facts' }).getByText(`seed ${seed}`).waitFor();
  await reach(page, /^(Finished|Cancelled)/);
}

/** Returns the displayed texts of a run, and its charts as tables. @param {Page} page */
async function seen(page) {
  const parts = ['State of the run', 'Numbers', 'Checks', 'Charts'];
  const texts = [];
  for (const name of parts) {
    texts.push(await page.getByRole('region', { name, exact: true }).innerText());
  }
  texts.push(await page.locator('#details').innerText());
  texts.push(...(await page.locator('#charts table').allTextContents()));
  return texts;
}

test('a stored run looks the same when it is opened', { timeout: 90_000 }, async () => {
  await withPage({ name: 'keep', query: RUN }, async (page) => {
    await reach(page, /^Ready$/);
    await card(page)
      .getByText(/^No runs yet\. .* in this browser only, the last 50/)
      .waitFor();
    await run(page, '7');
    const [row] = await listed(page, 1);
    assert.equal(row[1], 'Trading floor');
    assert.equal(row[2], 'Ordered locks');
    assert.equal(row[3], '2');
    assert.match(row[5], /^✓ 4\schecks$/);
    await drawn(page);
    const first = await seen(page);
    const { report } = await downloadReport(page);
    const search = () => page.evaluate(() => location.search);
    const address = await search();
    assert.match(address, /seed=7/);
    await run(page, '8');
    await listed(page, 2);
    assert.notDeepEqual(await seen(page), first);

    // Another visit of the same browser has only the stored runs.
    await page.reload();
    await reach(page, /^Ready$/);
    const rows = await listed(page, 2);
    assert.deepEqual(rows[1], row, 'the newest first');
    const open = card(page)
      .getByRole('button', { name: /^Open Trading/ })
      .nth(1);
    await open.focus();
    await page.keyboard.press('Enter');
    await reach(page, /^Finished$/);
    await eventually(() => seen(page), first);
    assert.deepEqual((await downloadReport(page)).report, report);
    await eventually(search, address);
    assert.equal(await page.getByLabel('Seed', { exact: true }).inputValue(), '7');
    await assertAccessible(page, 'with a stored run');
  });
});

test('a stored cancelled run opens as cancelled', { timeout: 60_000 }, async () => {
  const query = '?scenario=hft&workers=1&operations=1000000000&duration_s=60&trail_mib=2048&seed=7';
  await withPage({ name: 'keep cancelled', query }, async (page) => {
    await reach(page, /^Ready$/);
    await button(page, 'Run').click();
    await reach(page, /^Running$/);
    await page.waitForTimeout(500);
    await button(page, 'Cancel').click();
    await reach(page, /^Cancelled$/);
    await listed(page, 1);
    await drawn(page);
    const first = await seen(page);
    assert.match(first[0], /The run was cancelled.* The workers stopped .* after Cancel was pressed/);
    await page.reload();
    await reach(page, /^Ready$/);
    await card(page)
      .getByRole('button', { name: /^Open Trading/ })
      .click();
    await reach(page, /^Cancelled$/);
    await eventually(() => seen(page), first);
  });
});

test('stored runs are compared and deleted, one or all', { timeout: 90_000 }, async () => {
  await withPage({ name: 'keep delete', query: RUN }, async (page) => {
    await reach(page, /^Ready$/);
    for (const seed of ['7', '8', '9']) await run(page, seed);
    await listed(page, 3);
    const put = card(page).getByRole('button', { name: /^Compare Trading floor/ });
    await put.nth(0).click();
    await put.nth(2).click();
    const compared = page.getByRole('table', { name: 'Compared runs' });
    await eventually(async () => (await rowsOf(compared)).length, 2);
    await page.getByText(/^2\soptions compared\. The loads differ in seed/).waitFor();
    await put.nth(2).click();
    assert.equal((await rowsOf(compared)).length, 2, 'a run is compared once');
    await compared
      .getByRole('button', { name: /^Remove/ })
      .first()
      .click();
    await eventually(async () => (await rowsOf(compared)).length, 1);

    const drop = card(page).getByRole('button', { name: /^Delete Trading floor/ });
    await drop.nth(1).focus();
    await page.keyboard.press('Enter');
    await listed(page, 2);
    const focused = () => page.evaluate(() => document.activeElement?.getAttribute('aria-label'));
    assert.equal(await focused(), 'Stored runs', 'the focus stays with the list');
    await page.reload();
    await reach(page, /^Ready$/);
    await listed(page, 2);
    await button(page, 'Delete all').click();
    await listed(page, 2);
    await button(page, 'Really delete all').click();
    await listed(page, 0);
    await card(page).getByText('All runs were deleted.').waitFor();
    await page.reload();
    await reach(page, /^Ready$/);
    await card(page)
      .getByText(/^No runs yet\./)
      .waitFor();
  });
});

test('the last 50 runs are stored and the oldest deleted', { timeout: 90_000 }, async () => {
  const report = reportOf(nativeReport('hft', '--preset', 'goledger'));
  await withPage({ name: 'keep 50', query: RUN }, async (page) => {
    await reach(page, /^Ready$/);
    for (let number = 1; number <= 52; number += 1) {
      const name = `run-${number}.json`;
      await openReport(page, name, JSON.stringify(report));
      await card(page).getByText(`“${name}” is displayed.`).waitFor();
    }
    const rows = await listed(page, 50);
    assert.match(rows[0][1], /run-52\.json$/);
    assert.match(rows[49][1], /run-3\.json$/);
    const stored = await page.evaluate(async () => {
      const database = await new Promise((resolve) => {
        const request = indexedDB.open('ledgerlab-runs');
        request.onsuccess = () => resolve(request.result);
      });
      const names = ['summaries', 'runs'];
      const stores = /** @type {IDBDatabase} */ (database).transaction(names);
      const counts = names.map((name) => {
        const request = stores.objectStore(name).count();
        return new Promise((resolve) => (request.onsuccess = () => resolve(request.result)));
      });
      return Promise.all(counts);
    });
    assert.deepEqual(stored, [50, 50], 'older runs are deleted completely');
  });
});

/** The number of pixels of a chart in the colour of the previous run. @param {Locator} chart */
function fadedPixels(chart) {
  return chart.locator('canvas').evaluate((found) => {
    const canvas = /** @type {HTMLCanvasElement} */ (found);
    const style = getComputedStyle(document.documentElement).getPropertyValue('--before');
    const wanted = (style.match(/[0-9a-f]{2}/gi) ?? []).map((pair) => parseInt(pair, 16));
    const data = canvas.getContext('2d')?.getImageData(0, 0, canvas.width, canvas.height).data ?? [];
    let pixels = 0;
    for (let at = 0; at < data.length; at += 4) {
      const is_faded = wanted.every((part, index) => Math.abs(data[at + index] - part) < 8);
      if (is_faded && data[at + 3] > 200) pixels += 1;
    }
    return pixels;
  });
}

test('the previous run of a scenario is drawn behind the next', { timeout: 90_000 }, async () => {
  // Both runs have the same rate on a machine of any load: a line far above the axis is cut off. With
  // two pixels of the screen for each, a level line covers at least one row of them completely.
  const query = '?scenario=hft&workers=2&operations=20000&rate_per_s=20000&seed=7';
  const context = { deviceScaleFactor: 2 };
  await withPage({ name: 'previous run', query, context }, async (page) => {
    await reach(page, /^Ready$/);
    const chart = page.getByRole('figure', { name: 'Attempts per second', exact: true });
    const headings = () => chart.getByRole('columnheader').allTextContents();
    await run(page, '7');
    await chart.getByText('As a table').click();
    assert.equal((await headings()).length, 4, 'the first run has no previous one');
    const without = await fadedPixels(chart);
    await run(page, '8');
    await eventually(async () => (await headings()).at(-1), 'Accepted per second, previous run');
    await eventually(async () => (await fadedPixels(chart)) > without + 50, true);
    const rows = await rowsOf(chart.getByRole('table'));
    assert.match(rows[0][4], /^[\d,]+$/);

    await page.getByText('Payments', { exact: true }).click();
    await run(page, '9');
    await eventually(async () => (await headings()).length, 4);
    await listed(page, 3);
    // The first run of its scenario has none before it.
    const open = card(page).getByRole('button', { name: /^Open Trading floor/ });
    await open.last().click();
    await card(page).getByText('is displayed.').waitFor();
    await eventually(async () => (await headings()).length, 4);
    await open.first().click();
    await eventually(async () => (await headings()).length, 5);
  });
});

const BROKEN = {
  unavailable: () => Object.defineProperty(window, 'indexedDB', { value: undefined }),
  forbidden: () => {
    IDBFactory.prototype.open = () => {
      throw new DOMException('The user denied permission.', 'SecurityError');
    };
  },
  failing: () => {
    IDBObjectStore.prototype.add = () => {
      throw new DOMException('The disk is full.', 'QuotaExceededError');
    };
  },
};
const TOLD = /** @type {Record<string, RegExp>} */ ({
  unavailable: /storage failed: .+\. Runs are kept until this page is closed/,
  forbidden: /storage failed: The user denied permission\. Runs are kept/,
  failing: /1\srun could not be saved .*The disk is full\./,
});
for (const [how, breaking] of Object.entries(BROKEN)) {
  test(`${how} storage is reported, and the page works without it`, { timeout: 60_000 }, async () => {
    const before = (/** @type {Page} */ page) => page.addInitScript(breaking);
    await withPage({ name: `storage ${how}`, query: RUN, before }, async (page) => {
      await reach(page, /^Ready$/);
      await run(page, '7');
      await listed(page, 1);
      await card(page).getByText(TOLD[how]).waitFor();
      await run(page, '8');
      await listed(page, 2);
      await card(page).getByRole('button', { name: /^Open/ }).last().click();
      await page.getByRole('list', { name: 'Facts' }).getByText('seed 7').waitFor();
      await card(page)
        .getByRole('button', { name: /^Delete Trading/ })
        .first()
        .click();
      await listed(page, 1);
    });
  });
}

test('invalid data in the storage is not shown', { timeout: 60_000 }, async () => {
  await withPage({ name: 'storage odd', query: RUN }, async (page) => {
    await reach(page, /^Ready$/);
    await run(page, '7');
    await listed(page, 1);
    await page.evaluate(async () => {
      /** @type {IDBDatabase} */
      const database = await new Promise((resolve) => {
        const request = indexedDB.open('ledgerlab-runs');
        request.onsuccess = () => resolve(request.result);
      });
      const stores = database.transaction(['summaries', 'runs'], 'readwrite');
      stores.objectStore('summaries').add({ title: '<b>odd</b>' });
      stores.objectStore('runs').put({ report: { report: 4, checks: 'none' }, points: [1] }, 1);
      await new Promise((resolve) => (stores.oncomplete = resolve));
      database.close();
    });
    await page.reload();
    await reach(page, /^Ready$/);
    await listed(page, 1);
    await card(page)
      .getByText(/^1\sstored run cannot be read/)
      .waitFor();
    await card(page)
      .getByRole('button', { name: /^Open Trading/ })
      .click();
    const alert = card(page).getByRole('alert').filter({ hasText: /./ });
    assert.match(await alert.innerText(), /^This run cannot be opened\. checks: invalid type/);
    await reach(page, /^Ready$/);
  });
});

test('runs that an older page stored are listed and opened', { timeout: 60_000 }, async () => {
  const file = new URL('../suite/report/version_3.report', import.meta.url);
  const report = JSON.parse(await readFile(file, 'utf8'));
  await withPage({ name: 'older storage', query: RUN }, async (page) => {
    await reach(page, /^Ready$/);
    await run(page, '7');
    await listed(page, 1);
    // The database in its first version, with a run whose report is too old as well.
    const body = '<!doctype html><link rel="icon" href="data:,">';
    await page.route('**/blank', (route) => route.fulfill({ contentType: 'text/html', body }));
    await page.goto(new URL('blank', page.url()).href);
    await page.evaluate(async (old) => {
      /** @param {IDBRequest} request @returns {Promise<any>} */
      const settled = (request) => new Promise((resolve, reject) => {
        request.onsuccess = () => resolve(request.result);
        request.onerror = () => reject(request.error);
      });
      await settled(indexedDB.deleteDatabase('ledgerlab-runs'));
      const opening = indexedDB.open('ledgerlab-runs', 1);
      opening.onupgradeneeded = () => {
        opening.result.createObjectStore('summaries', { keyPath: 'id', autoIncrement: true });
        opening.result.createObjectStore('runs');
      };
      const database = await settled(opening);
      const stores = database.transaction(['summaries', 'runs'], 'readwrite');
      const point = { operations: 0, attempts: 0, accepted: 0, refused: 0, interrupted: 0, entries: 0 };
      const points = [0, old.elapsed_ns].map((time_ns) => ({ ...point, time_ns, workers: [0, 0] }));
      for (const stored of [old, { ...old, report: 2 }]) {
        const { scenario, title, parameters } = stored;
        const summary = { scenario, title, parameters, kept_at_ms: 1, checks: 4, failed: [] };
        const id = await settled(stores.objectStore('summaries').add(summary));
        const ended = { report: stored, points, stopped_after_ms: null, file: '' };
        await settled(stores.objectStore('runs').put(ended, id));
      }
      database.close();
    }, report);
    await page.goBack();
    await reach(page, /^Ready$/);
    const [row] = await listed(page, 1);
    assert.deepEqual([row[1], row[3]], ['Bank run', '2']);
    assert.match(row[5], /^✓ 8\schecks$/);
    await card(page).getByRole('button', { name: /^Open Bank run/ }).click();
    await reach(page, /^Finished$/);
    const opened = (await downloadReport(page)).report;
    assert.deepEqual([opened.report, opened.parameters.concurrency], [5, 'no-locks']);
    assert.equal(opened.trail_hash, report.trail_hash);

    await run(page, '8');
    assert.deepEqual((await listed(page, 2))[1], row, 'the newest first');
  });
});
