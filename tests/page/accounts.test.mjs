/** The accounts panel: search, order, distribution, history of an account, manual transfers. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { assertAccessible } from './axe.mjs';
import { button, downloadReport, downloaded, eventually, openReport } from './browser.mjs';
import { reach, rowsOf, withPage } from './browser.mjs';
import { ENTRIES, RUN, accountsOf, entriesIn, gridOf, openTrail } from './trail_explorer.mjs';
import { rowsInSight, runToEnd, trailOf } from './trail_explorer.mjs';

/** @import { Page } from 'playwright-core' */
/** @import { AccountRow } from '../../www/types.d.ts' */

/** @param {Page} page */
function tableOf(page) {
  return page.getByRole('table', { name: 'Accounts', exact: true });
}

/** @param {Page} page */
async function openAccounts(page) {
  await accountsOf(page).scrollIntoViewIfNeeded();
  await tableOf(page).waitFor();
}

/** @param {AccountRow} row */
function balanceOf({ credits_posted, debits_posted }) {
  return Number(credits_posted) - Number(debits_posted);
}

/** @param {string} text */
function number(text) {
  return Number(text.replace(/[^\d-]/g, ''));
}

test('accounts are searched, sorted and paged', { timeout: 60_000 }, async () => {
  await withPage({ name: 'accounts', query: RUN }, async (page) => {
    await runToEnd(page);
    await openAccounts(page);
    const { report } = await downloadReport(page);
    const { rows } = report.accounts;
    const names = async () => (await rowsOf(tableOf(page))).map(([name]) => name);
    await eventually(async () => (await names()).length, 50);
    assert.match((await names())[0], /^@world/);
    await accountsOf(page)
      .getByText(/1 to 50 of 1,017/)
      .waitFor();
    await button(page, 'Next').click();
    await eventually(async () => (await names())[0], rows[50].name);
    await button(page, 'Previous').click();
    await eventually(async () => (await names())[1], rows[1].name);

    const heading = tableOf(page).getByRole('columnheader', { name: 'Balance' });
    await heading.getByRole('button').click();
    const sorted = rows.toSorted((one, other) => balanceOf(other) - balanceOf(one));
    const expected = sorted.slice(0, 50).map(balanceOf);
    const balances = async () => (await rowsOf(tableOf(page))).map(([, text]) => number(text));
    await eventually(balances, expected);
    assert.equal(await heading.getAttribute('aria-sort'), 'descending');
    await heading.getByRole('button').click();
    await eventually(balances, sorted.toReversed().slice(0, 50).map(balanceOf));
    assert.equal(await heading.getAttribute('aria-sort'), 'ascending');

    await accountsOf(page).getByLabel('Search accounts').fill('R_99');
    const found = rows.filter(({ name }) => name.includes('r_99'));
    await eventually(async () => (await names()).length, found.length);
    assert.deepEqual((await names()).toSorted(), found.map(({ name }) => name).toSorted());
    await accountsOf(page).getByText(`${found.length} found, in coins`).waitFor();
    await accountsOf(page).getByLabel('Search accounts').fill('no such account');
    await eventually(names, []);
    await assertAccessible(page, 'with no account found');
  });
});

test(
  'the distribution counts every account, and a history ends with the balance',
  { timeout: 60_000 },
  async () => {
    await withPage({ name: 'spread', query: RUN }, async (page) => {
      await runToEnd(page);
      await openAccounts(page);
      const { report } = await downloadReport(page);
      const holders = report.accounts.rows.filter(({ issuer }) => !issuer);
      const figure = page.getByRole('figure', { name: 'Balance distribution' });
      await figure.getByText('As a table').click();
      const bars = await rowsOf(figure.getByRole('table'));
      assert(bars.length > 1 && bars.length <= 24, `${bars.length} bars`);
      let below = -Infinity;
      for (const [end, accounts] of bars) {
        const within = holders.filter(
          (row) => balanceOf(row) > below && balanceOf(row) <= number(end),
        );
        assert.equal(number(accounts), within.length, `up to ${end}`);
        below = number(end);
      }
      const sum = bars.reduce((total, [, accounts]) => total + number(accounts), 0);
      assert.equal(sum, holders.length);

      await button(page, 'trader_7').click();
      const history = page.getByRole('figure', { name: 'Balance of trader_7' });
      await history.getByText(/transfers/).waitFor();
      await history.getByText('As a table').click();
      const row = holders.find(({ name }) => name === 'trader_7') ?? assert.fail();
      const points = await rowsOf(history.getByRole('table'));
      assert.equal(number(points.at(-1)?.[1] ?? ''), balanceOf(row));
      await assertAccessible(page, 'with an account selected');
      await history.getByRole('button', { name: 'Show entries' }).click();
      await trailOf(page)
        .getByText(/entries found\.$/)
        .waitFor();
      const { bytes } = await downloaded(page, 'Save as NDJSON');
      const entries = entriesIn(bytes);
      const account = String(row.id);
      for (const { kind, id, debit_account_id, credit_account_id } of entries) {
        const concerned = kind === 'account' ? [id] : [debit_account_id, credit_account_id];
        assert(concerned.map(String).includes(account), JSON.stringify(concerned));
      }
      const done = entries.filter((it) => it.kind === 'transfer' && it.status === 'created');
      const transfers = number((await history.getByText(/transfers/).innerText()).split(/transfers/)[0]);
      assert.equal(transfers, done.length);
    });
  },
);

