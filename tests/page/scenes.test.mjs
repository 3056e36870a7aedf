/** The scenes of the scenarios. Their figures are those of the ledger. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { assertAccessible } from './axe.mjs';
import { button, downloadReport, eventually, openReport, reach } from './browser.mjs';
import { rowsOf, unfold, withPage } from './browser.mjs';
import { hasColour } from './colours.mjs';
import { balanceOf } from './conservation.mjs';
import { waitInCircle } from './tampering.mjs';

/** @import { Page } from 'playwright-core' */
/** @import { Report } from '../../www/types.d.ts' */

/** A short run of each scenario with its own scene, and of some with the heat map. */
const SCENES = [
  { query: 'scenario=hft&accounts=40&exchanges=3&operations=20000', title: 'Trading floor' },
  { query: 'scenario=bank-run&accounts=60&operations=2000', title: 'Bank run' },
  { query: 'scenario=payments&accounts=30&merchants=8&processors=3&operations=5000', title: 'Payments' },
  { query: 'scenario=deadlock&accounts=7&operations=20000', title: 'Ring' },
  { query: 'scenario=transfers&accounts=30&operations=20000', title: 'Heat map of the accounts' },
  { query: 'scenario=compliance&accounts=30&operations=5000', title: 'Heat map of the accounts' },
];

/** Parameters of runs that last until they are cancelled. */
const ENDLESS = 'workers=2&operations=1000000000&duration_s=600&trail_mib=1024&rate_per_s=20000';

/** @param {Page} page */
function money(page) {
  return page.getByRole('region', { name: 'The money' });
}

/** @param {Page} page */
function image(page) {
  return money(page).getByRole('img');
}

/** @param {Page} page */
function sceneText(page) {
  return money(page).locator('.scene-text').innerText();
}

/** @param {Page} page */
async function runToEnd(page) {
  await reach(page, /^Ready$/);
  await button(page, 'Run').click();
  await reach(page, /^Finished/);
}

/** Returns the table's rows without digit separators. @param {Page} page */
async function figures(page) {
  await unfold(page);
  const rows = await rowsOf(money(page).getByRole('table'));
  return rows.map((row) => row.map((cell) => cell.replaceAll(',', '')));
}

/** Returns the expected rows of the table: the sums of a report's accounts by role. @param {Report} report */
function sumsIn({ accounts }) {
  /** @type {Map<string, bigint[]>} */
  const sums = new Map();
  for (const row of accounts.rows) {
    const name = row.name.replace(/_\d+$/, '');
    const [count, coins, held] = sums.get(name) ?? [0n, 0n, 0n];
    const balance = BigInt(row.credits_posted) - BigInt(row.debits_posted);
    sums.set(name, [count + 1n, coins + balance, held + BigInt(row.debits_pending)]);
  }
  return [...sums].map(([name, numbers]) => [name, ...numbers.map(String)]);
}

/** Returns the number of colours on the canvas. @param {Page} page */
function coloursIn(page) {
  return image(page).evaluate((canvas) => {
    const { width, height } = /** @type {HTMLCanvasElement} */ (canvas);
    const pen = /** @type {HTMLCanvasElement} */ (canvas).getContext('2d');
    const data = pen?.getImageData(0, 0, width, height).data ?? [];
    const pixels = new Uint32Array(/** @type {Uint8ClampedArray<ArrayBuffer>} */ (data).buffer);
    return new Set(pixels).size;
  });
}

