/** API requests of the page that the tab's ledger answers through the service worker. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { button, reach, stateOf, withPage } from './browser.mjs';
import {
  BALANCE,
  OPERATOR,
  REFUSED,
  answered,
  ask,
  balance,
  context,
  deposit,
  fill,
  table,
} from './calls.mjs';
import { plain } from './plain.mjs';
import { attendToNothing, mendWorker, trapInAnswer, trapInWork } from './tampering.mjs';

/** @import { Page } from 'playwright-core' */

/** Ends Playwright's emulation of focus for a page. @param {Page} page */
async function loseFocus(page) {
  const session = await page.context().newCDPSession(page);
  await session.send('Emulation.setFocusEmulationEnabled', { enabled: false });
}

const LONG_RUN = '?scenario=hft&operations=1000000000&duration_s=60&workers=2&trail_mib=3500';
const SHORT_RUN = '?scenario=hft&operations=200000&seed=7';

const TRANSFER = '/account/coins/transfer?username=aaron&from=aaron&to=bryan&amount=100';

test('GoLedger’s two documented calls return the documented bodies', { timeout: 60_000 }, async () => {
  await withPage({ name: 'documented calls', context }, async (page) => {
    await answered(page);
    const headers = { Authorization: '1' };
    const first = await ask(page, { path: BALANCE, headers });
    assert.equal(first.status, 200);
    assert.equal(first.headers['content-type'], 'application/json');
    assert.equal(first.text, '{"Code":200,"Balance":1000,"Available":1000}');
    const second = await ask(page, { method: 'POST', path: TRANSFER, headers });
    assert.equal(second.status, 200);
    assert.equal(
      second.text,
      '{"Code":200,"Message":"You have successfully transferred 100 to bryan. ' +
        'Your current balance is 900","FromBalance":900,"ToBalance":1100}',
    );
  });
});

test('every call of GoLedger is answered like the table of calls', { timeout: 60_000 }, async () => {
  const expected = [REFUSED];
  await withPage({ name: 'table of calls', context, expected }, async (page) => {
    await answered(page);
    for (const { what, method, path, headers, status, body } of await table()) {
      const answer = await ask(page, { method, path, headers });
      assert.equal(answer.status, status, what);
      assert.equal(answer.headers['content-type'], 'application/json', what);
      // Keys are in the same order, too.
      assert.equal(answer.text, JSON.stringify(body), what);
    }
    const { text } = await ask(page, { method: 'POST', path: '/v1/verify', headers: OPERATOR });
    assert.equal(JSON.parse(text).identical, true);
  });
});

test(
  'a page of a plain static host is isolated by its service worker, after one reload',
  { timeout: 90_000 },
  async () => {
    let loads = 0;
    /** @param {Page} page */
    const before = async (page) => {
      page.on('load', () => (loads += 1));
    };
    const opening = { host: plain, query: SHORT_RUN, context, before, expected: [REFUSED] };
    await withPage({ name: 'static host', ...opening }, async (page) => {
      await reach(page, /^Ready$/);
      assert.equal(await page.evaluate(() => self.crossOriginIsolated), true);
      await button(page, 'Run').click();
      await reach(page, /^Finished$/);
      assert.match(await stateOf(page).innerText(), /200,000\soperations.*All 4 checks passed/);
      // If the page is in a folder, the API is in that folder as well.
      await answered(page);
      assert.match(page.url(), /\/ledgerlab\/\?/);
      assert.equal(await balance(page), 1000);
      const outside = await page.evaluate(async () => (await fetch('/account/coins')).status);
      assert.equal(outside, 404, 'the host answers outside of the folder');
      assert.equal(loads, 2);
      await page.reload();
      await reach(page, /^Ready$/);
      assert.equal(loads, 3, 'an isolated page does not reload itself');
    });
  },
);

test(
  'a page that cannot be isolated reloads once at most',
  { timeout: 60_000 },
  async () => {
    let loads = 0;
    /** A service worker that sets no headers. @param {Page} page */
    const before = async (page) => {
      page.on('load', () => (loads += 1));
      const body =
        "self.addEventListener('fetch', () => {}); self.oninstall = () => skipWaiting();";
      const script = `${body} self.onactivate = (event) => event.waitUntil(clients.claim());`;
      await page
        .context()
        .route('**/sw.js?*', (route) =>
          route.fulfill({ body: script, contentType: 'text/javascript' }),
        );
    };
    await withPage({ name: 'not isolated', sent: {}, context, before }, async (page) => {
      await reach(page, /^Not supported$/);
      await page.waitForTimeout(1_000);
      await reach(page, /^Not supported$/);
      assert.equal(loads, 2);
    });
  },
);

test('requests are answered while a scenario runs', { timeout: 60_000 }, async () => {
  await withPage({ name: 'beside a run', query: LONG_RUN, context }, async (page) => {
    await reach(page, /^Ready$/);
    await answered(page);
    await button(page, 'Run').click();
    await reach(page, /^Running$/);
    for (let count = 1; count <= 20; count += 1) {
      await deposit(page, 1);
      assert.equal(await balance(page), 1000 + count);
    }
    await reach(page, /^Running$/);
    await button(page, 'Cancel').click();
    await reach(page, /^Cancelled$/);
    assert.match(await stateOf(page).innerText(), /All 4 checks passed/);
  });
});

