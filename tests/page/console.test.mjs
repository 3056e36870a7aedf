/** The API console: select, edit and send requests, and read the responses. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { EXAMPLE_GROUPS } from '../../www/features/console/example_requests.js';
import { formatJson } from '../../www/features/console/format_json.js';
import { assertAccessible } from './axe.mjs';
import { button, eventually, reach, withPage } from './browser.mjs';
import { OPERATOR, REFUSED, answered, ask, balance, context, fill } from './calls.mjs';
import { native } from './native.mjs';
import { attendToNothing } from './tampering.mjs';

/** @import { Page } from 'playwright-core' */

const run = promisify(execFile);

/** @param {Page} page */
function panel(page) {
  return page.getByRole('region', { name: 'API console' });
}

/** @param {Page} page @param {string} label */
function field(page, label) {
  return panel(page).getByLabel(label, { exact: true });
}

/** Presses Send and waits for a text. @param {Page} page @param {RegExp} said */
async function send(page, said) {
  await button(page, 'Send').click();
  await panel(page).getByRole('status').filter({ hasText: said }).waitFor();
}

/** @param {Page} page */
function bodyOf(page) {
  return page.getByRole('region', { name: 'Response body' }).innerText();
}

/** @param {Page} page */
function curlOf(page) {
  return page.getByRole('region', { name: 'The same request with curl' }).innerText();
}

test(
  'every example request is answered, in order',
  { timeout: 90_000 },
  async () => {
    await withPage({ name: 'calls on offer', context }, async (page) => {
      await answered(page);
      const calls = EXAMPLE_GROUPS.flatMap(({ examples }) => examples);
      const offered = await field(page, 'Example').getByRole('option').allInnerTexts();
      assert.deepEqual(
        offered,
        calls.map(({ title }) => title),
      );
      for (const { title } of calls) {
        await field(page, 'Example').selectOption(title);
        // A press on Send replaces the text at once, so the previous response is not read here.
        await send(page, /^200 OK from this tab’s ledger: /);
        const body = await bodyOf(page);
        assert(body.length > 20, `${title}: ${body}`);
        const results = title.startsWith('Create') ? JSON.parse(body).results : [];
        for (const { status } of results) assert.equal(status, 'created', title);
      }
    });
  },
);

test('an example request is selected, edited and sent', { timeout: 60_000 }, async () => {
  await withPage({ name: 'edited call', context, expected: [REFUSED] }, async (page) => {
    await answered(page);
    await send(page, /^200 OK/);
    assert.equal(await bodyOf(page), '{\n  "Code": 200,\n  "Balance": 1000,\n  "Available": 1000\n}');

    await field(page, 'Example').selectOption('Transfer');
    await field(page, 'Query').fill('username=bryan&from=bryan&to=aaron&amount=1');
    await send(page, /^401 Unauthorized/);
    await field(page, 'Authorization').fill('2');
    await send(page, /^200 OK/);
    assert.equal(JSON.parse(await bodyOf(page)).ToBalance, 1001);
    assert.equal(await balance(page), 1001);

    // The largest number that JavaScript reads exactly is displayed unchanged.
    await field(page, 'Example').selectOption('Deposit');
    await field(page, 'Query').fill('username=aaron&amount=9007199254739990');
    await send(page, /^200 OK/);
    assert.match(await bodyOf(page), /"Balance": 9007199254740991,\n/);

    await field(page, 'Example').selectOption('Create transfers');
    await field(page, 'Body').fill('{"events": [');
    await field(page, 'Other headers, one per line').fill('Content-Type: application/json\nX-Own: a');
    await send(page, /^400 Bad Request/);
    assert.equal(JSON.parse(await bodyOf(page)).code, 'bad_body');
    await panel(page).getByText('Response headers').click();
    const headers = panel(page).getByRole('table', { name: 'Response headers' });
    await headers.getByRole('row', { name: 'content-type application/problem+json' }).waitFor();

    await field(page, 'Method').selectOption('DELETE');
    await field(page, 'Path').fill('/v1/accounts');
    await send(page, /^405 Method Not Allowed/);
    await field(page, 'Method').selectOption('HEAD');
    await field(page, 'Path').fill('/system/health');
    assert.equal(await field(page, 'Body').isVisible(), false, 'HEAD has no body');
    await send(page, /^200 OK/);
    await panel(page).getByText('The response has no body.').waitFor();
  });
});