for (const { query, title } of SCENES) {
  const [, scenario] = /scenario=([\w-]+)/.exec(query) ?? [];
  test(`${scenario} ends with the report's figures`, { timeout: 60_000 }, async () => {
    const opened = { name: `picture ${scenario}`, query: `?${query}&workers=2&seed=7` };
    await withPage(opened, async (page) => {
      await runToEnd(page);
      const { report } = await downloadReport(page);
      assert.equal(report.accounts.complete, true);
      await eventually(() => figures(page), sumsIn(report));
      assert.match((await image(page).getAttribute('aria-label')) ?? '', new RegExp(`^${title}: `));
      assert((await coloursIn(page)) > 4, 'something is drawn');

      // The arrow keys reach every account except @world, with its name and balance.
      await image(page).focus();
      const seen = new Map();
      let last = '';
      for (;;) {
        await page.keyboard.press('ArrowRight');
        const now = await sceneText(page);
        if (now === last) break;
        last = now;
        const [, name, coins] = /^(\S+): (-?[\d,]+)\scoins?/.exec(now) ?? assert.fail(now);
        seen.set(name, BigInt(coins.replaceAll(',', '')));
      }
      const holders = report.accounts.rows.filter(({ issuer }) => !issuer);
      for (const { name } of holders) {
        assert.equal(seen.get(name), balanceOf(report, name), name);
      }

      // The pointer shows the same text.
      const mark = await money(page).locator('.scene-mark').boundingBox();
      const canvas = await image(page).boundingBox();
      assert(mark && canvas, 'it is marked');
      await page.locator('h1').click();
      assert.notEqual(await sceneText(page), last, 'nothing is selected any more');
      // The click may have scrolled the page.
      const x = mark.x + mark.width / 2 - canvas.x;
      const y = mark.y + mark.height / 2 - canvas.y;
      await image(page).hover({ position: { x, y } });
      await eventually(() => sceneText(page), last);
    });
  });
}

test('the scene follows the ledger and ends with the run', { timeout: 120_000 }, async () => {
  const query = `?scenario=bank-run&withdrawals_per_customer=50&${ENDLESS}`;
  await withPage({ name: 'moving picture', query }, async (page) => {
    await reach(page, /^Ready$/);
    assert.equal(await money(page).count(), 0, 'there is no scene before the run');
    await button(page, 'Run').click();
    await reach(page, /^Running$/);
    const reserves = new Set();
    const pictures = new Set();
    const until_ms = Date.now() + 40_000;
    while (Date.now() < until_ms && (reserves.size < 4 || pictures.size < 4)) {
      if ((await image(page).count()) > 0) {
        const [, reserve] = (await figures(page)).map(([, , coins]) => Number(coins));
        if (reserve > 0) reserves.add(reserve);
        pictures.add(await image(page).evaluate((canvas) => {
          return /** @type {HTMLCanvasElement} */ (canvas).toDataURL();
        }));
      }
      await page.waitForTimeout(100);
    }
    assert(reserves.size >= 4, `reserves: ${[...reserves].join()}`);
    assert.deepEqual([...reserves], [...reserves].toSorted((one, other) => other - one), 'it drains');
    assert(pictures.size >= 4, 'the drawing changes');
    await button(page, 'Cancel').click();
    await reach(page, /^Cancelled$/);
    const { report } = await downloadReport(page);
    const bank = balanceOf(report, 'bank').toString();
    await eventually(async () => (await figures(page))[1], ['bank', '1', bank, '0']);
  });
});

test('the reserve is exact with more accounts than cells', { timeout: 60_000 }, async () => {
  const query = '?scenario=bank-run&accounts=50000&operations=20000&workers=2&seed=7';
  await withPage({ name: 'many accounts', query }, async (page) => {
    await runToEnd(page);
    const { report } = await downloadReport(page);
    const [bank, claims] = ['bank', 'claims'].map((name) => balanceOf(report, name));
    const customers = BigInt(report.checks[0].found) - bank - claims;
    const issued = BigInt(report.checks[0].expected);
    await eventually(() => figures(page), [
      ['@world', '3', String(-issued), '0'],
      ['bank', '1', String(bank), '0'],
      ['claims', '1', String(claims), '0'],
      ['customer', '50000', String(customers), '0'],
    ]);
    await image(page).focus();
    await page.keyboard.press('Home');
    assert.equal((await sceneText(page)).replaceAll(',', ''), `bank: ${bank}\u00a0coins`);
    await page.keyboard.press('End');
    assert.match(await sceneText(page), /^customer_\d+ to customer_50000: [\d,]+\scoins in \d+\saccounts$/);
  });
});

