/** The ledger's paths, answered by the tab: real requests of the page, through its service worker. */
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { button, launch, reach, withPage } from './browser.mjs';
import { plain } from './plain.mjs';

/** @import { Page } from 'playwright-core' */

const context = { serviceWorkers: /** @type {const} */ ('allow') };
const LONG_RUN = '?scenario=hft&operations=1000000000&duration_s=60&workers=2&trail_mib=2048';
const SHORT_RUN = '?scenario=hft&operations=200000&seed=7';

const BALANCE = '/account/coins?username=aaron';
const TRANSFER = '/account/coins/transfer?username=aaron&from=aaron&to=bryan&amount=100';

/** Waits until the page says that its own ledger answers. @param {Page} page */
function answered(page) {
  return page.waitForFunction(() =>
    navigator.serviceWorker.controller?.scriptURL.endsWith('?answers=tab'),
  );
}

/**
 * Sends a request from the page, as any script of it would.
 * @param {Page} page
 * @param {{ method?: string, path: string, headers?: Record<string, string>, body?: string }} call
 */
function ask(page, { method = 'GET', path, headers = {}, body }) {
  return page.evaluate(
    async ({ method, path, headers, body }) => {
      const response = await fetch(`.${path}`, { method, headers, body });
      const type = response.headers.get('Content-Type');
      return { status: response.status, type, text: await response.text() };
    },
    { method, path, headers, body },
  );
}

test('the two documented calls of GoLedger read the same bodies', { timeout: 60_000 }, async () => {
  await withPage({ name: 'documented calls', context }, async (page) => {
    await answered(page);
    const headers = { Authorization: '1' };
    const first = await ask(page, { path: BALANCE, headers });
    assert.deepEqual(first, {
      status: 200,
      type: 'application/json',
      text: '{"Code":200,"Balance":1000}',
    });
    const second = await ask(page, { method: 'POST', path: TRANSFER, headers });
    assert.deepEqual(second, {
      status: 200,
      type: 'application/json',
      text:
        '{"Code":200,"Message":"You have successfully transferred 100 to bryan. ' +
        'Your current balance is 900","FromBalance":900,"ToBalance":1100}',
    });
  });
});