test(
  'a manual transfer is the last entry of its account',
  { timeout: 90_000 },
  async () => {
    await withPage({ name: 'manual transfer', query: RUN }, async (page) => {
      await runToEnd(page);
      await openTrail(page);
      await openAccounts(page);
      const { report } = await downloadReport(page);
      const form = page.getByRole('form', { name: 'Manual transfer' });
      await accountsOf(page).getByLabel('Search accounts').fill('trader_12');
      const row = report.accounts.rows.find(({ name }) => name === 'trader_12') ?? assert.fail();
      const shown = async () => {
        const rows = await rowsOf(tableOf(page));
        return number(rows.find(([name]) => name === 'trader_12')?.[1] ?? '');
      };
      await eventually(shown, balanceOf(row));

      await button(page, 'Move coins').click();
      await form.getByText('Enter the name or the id of an account.').waitFor();
      await form.getByText('Enter a whole number, at least 1.').waitFor();
      await form.getByLabel('To account').fill('trader_12');
      await form.getByLabel('Amount, coins').fill('777');
      await button(page, 'Move coins').click();
      await form.getByText('Created: 777\u00a0coins from @world to trader_12.').waitFor();
      await eventually(shown, balanceOf(row) + 777);
      await form.getByText('The report describes the run as it ended').waitFor();
      await assertAccessible(page, 'after a manual transfer');
      await openTrail(page, ENTRIES + 1);
      await gridOf(page).focus();
      await page.keyboard.press('End');
      await eventually(
        async () => (await rowsInSight(page)).get(ENTRIES + 1)?.slice(2, 5),
        ['@world', 'trader_12', '777'],
      );

      await form.getByLabel('Kind').selectOption('withdraw');
      await form.getByLabel('From account').fill('trader_12');
      await form.getByLabel('Amount, coins').fill('9000000000');
      await button(page, 'Move coins').click();
      await form
        .getByText('Refused, exceeds credits: no coins were moved from trader_12 to @world.')
        .waitFor();
      await eventually(shown, balanceOf(row) + 777);

      await form.getByLabel('Kind').selectOption('transfer');
      await form.getByLabel('To account').fill('trader_13');
      await form.getByLabel('Amount, coins').fill('1');
      await button(page, 'Move coins').click();
      await form.getByText('Created: 1\u00a0coin from trader_12 to trader_13.').waitFor();
      await eventually(shown, balanceOf(row) + 776);
      await button(page, 'Replay again').click();
      await form
        .getByText('The serial replay agrees with every entry.')
        .waitFor();

      const filter = page.getByRole('form', { name: 'Filter of the trail' });
      await filter.getByLabel('Account', { exact: true }).fill('trader_12');
      await filter.getByLabel('Newest first').check();
      await trailOf(page)
        .getByText(/entries found\.$/)
        .waitFor();
      await gridOf(page).scrollIntoViewIfNeeded();
      await eventually(
        async () => (await rowsInSight(page)).get(1)?.slice(2, 5),
        ['trader_12', 'trader_13', '1'],
      );
      const rows = await rowsInSight(page);
      assert.deepEqual(rows.get(2)?.slice(4, 6), ['9,000,000,000', 'exceeds credits']);
      assert.deepEqual(rows.get(3)?.slice(2, 5), ['@world', 'trader_12', '777']);
      const after = await downloadReport(page);
      assert.deepEqual(after.report, report, 'the report has not changed');
    });
  },
);

test('manual transfers work during a run', { timeout: 60_000 }, async () => {
  const query = '?scenario=hft&operations=1000000000&duration_s=30&workers=1&rate_per_s=2000';
  await withPage({ name: 'manual transfer during a run', query }, async (page) => {
    await reach(page, /^Ready$/);
    await button(page, 'Run').click();
    await reach(page, /^Running$/);
    await accountsOf(page)
      .getByText(/^The workers are running\./)
      .waitFor();
    const form = page.getByRole('form', { name: 'Manual transfer' });
    await form.getByLabel('To account').fill('trader_1');
    await form.getByLabel('Amount, coins').fill('123456789');
    await button(page, 'Move coins').click();
    await form.getByText('Created: 123,456,789\u00a0coins from @world to trader_1.').waitFor();
    assert(!(await button(page, 'Replay again').isVisible()), 'the serial replay has not run yet');
    await tableOf(page).waitFor();
    await button(page, 'Refresh').click();
    await button(page, 'Cancel').click();
    await reach(page, /^Cancelled$/);
    const { report } = await downloadReport(page);
    assert.equal(report.passed, true, JSON.stringify(report.checks));
    const row = report.accounts.rows.find(({ name }) => name === 'trader_1') ?? assert.fail();
    assert(balanceOf(row) > 100_000_000, 'the report includes earlier manual transfers');
  });
});

test(
  'a report without a ledger shows its accounts read-only',
  { timeout: 60_000 },
  async () => {
    const query = '?scenario=hft&preset=goledger';
    /** @type {string} */
    let text = '';
    await withPage({ name: 'accounts saved', query }, async (page) => {
      await runToEnd(page);
      text = JSON.stringify((await downloadReport(page)).report);
    });
    await withPage({ name: 'accounts opened', query }, async (page) => {
      await reach(page, /^Ready$/);
      await openReport(page, 'saved.json', text);
      await reach(page, /^Finished$/);
      await openAccounts(page);
      const { accounts } = JSON.parse(text);
      const rows = await rowsOf(tableOf(page));
      assert.equal(rows.length, accounts.rows.length);
      assert.deepEqual(
        rows.map(([, balance]) => number(balance)),
        accounts.rows.map(balanceOf),
      );
      const figure = page.getByRole('figure', { name: 'Balance distribution' });
      await figure.waitFor();
      assert.equal(await page.getByRole('form', { name: 'Manual transfer' }).count(), 0);
      await trailOf(page)
        .getByText(/^Start a run to explore its trail/)
        .waitFor();
      await assertAccessible(page, 'with the accounts of a report');
    });
  },
);
