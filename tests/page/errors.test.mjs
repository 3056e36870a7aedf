import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { test } from 'node:test';
import { isolation } from '../../vite.config.js';
import { button, eventually, headers, reach, stateOf, withPage } from './browser.mjs';
import { hangWorker, loseWorker, mendWorker, trapInWork, changeWorker } from './tampering.mjs';

/** @import { Page } from 'playwright-core' */

/** The limit for an error to appear on the page. */
const ERROR_LIMIT_MS = 10_000;

/** The browser's own message about a file that cannot be loaded. */
const REFUSED_FILE = /Failed to load resource/;

/** @param {Page} page */
async function alertOf(page) {
  const alert = page.getByRole('alert').filter({ hasText: /./ });
  await alert.waitFor({ timeout: ERROR_LIMIT_MS });
  return alert.innerText();
}

/** @param {Page} page */
function assertNoAlert(page) {
  return eventually(() => page.getByRole('alert').filter({ hasText: /./ }).count(), 0);
}

/** @param {Page} page */
async function assertNoRun(page) {
  assert.equal(await page.getByRole('button', { name: /^Run/ }).count(), 0, 'there is no Run');
  assert.equal(await page.getByRole('spinbutton').count(), 0, 'there are no fields');
  assert.equal(await button(page, 'Download report').isEnabled(), false);
}

const [opener, embedder] = Object.entries(isolation).map(([name, value]) => `${name}: ${value}`);
const [OPENER] = Object.keys(isolation);

test('a page without both headers names them', { timeout: 60_000 }, async () => {
  await withPage({ name: 'no headers', sent: {} }, async (page) => {
    const text = await alertOf(page);
    assert(text.includes(opener), text);
    assert(text.includes(embedder), text);
    await reach(page, /^Not supported$/);
    await assertNoRun(page);
  });
});

test('a page without one header names it', { timeout: 60_000 }, async () => {
  const sent = { ...headers, [OPENER]: 'unsafe-none' };
  await withPage({ name: 'one header', sent }, async (page) => {
    const text = await alertOf(page);
    assert(text.includes(opener), text);
    assert(!text.includes(embedder), text);
    await assertNoRun(page);
  });
});

test('a page in a frame that is not isolated explains it', { timeout: 60_000 }, async () => {
  await withPage({ name: 'embedded', sent: isolation }, async (page) => {
    await reach(page, /^Ready$/);
    const around = `<title>around</title><iframe src="${page.url()}" title="inside"></iframe>`;
    const outer = createServer((_, response) => {
      response.setHeader('Content-Type', 'text/html').end(around);
    });
    await once(outer.listen(0, '127.0.0.1'), 'listening');
    try {
      const { port } = /** @type {import('node:net').AddressInfo} */ (outer.address());
      await page.goto(`http://127.0.0.1:${port}/`);
      const alert = page.frameLocator('iframe').getByRole('alert').filter({ hasText: /./ });
      assert.match(await alert.innerText(), /not isolated, although .* a separate tab/s);
    } finally {
      outer.close();
    }
  });
});

test('a browser without module workers is explained', { timeout: 60_000 }, async () => {
  /** @param {Page} page */
  const before = (page) =>
    page.addInitScript(() => {
      const { Worker } = window;
      window.Worker = /** @type {any} */ (
        class {
          /** @param {string | URL} address */
          constructor(address) {
            return new Worker(address);
          }
        }
      );
    });
  await withPage({ name: 'no module workers', before }, async (page) => {
    assert.match(await alertOf(page), /lacks module workers/);
    await assertNoRun(page);
  });
});

test('a missing module is reported with its status', { timeout: 60_000 }, async () => {
  /** @param {Page} page */
  const before = (page) =>
    page.route('**/*.wasm', (route) => route.fulfill({ status: 404, body: 'not found' }));
  await withPage({ name: 'no wasm', before, expected: [REFUSED_FILE] }, async (page) => {
    assert.match(
      await alertOf(page),
      /could not be loaded.*answered 404 for http.*\/ledgerlab_bg.*\.wasm/s,
    );
    await assertNoRun(page);
    await page.unroute('**/*.wasm');
    await button(page, 'Try again').click();
    await reach(page, /^Ready$/);
    await assertNoAlert(page);
  });
});

test('a module of the wrong type is reported with its type', { timeout: 60_000 }, async () => {
  /** @param {Page} page */
  const before = (page) =>
    page.route('**/*.wasm', async (route) => {
      const response = await route.fetch();
      await route.fulfill({
        response,
        headers: { ...response.headers(), 'content-type': 'text/plain' },
      });
    });
  await withPage({ name: 'wrong type', before }, async (page) => {
    assert.match(await alertOf(page), /was served as text\/plain/);
  });
});

test('a missing worker script is reported', { timeout: 60_000 }, async () => {
  await withPage({ name: 'no worker', before: loseWorker }, async (page) => {
    assert.match(await alertOf(page), /Worker \d stopped\.\s+Its script could not be loaded/);
    await reach(page, /^Failed$/);
  });
});

test('a failing worker script is reported with its error', { timeout: 60_000 }, async () => {
  const before = changeWorker('throw new Error("broken on purpose");');
  await withPage({ name: 'failing worker', before }, async (page) => {
    assert.match(await alertOf(page), /Worker \d stopped\.\s+It reported: .*broken on purpose/);
  });
});

test('a worker that never becomes ready is reported within 10 s', { timeout: 60_000 }, async () => {
  await withPage({ name: 'hanging worker', before: hangWorker }, async (page) => {
    await reach(page, /^Loading$/);
    assert.match(
      await alertOf(page),
      /Worker 1 did not start\.\s+It was not ready after 9 seconds\./,
    );
    await page.unrouteAll({ behavior: 'ignoreErrors' });
    await button(page, 'Try again').click();
    await reach(page, /^Ready$/);
  });
});

test(
  'a trap ends the run, and the next run succeeds',
  { timeout: 60_000 },
  async () => {
    const query = '?scenario=hft&workers=2&operations=20000';
    await withPage({ name: 'trap', query, before: trapInWork }, async (page) => {
      await reach(page, /^Ready$/);
      await button(page, 'Run').click();
      await reach(page, /^Failed$/);
      assert.match(await alertOf(page), /Worker 2 stopped\.\s+It reported: unreachable\./);
      assert.equal(await button(page, 'Download report').isEnabled(), false);
      await mendWorker(page);
      await button(page, 'Run again').click();
      await reach(page, /^Finished$/);
      assert.match(await stateOf(page).innerText(), /20,000\soperations.*All 4 checks passed/);
      await assertNoAlert(page);
    });
  },
);

test(
  'conflicting values are rejected with the core’s reason',
  { timeout: 60_000 },
  async () => {
    const query = '?scenario=hft&operations=2000&amount_min=9&amount_max=8';
    await withPage({ name: 'refused run', query }, async (page) => {
      await reach(page, /^Ready$/);
      await button(page, 'Run').click();
      assert.match(await alertOf(page), /cannot start this run.*amount_min must be at most amount_max/s);
      await page.getByLabel('Largest trade').fill('10');
      await button(page, 'Run again').click();
      await reach(page, /^Finished$/);
    });
  },
);
