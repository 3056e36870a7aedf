/** The page served by `ledgerlab serve`: its policy, and which ledger answers. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isolation, policy } from '../../vite.config.js';
import { button, reach, withPage } from './browser.mjs';
import { REFUSED, answered, ask, balance, context, deposit, table } from './calls.mjs';
import { native } from './native.mjs';

/** @import { Page } from 'playwright-core' */

const QUERY = '?scenario=hft&workers=2&operations=200000&seed=7';

/** Records violations of the content security policy. @param {Page} page */
async function watchPolicy(page) {
  await page.addInitScript(() => {
    const violations = /** @type {string[]} */ ([]);
    Object.assign(window, { violations });
    document.addEventListener('securitypolicyviolation', (event) => {
      violations.push(`${event.violatedDirective}: ${event.blockedURI} ${event.sample}`);
    });
  });
}

/** @param {Page} page */
function violationsOf(page) {
  return page.evaluate(() => /** @type {any} */ (window).violations);
}

/** @param {Page} page */
function serverAnswers(page) {
  return page.getByRole('radio', { name: 'The server', checked: true }).waitFor();
}

/** Returns which ledger answered: only a server sets a request id. @param {Page} page */
async function answeringTarget(page) {
  const { status, headers } = await ask(page, { path: '/system/health' });
  assert.equal(status, 200);
  return headers['x-request-id'] ? 'server' : 'tab';
}

test(
  'the server sends the tested content security policy',
  { timeout: 90_000 },
  async () => {
    const opening = { name: 'policy', host: native, query: QUERY, context, before: watchPolicy };
    await withPage(opening, async (page) => {
      const response = await page.request.get(page.url());
      const headers = response.headers();
      assert.equal(headers['content-security-policy'], policy);
      for (const [name, value] of Object.entries(isolation)) {
        assert.equal(headers[name.toLowerCase()], value);
      }
      await reach(page, /^Ready$/);
      await serverAnswers(page);
      await button(page, 'Run').click();
      await reach(page, /^Finished$/);
      const tables = page.getByText(/^As a table/).filter({ visible: true });
      for (const summary of await tables.all()) await summary.click();
      await button(page, 'Send').click();
      await page
        .getByRole('status')
        .filter({ hasText: /^200 OK from the server/ })
        .waitFor();
      // With a service worker and the tab's ledger as well.
      await page.getByRole('radio', { name: 'This tab’s ledger' }).check();
      await page.getByText(/^A ledger in this page’s memory/).waitFor();
      await button(page, 'Send').click();
      await page
        .getByRole('status')
        .filter({ hasText: /^200 OK from this tab/ })
        .waitFor();
      assert.deepEqual(await violationsOf(page), []);
    });
  },
);

test('a violation of the policy fails the test', { timeout: 60_000 }, async () => {
  const expected = [/Content Security Policy/];
  const opening = { name: 'violation', host: native, before: watchPolicy, expected };
  await withPage(opening, async (page) => {
    await reach(page, /^Ready$/);
    await page.evaluate(() => document.body.setAttribute('style', 'margin: 0'));
    assert.equal((await violationsOf(page)).length, 1);
  });
});

test(
  'a server with a ledger answers, and the tab only on request',
  { timeout: 60_000 },
  async () => {
    await withPage({ name: 'server answers', host: native, context }, async (page) => {
      await reach(page, /^Ready$/);
      await serverAnswers(page);
      const workers = () =>
        page.evaluate(async () => (await navigator.serviceWorker.getRegistrations()).length);
      assert.equal(await workers(), 0, 'it needs no service worker');
      assert.equal(await answeringTarget(page), 'server');
      await deposit(page, 5);

      await page.getByRole('radio', { name: 'This tab’s ledger' }).check();
      await page.getByText(/^A ledger in this page’s memory/).waitFor();
      assert.equal(await answeringTarget(page), 'tab');
      assert.equal(await balance(page), 1000);

      await page.getByRole('radio', { name: 'The server' }).check();
      await page.getByText(/^The ledger at http.*, which sent this page\.$/).waitFor();
      assert.equal(await answeringTarget(page), 'server');
      assert.equal(await balance(page), 1005);

      // The choice of the tab does not outlast the visit.
      await page.getByRole('radio', { name: 'This tab’s ledger' }).check();
      await page.getByText(/^A ledger in this page’s memory/).waitFor();
      await page.reload();
      await serverAnswers(page);
      assert.equal(await answeringTarget(page), 'server');
      const other = await page.context().newPage();
      await other.goto(page.url());
      await serverAnswers(other);
      await other.getByRole('radio', { name: 'This tab’s ledger' }).check();
      await answered(page);
      assert.equal(await answeringTarget(page), 'tab', 'the choice of another page applies here too');
    });
  },
);

test('the server answers its page like the table of calls', { timeout: 60_000 }, async () => {
  const opening = { name: 'program', host: native, context, expected: [REFUSED] };
  await withPage(opening, async (page) => {
    await serverAnswers(page);
    for (const { what, method, path, headers, status, body } of await table()) {
      const answer = await ask(page, { method, path, headers });
      assert.equal(answer.status, status, what);
      assert.equal(answer.text, JSON.stringify(body), what);
    }
  });
});