test('an invalid request is explained at its field and not sent', { timeout: 60_000 }, async () => {
  await withPage({ name: 'wrong fields', context }, async (page) => {
    await answered(page);
    let sent = 0;
    page.on('request', (request) => (sent += Number(request.url().includes('account'))));
    for (const [label, text, problem] of [
      ['Path', 'account/coins', 'The path must start with a slash.'],
      ['Path', '/account/coins?username=aaron', 'Enter the query in its own field.'],
      ['Authorization', '1€', 'The token may contain ASCII characters only.'],
      ['Other headers, one per line', 'X Y: 1', '“X Y: 1” is not of the form “Name: value”.'],
      ['Other headers, one per line', 'X', '“X” is not of the form “Name: value”.'],
    ]) {
      const before = await field(page, label).inputValue();
      await field(page, label).fill(text);
      await panel(page).getByText(problem).waitFor();
      assert.equal(await field(page, label).getAttribute('aria-invalid'), 'true');
      await button(page, 'Send').click();
      assert.equal(await field(page, label).evaluate((it) => it === document.activeElement), true);
      assert.equal(await curlOf(page), 'Correct the request first.');
      assert.equal(await button(page, 'Copy as curl').isDisabled(), true);
      await field(page, label).fill(before);
      assert.equal(await field(page, label).getAttribute('aria-invalid'), 'false');
    }
    assert.equal(sent, 0);
    await send(page, /^200 OK/);
    assert(sent > 0, 'requests are counted');
  });
});

test('a long response is read up to a limit', { timeout: 60_000 }, async () => {
  await withPage({ name: 'long answer', context }, async (page) => {
    await answered(page);
    for (let round = 0; round < 4; round += 1) await fill(page, 1000);
    const { text } = await ask(page, { path: '/v1/trail', headers: OPERATOR });
    assert(text.length > 1 << 20, `${text.length} bytes`);
    await field(page, 'Example').selectOption('Trail');
    await field(page, 'Query').fill('');
    await send(page, /^200 OK from this tab’s ledger: 256\sKiB and more, /);
    await panel(page).getByText('Only the first 256 KiB were read.').waitFor();
    assert.equal((await bodyOf(page)).trim(), text.slice(0, 256 << 10).trim());
    await field(page, 'Query').fill('limit=2');
    await send(page, /^200 OK from this tab’s ledger: \d+\sB, /);
    assert.equal((await bodyOf(page)).trim().split('\n').length, 2);
  });
});

test('the curl command gets the same response', { timeout: 60_000 }, async () => {
  await withPage({ name: 'curl', host: native, context }, async (page) => {
    await page.getByRole('radio', { name: 'The server', checked: true }).waitFor();
    const base = page.url().slice(0, -1);
    assert.equal(
      await curlOf(page),
      `curl '${base}/account/coins?username=aaron' \\\n  --header 'Authorization: 1'`,
    );
    await field(page, 'Example').selectOption('Create accounts');
    await field(page, 'Other headers, one per line').fill("X-Quote: it's; $HOME `id`");
    await field(page, 'Body').fill('{"events": [{"id": "it\'s"}]}');
    assert.equal(
      await curlOf(page),
      `curl --request POST '${base}/v1/accounts' \\\n  --header 'Authorization: Bearer operator' \\\n` +
        "  --header 'X-Quote: it'\\''s; $HOME `id`' \\\n" +
        `  --data-raw '{"events": [{"id": "it'\\''s"}]}'`,
    );
    for (const call of ['Create accounts', 'Look up accounts', 'Balance', 'Snapshot', 'Verify']) {
      await field(page, 'Example').selectOption(call);
      await send(page, /^200 OK from the server/);
      const { stdout } = await run('sh', ['-c', `${await curlOf(page)} --silent`]);
      // The second time the accounts exist already.
      if (!call.startsWith('Create')) assert.equal(formatJson(stdout), await bodyOf(page), call);
      else assert.match(stdout, /"status":"exists"/);
    }
  });
});

test(
  'the curl command can be copied and addresses a server',
  { timeout: 60_000 },
  async () => {
    const allowed = { ...context, permissions: ['clipboard-read', 'clipboard-write'] };
    await withPage({ name: 'copied curl', context: allowed }, async (page) => {
      await answered(page);
      await panel(page)
        .getByText(/^curl cannot reach a tab\. Start “ledgerlab serve --demo”/)
        .waitFor();
      await button(page, 'Copy as curl').click();
      await panel(page).getByRole('status').filter({ hasText: 'The command was copied.' }).waitFor();
      const copied = await page.evaluate(() => navigator.clipboard.readText());
      assert.equal(copied, await curlOf(page));
      assert.match(copied, /^curl 'http:\/\/127\.0\.0\.1:3000\/account\/coins\?username=aaron' /);
    });
  },
);

test('a request without response can be cancelled', { timeout: 60_000 }, async () => {
  const opening = { name: 'taken back', context, before: attendToNothing };
  await withPage(opening, async (page) => {
    await answered(page);
    await send(page, /^Sent\. Waiting for this tab’s ledger\.$/);
    await button(page, 'Cancel request').click();
    await panel(page)
      .getByRole('status')
      .filter({ hasText: /^Cancelled\. / })
      .waitFor();
    assert.equal(await button(page, 'Send').isVisible(), true);
  });
});