test('the trail is streamed, and a stream can be aborted', { timeout: 90_000 }, async () => {
  await withPage({ name: 'stream', context }, async (page) => {
    await answered(page);
    for (let round = 0; round < 3; round += 1) await fill(page, 300);
    const { chunks, lines } = await page.evaluate(async (headers) => {
      const { body } = await fetch('./v1/trail', { headers });
      let [chunks, text] = [0, ''];
      const decoder = new TextDecoder();
      const reader = /** @type {ReadableStream<Uint8Array>} */ (body).getReader();
      for (;;) {
        const { done, value } = await reader.read();
        if (done) break;
        chunks += 1;
        text += decoder.decode(value, { stream: true });
      }
      return {
        chunks,
        lines: text
          .trimEnd()
          .split('\n')
          .map((line) => JSON.parse(line)).length,
      };
    }, OPERATOR);
    const verified = await ask(page, { method: 'POST', path: '/v1/verify', headers: OPERATOR });
    assert.equal(String(lines), JSON.parse(verified.text).entries);
    assert(chunks > 1, `${chunks} chunks`);
    // More streams are aborted than can be open at the same time.
    await page.evaluate(async (headers) => {
      for (let count = 0; count < 300; count += 1) {
        const { body } = await fetch('./v1/trail', { headers });
        await body?.cancel();
      }
    }, OPERATOR);
    assert.equal(typeof (await balance(page)), 'number');
  });
});

test('without a page the status is 503 with a message', { timeout: 60_000 }, async () => {
  await withPage({ name: 'no page', context, expected: [REFUSED] }, async (page) => {
    await answered(page);
    const folder = page.url();
    await page.goto(`${folder}system/health`);
    // The page that sent this request is closed.
    const response = await page.reload();
    assert.equal(response?.status(), 503);
    assert.equal(await response?.headerValue('Content-Type'), 'application/problem+json');
    const problem = await response?.json();
    assert.equal(problem.code, 'no_page');
    assert.equal(
      problem.detail,
      `an open page answers this request, and none is open; open ${folder}`,
    );
    await page.goto(folder);
    await answered(page);
    assert.equal(await balance(page), 1000);
  });
});

test('closing a page fails its requests', { timeout: 60_000 }, async () => {
  await withPage({ name: 'closed page', context, expected: [REFUSED] }, async (page) => {
    await answered(page);
    const folder = page.url();
    const other = await page.context().newPage();
    await attendToNothing(other);
    await other.goto(folder);
    await answered(other);
    await page.goto(`${folder}system/health`);
    const waiting = ask(page, { path: '/../system/health' });
    await page.waitForTimeout(1_000);
    await other.close();
    const { status, text } = await waiting;
    assert.equal(status, 503);
    const { code, detail } = JSON.parse(text);
    assert.deepEqual([code, detail], ['no_ledger', 'the page that was answering was closed']);
  });
});

test('each page has its own ledger', { timeout: 60_000 }, async () => {
  await withPage({ name: 'two pages', context }, async (page) => {
    await answered(page);
    const other = await page.context().newPage();
    await other.goto(page.url());
    await answered(other);
    await deposit(other, 5);
    assert.deepEqual([await balance(page), await balance(other)], [1000, 1005]);
    // A request from elsewhere is answered by the page that had the focus last.
    const third = await page.context().newPage();
    for (const [front, extra] of /** @type {const} */ ([
      [page, 0],
      [other, 1],
      [page, 0],
    ])) {
      for (const one of [page, other, third]) await loseFocus(one);
      await front.bringToFront();
      const before = await ask(page, { path: '/system/health' });
      await third.goto(`${page.url()}system/health`);
      const seen = JSON.parse(await third.locator('body').innerText());
      const own = JSON.parse(before.text).operation_count;
      assert.equal(seen.operation_count, own + extra, `with ${extra} deposits`);
    }
  });
});

test(
  'a trap in a run loses the ledger, and a new one opens',
  { timeout: 60_000 },
  async () => {
    const query = '?scenario=hft&workers=2&operations=20000';
    await withPage({ name: 'lost ledger', query, context, before: trapInWork }, async (page) => {
      await reach(page, /^Ready$/);
      await answered(page);
      await deposit(page, 7);
      assert.equal(await balance(page), 1007);
      await button(page, 'Run').click();
      await reach(page, /^Failed$/);
      assert.equal(await balance(page), 1000);
    });
  },
);

for (const when of /** @type {const} */ (['now', 'later'])) {
  test(`a request that traps, ${when}, fails all requests`, { timeout: 60_000 }, async () => {
    const before = trapInAnswer(when);
    const expected = [REFUSED];
    await withPage({ name: `trap ${when}`, context, before, expected }, async (page) => {
      await answered(page);
      const call = { path: BALANCE, headers: { Authorization: '1' } };
      const { status, text } = await ask(page, call);
      assert.equal(status, 503);
      const { code, detail } = JSON.parse(text);
      assert.equal(code, 'no_ledger');
      assert.match(detail, /unreachable/);
      await mendWorker(page);
      assert.equal(await balance(page), 1000);
      await button(page, 'Run').click();
      await reach(page, /^Finished$/);
    });
  });
}
