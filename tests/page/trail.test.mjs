/** The trail explorer: filters, rows, entries with their neighbours, exports, and the seal. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { assertAccessible } from './axe.mjs';
import { button, downloadReport, downloaded, eventually, withPage } from './browser.mjs';
import { ENTRIES, RUN, entriesIn, findEntries, gridOf } from './trail_explorer.mjs';
import { openTrail, rowsInSight, runToEnd, said, trailOf } from './trail_explorer.mjs';

/** @import { Page } from 'playwright-core' */
/** @import { TrailEntry } from '../../www/types.d.ts' */

/** @param {Page} page @returns {Promise<TrailEntry[]>} */
async function exported(page) {
  const { bytes } = await downloaded(page, 'Save as NDJSON');
  await trailOf(page)
    .getByText(/saved as/)
    .waitFor();
  return entriesIn(bytes);
}

/** @param {TrailEntry} entry */
function accountsIn({ kind, id, debit_account_id, credit_account_id }) {
  return kind === 'account' ? [String(id)] : [debit_account_id, credit_account_id].map(String);
}

test(
  'filtered entries agree with the report and the export',
  { timeout: 120_000 },
  async () => {
    await withPage({ name: 'trail filters', query: RUN }, async (page) => {
      await runToEnd(page);
      await openTrail(page);
      const { report } = await downloadReport(page);
      assert.equal(report.totals.trail_entries, ENTRIES);
      const whole = await exported(page);
      assert.equal(whole.length, ENTRIES);
      const refused = report.totals.by_status.exceeds_credits;
      assert(refused > 0, 'some traders ran out of coins');
      assert.equal(await findEntries(page, { Status: 'exceeds credits' }), refused);
      assert.equal(await findEntries(page, { Kind: 'account' }), report.accounts.count);
      assert.equal(await findEntries(page, { Worker: '2' }), report.workers[1].attempts);
      const trader = report.accounts.rows.find(({ name }) => name === 'trader_1');
      const id = String(trader?.id);
      const own = whole.filter((entry) => accountsIn(entry).includes(id));
      assert.equal(await findEntries(page, { Account: 'trader_1' }), own.length);
      assert.deepEqual(await exported(page), own, 'the file has the found entries');
      assert.equal(await findEntries(page, { Account: id }), own.length, 'an id selects the same entries');
      const [from, to] = [whole[50_000].timestamp, whole[60_000].timestamp];
      const period = { 'From timestamp': String(from), 'To timestamp': String(to) };
      assert.equal(await findEntries(page, period), 10_001);
      const [one] = whole.slice(70_000);
      assert.equal(await findEntries(page, { Id: String(one.id) }), 1);
      assert.equal((await exported(page))[0].timestamp, one.timestamp);
      assert.equal(await findEntries(page, { Account: 'trader_1', Status: 'cancelled' }), 0);
    });
  },
);

test('an invalid filter is explained field by field', { timeout: 60_000 }, async () => {
  await withPage(
    { name: 'trail problems', query: '?scenario=hft&preset=goledger' },
    async (page) => {
      await runToEnd(page);
      await trailOf(page).scrollIntoViewIfNeeded();
      await trailOf(page)
        .getByText(/entries\.$/)
        .waitFor();
      const form = page.getByRole('form', { name: 'Filter of the trail' });
      await form.getByLabel('Account', { exact: true }).fill('nobody');
      await form.getByLabel('Worker', { exact: true }).fill('many');
      await form.getByRole('button', { name: 'Find', exact: true }).click();
      await form.getByText('There is no account “nobody”.').waitFor();
      await form.getByText('Enter a whole number, not “many”.').waitFor();
      assert.equal(
        await form.getByLabel('Account', { exact: true }).getAttribute('aria-invalid'),
        'true',
      );
      await assertAccessible(page, 'with an invalid filter');
      await form.getByLabel('Account', { exact: true }).fill('');
      await form.getByLabel('Worker', { exact: true }).fill('');
      await form.getByLabel('Status').fill('lost');
      await form.getByRole('button', { name: 'Find', exact: true }).click();
      await trailOf(page).getByRole('alert').filter({ hasText: 'lost' }).waitFor();
    },
  );
});

test('an export as CSV has a heading and a row for each entry', { timeout: 60_000 }, async () => {
  await withPage({ name: 'trail csv', query: RUN }, async (page) => {
    await runToEnd(page);
    await openTrail(page);
    const found = await findEntries(page, { Worker: '2', Status: 'created' });
    assert(found > 4_096, 'the file needs several reads');
    const { file, bytes } = await downloaded(page, 'Save as CSV');
    assert.equal(file, 'ledgerlab-hft-7-trail.csv');
    const [head, ...rows] = bytes.toString('utf8').split('\r\n');
    assert.equal(rows.pop(), '');
    const columns = head.split(',');
    assert.deepEqual(columns.slice(0, 4), ['writer', 'position', 'kind', 'status']);
    assert.equal(rows.length, found);
    for (const row of rows) {
      const cells = row.split(',');
      assert.equal(cells.length, columns.length, row);
      assert.deepEqual([cells[0], cells[3]], ['2', 'created'], row);
    }
  });
});

/** More rows than fit into the scrolled height of `virtual_scroll.js`. */
const MORE_ROWS = RUN.replace('200000', '300000');