test('a stopped server is reported as failed', { timeout: 60_000 }, async () => {
  let end = async () => {};
  const host = async () => {
    const server = await native();
    end = async () => void (await server.close());
    return server;
  };
  const expected = [/ERR_CONNECTION_REFUSED/];
  await withPage({ name: 'gone server', host, context, expected }, async (page) => {
    await page.getByRole('radio', { name: 'The server', checked: true }).waitFor();
    await send(page, /^200 OK from the server/);
    await end();
    await send(page, /^Failed\. No response: Failed to fetch\.$/);
  });
});

test(
  'without any ledger the console explains it and sends nothing',
  { timeout: 60_000 },
  async () => {
    await withPage({ name: 'no ledger' }, async (page) => {
      await panel(page)
        .getByText(/^No ledger can answer\. .* has no ledger\. .* did not register/)
        .waitFor();
      assert.equal(await button(page, 'Send').getAttribute('aria-disabled'), 'true');
      await button(page, 'Send').click({ force: true });
      await panel(page).getByText('No request sent yet.').waitFor();
      for (const name of ['This tab’s ledger', 'The server']) {
        assert.equal(await page.getByRole('radio', { name }).isChecked(), false, name);
      }
      assert.equal(await page.getByRole('radio', { name: 'The server' }).isDisabled(), true);
    });
    await withPage({ name: 'unsupported console', sent: {} }, async (page) => {
      await reach(page, /^Not supported$/);
      await panel(page)
        .getByText('This tab has no ledger, for the reason given above.')
        .waitFor();
      assert.equal(await page.getByRole('radio', { name: 'This tab’s ledger' }).isDisabled(), true);
    });
  },
);

for (const colorScheme of /** @type {const} */ (['light', 'dark'])) {
  test(
    `axe finds nothing in the console in the ${colorScheme} scheme`,
    { timeout: 90_000 },
    async () => {
      const scheme = { ...context, colorScheme };
      const opening = { name: `console ${colorScheme}`, context: scheme, expected: [REFUSED] };
      await withPage(opening, async (page) => {
        await answered(page);
        await assertAccessible(page, 'before the first request');
        await field(page, 'Example').selectOption('Query accounts');
        await send(page, /^200 OK/);
        await panel(page).getByText('Response headers').click();
        await assertAccessible(page, 'with a response');
        await field(page, 'Authorization').fill('3');
        await send(page, /^401 /);
        await field(page, 'Path').fill('x');
        await field(page, 'Other headers, one per line').fill('x');
        await assertAccessible(page, 'with an error response and invalid fields');
      });
    },
  );
}

test('the console works by keyboard alone', { timeout: 60_000 }, async () => {
  const allowed = { ...context, permissions: ['clipboard-read', 'clipboard-write'] };
  await withPage({ name: 'console keyboard', context: allowed }, async (page) => {
    await answered(page);
    /** Presses Tab until the element with this name has the focus. @param {string} name */
    const tabTo = async (name) => {
      for (let presses = 0; presses < 80; presses += 1) {
        await page.keyboard.press('Tab');
        const here = await page.evaluate(() => {
          const focused = /** @type {HTMLElement} */ (document.activeElement);
          const labels = /** @type {HTMLInputElement} */ (focused).labels ?? [];
          const by = document.getElementById(focused.getAttribute('aria-labelledby') ?? '');
          const own = focused.getAttribute('aria-label') ?? focused.textContent;
          return labels[0]?.textContent ?? by?.textContent ?? own;
        });
        if (here === name) return;
      }
      assert.fail(`Tab does not reach ${name}`);
    };
    await tabTo('This tab’s ledger');
    await tabTo('Example');
    await page.keyboard.type('Deposit');
    await tabTo('Query');
    await page.keyboard.press('Control+A');
    await page.keyboard.type('username=aaron&amount=1');
    await page.keyboard.press('Enter');
    const said = panel(page).getByRole('status');
    await said.filter({ hasText: /^200 OK/ }).waitFor();
    assert.equal(JSON.parse(await bodyOf(page)).Balance, 1001);
    await tabTo('Send');
    await page.keyboard.press('Space');
    await eventually(async () => JSON.parse((await bodyOf(page)) || '{}').Balance, 1002);
    await tabTo('Response headers');
    await page.keyboard.press('Enter');
    await panel(page).getByRole('row', { name: 'content-type application/json' }).waitFor();
    await tabTo('Response body');
    await tabTo('Copy as curl');
    await page.keyboard.press('Enter');
    await said.filter({ hasText: 'The command was copied.' }).waitFor();
  });
});

test('the console never scrolls horizontally', { timeout: 60_000 }, async () => {
  await withPage({ name: 'console widths', context }, async (page) => {
    await answered(page);
    await field(page, 'Example').selectOption('Trail');
    await send(page, /^200 OK/);
    await panel(page).getByText('Response headers').click();
    for (const width of [320, 360, 600, 768, 960, 1024, 1440, 2560]) {
      await page.setViewportSize({ width, height: 900 });
      await page.waitForTimeout(100);
      const wide = await page.evaluate(() => document.documentElement.scrollWidth);
      assert(wide <= width, `at ${width} pixels the page is ${wide} wide`);
    }
  });
});