test('the scene follows manual transfers', { timeout: 60_000 }, async () => {
  const query = '?scenario=transfers&accounts=4&operations=2000&workers=2&seed=7';
  await withPage({ name: 'moved picture', query }, async (page) => {
    await runToEnd(page);
    const { report } = await downloadReport(page);
    const [world, ...others] = sumsIn(report);
    await eventually(() => figures(page), [world, ...others]);
    const form = page.getByRole('form', { name: 'Manual transfer' });
    await form.getByLabel('To account').fill('first_1');
    await form.getByLabel('Amount, coins').fill('777');
    await button(page, 'Move coins').click();
    await form.getByText('Created: 777\u00a0coins from @world to first_1.').waitFor();
    await eventually(() => figures(page), [
      [world[0], world[1], String(BigInt(world[2]) - 777n), '0'],
      ...others.map(([name, count, coins, held]) => {
        return [name, count, String(BigInt(coins) + (name === 'first' ? 777n : 0n)), held];
      }),
    ]);
  });
});

test('the ring describes deadlocks, during the run and after it', { timeout: 60_000 }, async () => {
  const query = '?scenario=deadlock&workers=2&concurrency=unordered-locks&duration_s=4';
  await withPage({ name: 'ring of deadlocks', query }, async (page) => {
    await reach(page, /^Ready$/);
    await button(page, 'Run').click();
    await reach(page, /^Running$/);
    await eventually(async () => /waits for account|Deadlock/.test(await money(page).innerText()), true);
    await reach(page, /^Finished, checks failed$/);
    const text = /Deadlocks so far: \d+\. First: worker [12] held account_[12]/;
    await money(page).getByText(text).waitFor();
    assert.match((await image(page).getAttribute('aria-label')) ?? '', /^Ring: 2\saccounts .*Deadlock/);
  });
});

test('latch waits are arrows, and deadlocks are red', { timeout: 60_000 }, async () => {
  const query = '?scenario=deadlock&workers=2&accounts=5&operations=2000';
  await withPage({ name: 'waiting ring', query, before: waitInCircle }, async (page) => {
    await runToEnd(page);
    const text = 'Deadlock: worker 1 holds account_1 and waits for account_2; ' +
      'worker 2 holds account_2 and waits for account_1.';
    await money(page).getByText(text).waitFor();
    assert(await hasColour(image(page), '--bad'), 'the cycle is red');
    assert(await hasColour(image(page), '--event'), 'workers outside of the cycle are not red');
    await image(page).focus();
    await page.keyboard.press('Home');
    const words = /^account_1: [\d,]+\scoins, worker 1 holds it, worker 2 waits for it, worker 3 waits for it$/;
    assert.match(await sceneText(page), words);
  });
});

test('a run without a ledger shows the sums of its report', { timeout: 60_000 }, async () => {
  const query = '?scenario=payments&accounts=30&operations=2000&workers=2&seed=7';
  await withPage({ name: 'no ledger', query }, async (page) => {
    await runToEnd(page);
    const { report } = await downloadReport(page);
    await page.reload();
    await reach(page, /^Ready$/);
    await openReport(page, 'mine.json', JSON.stringify(report));
    await money(page).getByText(/^This run's ledger is no longer in memory, .* lists all accounts\.$/).waitFor();
    assert.equal(await image(page).count(), 0);
    assert.deepEqual(await figures(page), sumsIn(report));
  });
});

for (const colorScheme of /** @type {const} */ (['light', 'dark'])) {
  test(`axe finds nothing in the scenes, ${colorScheme}`, { timeout: 120_000 }, async () => {
    for (const scenario of ['hft', 'bank-run', 'payments', 'deadlock', 'transfers']) {
      const context = { colorScheme, viewport: { width: 360, height: 800 } };
      const query = `?scenario=${scenario}&${ENDLESS}`;
      await withPage({ name: `axe ${scenario} ${colorScheme}`, query, context }, async (page) => {
        await reach(page, /^Ready$/);
        await button(page, 'Run').click();
        await reach(page, /^Running$/);
        await image(page).waitFor();
        await unfold(page);
        await image(page).focus();
        await page.keyboard.press('ArrowRight');
        await button(page, 'Pause').click();
        await reach(page, /^Paused$/);
        await assertAccessible(page, `in ${scenario}, paused`, ['color-contrast', 'role-img-alt']);
        const wide = await page.evaluate(() => document.documentElement.scrollWidth);
        assert(wide <= 360, `the page is ${wide} wide`);
      });
    }
  });
}
