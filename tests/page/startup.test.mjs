/** What the page says when it fails before it is up, and the headers with which its files are served. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { headers, reach, serve, withPage } from './browser.mjs';

/** @import { Page } from 'playwright-core' */

/** The page's own module. */
const MAIN = /\/assets\/index-[^/]+\.js$/;

/**
 * Opens a page that fails before it is up. Returns the error that it shows.
 * @param {string} name
 * @param {(page: Page) => Promise<unknown>} before
 * @param {RegExp} expected
 */
async function failure(name, before, expected) {
  let text = '';
  await withPage({ name, before, expected: [expected] }, async (page) => {
    const alert = page.getByRole('alert').filter({ hasText: 'The page could not start' });
    await alert.waitFor({ timeout: 10_000 });
    text = await alert.innerText();
    assert.equal(await page.getByText(/Loading the ledger/).isVisible(), false, 'nothing loads any more');
  });
  return text;
}

test('a page whose module throws names the error', { timeout: 60_000 }, async () => {
  const before = (/** @type {Page} */ page) =>
    page.addInitScript(() => {
      Intl.NumberFormat = /** @type {any} */ (
        class {
          constructor() {
            throw new RangeError('Incorrect locale information provided');
          }
        }
      );
    });
  const text = await failure('no number format', before, /Incorrect locale information/);
  assert.match(text, /Incorrect locale information provided\./);
  assert.match(text, /Reload the page/);
});

test('a page whose module is missing names the file', { timeout: 60_000 }, async () => {
  const before = (/** @type {Page} */ page) => page.route(MAIN, (route) => route.fulfill({ status: 404 }));
  const text = await failure('no module', before, /Failed to load resource/);
  assert.match(text, /This file could not be loaded: .*\/assets\/index-/);
});

test('a page whose module cannot be read says so', { timeout: 60_000 }, async () => {
  const before = (/** @type {Page} */ page) =>
    page.route(MAIN, (route) => route.fulfill({ contentType: 'text/javascript', body: 'let = ;' }));
  const text = await failure('broken module', before, /uncaught/);
  assert.match(text, /\w+\.\n+Reload the page/);
});

test('a page that does not end loading says so after a while', { timeout: 60_000 }, async () => {
  const before = async (/** @type {Page} */ page) => {
    await page.clock.install();
    const body = 'await new Promise(() => {});';
    await page.route(MAIN, (route) => route.fulfill({ contentType: 'text/javascript', body }));
  };
  await withPage({ name: 'endless', before }, async (page) => {
    await page.getByText(/Loading the ledger/).waitFor();
    await page.clock.fastForward(19_000);
    assert.equal(await page.getByText(/still loading/).count(), 0);
    await page.clock.fastForward(2_000);
    await page.getByText('The page is still loading after 20 seconds').waitFor();
  });
});

test('a page that is up shows nothing of it', { timeout: 60_000 }, async () => {
  await withPage({ name: 'up', expected: [/later/] }, async (page) => {
    await reach(page, /^Ready$/);
    await page.evaluate(() => void setTimeout(() => Promise.reject(new Error('later'))));
    await page.evaluate(() => new Promise((resolve) => void setTimeout(resolve, 100)));
    assert.equal(await page.getByText('The page could not start').count(), 0);
  });
});

test('every response isolates the page, also 304', { timeout: 60_000 }, async () => {
  const server = await serve();
  try {
    const [index] = /assets\/index-[^"]+\.js/.exec(await (await fetch(server.url)).text()) ?? [];
    assert(index, 'the page has a module');
    const first = await fetch(server.url + index);
    await first.arrayBuffer();
    const etag = first.headers.get('etag');
    assert(etag, 'it can be revalidated');
    const again = await fetch(server.url + index, { headers: { 'if-none-match': etag } });
    const refused = await fetch(server.url + index, { headers: { range: 'bytes=99999999-' } });
    assert.deepEqual([first.status, again.status, refused.status], [200, 304, 416]);
    for (const response of [first, again, refused]) {
      for (const [name, value] of Object.entries(headers)) {
        assert.equal(response.headers.get(name), value, `${name} of ${response.status}`);
      }
    }
    await Promise.all([again, refused].map((response) => response.arrayBuffer()));
  } finally {
    await server.close();
  }
});