test(
  'searches and tasks can be stopped and report their progress',
  { timeout: 60_000 },
  async () => {
    await withPage({ name: 'trail stop', query: RUN }, async (page) => {
      await runToEnd(page);
      await openTrail(page);
      let saved = false;
      page.on('download', () => (saved = true));
      const save = button(page, 'Save as NDJSON');
      const text = await said(page, /^Stopped after/, async () => {
        // Both presses happen in the page, because saving takes only a second.
        await save.evaluate(async (pressed) => {
          const region = pressed.closest('section');
          const named = () => [...(region?.querySelectorAll('button') ?? [])];
          const stop = named().find(({ textContent }) => textContent === 'Stop');
          /** @type {HTMLElement} */ (pressed).click();
          while (!stop?.checkVisibility()) await new Promise(requestAnimationFrame);
          stop.click();
        });
      });
      const [done, of] = text.split(' of ').map((part) => Number(part.replace(/\D/g, '')));
      assert(done < ENTRIES && of === ENTRIES, text);
      await page.waitForTimeout(500);
      assert(!saved, 'no file is saved');
      await eventually(() => save.isEnabled(), true);
    });
  },
);

test(
  'every row is reachable by keys, scroll bar and number',
  { timeout: 90_000 },
  async () => {
    const entries = ENTRIES + 100_000;
    await withPage({ name: 'trail rows', query: MORE_ROWS }, async (page) => {
      await runToEnd(page);
      await openTrail(page, entries);
      const whole = await exported(page);
      const grid = gridOf(page);
      assert.equal(await grid.getAttribute('aria-rowcount'), String(entries + 1));
      /** @param {number} row from 1 */
      const shows = async (row) => {
        const time = Number(whole[row - 1].timestamp).toLocaleString('en-US');
        await eventually(async () => (await rowsInSight(page)).get(row)?.[1], time);
      };
      await shows(1);
      await grid.focus();
      await page.keyboard.press('End');
      await shows(entries);
      const named = await grid.getAttribute('aria-activedescendant');
      const active = page.locator(`#${named}`);
      assert.equal(await active.getAttribute('aria-rowindex'), String(entries + 1));
      assert(!(await rowsInSight(page)).has(entries + 1), 'there is no row after the last one');
      await page.keyboard.press('PageUp');
      await page.keyboard.press('ArrowUp');
      await page.keyboard.press('Home');
      await shows(1);
      await grid.evaluate((box) => (box.scrollTop = box.scrollHeight));
      await shows(entries);
      await grid.evaluate((box) => (box.scrollTop = box.scrollHeight / 2));
      await eventually(async () => {
        const [middle] = (await rowsInSight(page)).keys();
        return Math.abs(middle - entries / 2) < 50;
      }, true);
      await grid.hover();
      await page.mouse.wheel(0, -300);
      await page.waitForTimeout(400);
      for (const [row, cells] of await rowsInSight(page)) {
        assert.equal(cells[1], Number(whole[row - 1].timestamp).toLocaleString('en-US'), `${row}`);
      }
      await trailOf(page).getByLabel('Row', { exact: true }).fill('123,456');
      await button(page, 'Go to row').click();
      await shows(123_456);
      const part = await grid.evaluate(
        (box) => box.scrollTop / (box.scrollHeight - box.clientHeight),
      );
      assert(Math.abs(part - 123_456 / entries) < 0.01, `the bar stands at ${part}`);
      await page.getByLabel('Newest first').check();
      await trailOf(page)
        .getByText(/entries\.$/)
        .waitFor();
      const latest = Number(whole[entries - 1].timestamp).toLocaleString('en-US');
      await eventually(async () => (await rowsInSight(page)).get(1)?.[1], latest);
    });
  },
);

test('a selected entry shows its neighbours in both accounts', { timeout: 90_000 }, async () => {
  await withPage({ name: 'trail entry', query: RUN }, async (page) => {
    await runToEnd(page);
    await openTrail(page);
    const whole = await exported(page);
    const at = whole.findIndex((entry, row) => row > 100_000 && entry.kind === 'transfer');
    const chosen = whole[at];
    await trailOf(page)
      .getByLabel('Row', { exact: true })
      .fill(String(at + 1));
    await button(page, 'Go to row').click();
    await gridOf(page).focus();
    const time = (/** @type {TrailEntry} */ entry) =>
      Number(entry.timestamp).toLocaleString('en-US');
    await eventually(async () => (await rowsInSight(page)).get(at + 1)?.[1], time(chosen));
    await page.keyboard.press('Enter');
    const detail = page.getByRole('region', { name: `Entry at ${time(chosen)}` });
    const items = detail.getByRole('list', { name: 'Entries before and after' });
    await eventually(() => items.getByRole('listitem').count(), 4);
    const items_text = await items.getByRole('listitem').allInnerTexts();
    const expected = [chosen.debit_account_id, chosen.credit_account_id].flatMap((id) => {
      const concerns = (/** @type {TrailEntry} */ entry) => accountsIn(entry).includes(String(id));
      return [whole.slice(0, at).findLast(concerns), whole.slice(at + 1).find(concerns)];
    });
    expected.forEach((entry, index) => {
      assert.match(items_text[index], index % 2 === 0 ? /^Before, / : /^After, /);
      assert(entry ? items_text[index].endsWith(`at ${time(entry)}`) : items_text[index].endsWith('none'));
    });
    const holdings = await detail.locator('dd').allInnerTexts();
    assert(holdings.includes(String(chosen.id)), holdings.join('\n'));
    await assertAccessible(page, 'with an entry selected');
    const [before] = expected;
    assert(before, 'it has a previous entry');
    await items.getByRole('button').first().click();
    await page.getByRole('region', { name: `Entry at ${time(before)}` }).waitFor();
    const row = whole.indexOf(before) + 1;
    await eventually(async () => (await rowsInSight(page)).get(row)?.[1], time(before));
    await button(page, 'Close').click();
    await eventually(() => page.getByRole('region', { name: /^Entry at/ }).count(), 0);
    assert(
      await gridOf(page).evaluate((grid) => grid === document.activeElement),
      'the focus stays',
    );
  });
});
