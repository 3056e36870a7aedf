/** The cards of a report: events, facts, latency, and long check results. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { button, downloadReport, eventually, reach } from './browser.mjs';
import { rowsOf, stateOf, withPage } from './browser.mjs';

/** @import { Page } from 'playwright-core' */

const CIRCLE = new RegExp(
  '^Worker ([12]) held account_([12]) and waited for account_([12]), ' +
    'which worker ([12]) held while it waited for account_([12])\\.$',
);

/** @param {Page} page */
async function runToEnd(page) {
  await reach(page, /^Ready$/);
  await button(page, 'Run').click();
  await reach(page, /^Finished/);
}

test('deadlocks are listed by name, during the run and after it', { timeout: 60_000 }, async () => {
  const query = '?scenario=deadlock&workers=2&concurrency=unordered-locks';
  await withPage({ name: 'deadlock', query }, async (page) => {
    await reach(page, /^Ready$/);
    const events = page.getByRole('region', { name: 'Events' });
    assert.equal(await events.count(), 0, 'nothing has happened yet');
    await button(page, 'Run').click();
    await reach(page, /^Running$/);
    const live = events.getByRole('listitem').filter({ hasText: /^Deadlock(,| at)/ });
    await live.waitFor();
    assert.match(await live.innerText(), /^Deadlock(, \d+ times, first)? at [\d.]+\s(s|ms|µs)$/);
    await page.getByRole('status').filter({ hasText: /^Deadlock\.$/ }).waitFor();
    await reach(page, /^Finished, checks failed$/);
    const messages = await events.getByRole('list', { name: /^Deadlock/ }).getByRole('listitem');
    const sentences = await messages.allInnerTexts();
    assert(sentences.length >= 1 && sentences.length <= 4, sentences.join('\n'));
    for (const sentence of sentences) {
      const [, one, held, wanted, other, back] = CIRCLE.exec(sentence) ?? assert.fail(sentence);
      assert(one !== other && held !== wanted && back === held, sentence);
    }
    const { report } = await downloadReport(page);
    assert(report.elapsed_ns < 6e9, `it took ${report.elapsed_ns} ns`);
    assert.equal(report.events[0].messages.length, sentences.length);
  });
});

test('a run without events has no events panel', { timeout: 60_000 }, async () => {
  const query = '?scenario=deadlock&preset=goledger';
  await withPage({ name: 'calm deadlock', query }, async (page) => {
    await runToEnd(page);
    await page.getByRole('table', { name: 'Latency of batches of 256 operations' }).waitFor();
    assert.equal(await page.getByRole('region', { name: 'Events' }).count(), 0);
  });
});

test('latency and facts are tables with units', { timeout: 60_000 }, async () => {
  const query = '?scenario=readers&workers=2&operations=50000';
  await withPage({ name: 'latency', query }, async (page) => {
    await reach(page, /^Ready$/);
    assert.equal(await page.getByRole('table', { name: 'Latency' }).count(), 0);
    await runToEnd(page);
    const { report } = await downloadReport(page);
    const latency = page.getByRole('table', { name: 'Latency of batches of 256 operations', exact: true });
    await latency.waitFor();
    const rows = await rowsOf(latency);
    assert.deepEqual(
      rows.map(([name]) => name),
      ['p50', 'p90', 'p99', 'p99.9', 'Max'],
    );
    const chart = page.getByRole('figure', { name: 'Latency percentiles' });
    await chart.getByText('of batches of 256 operations').waitFor();
    for (const [, , time] of rows) assert.match(time, /^(<\s)?[\d.,]+\s(s|ms|µs)$/);
    await page.getByText(report.latency.description).waitFor();

    const facts = await rowsOf(page.getByRole('table', { name: 'Facts of the run' }));
    assert.equal(facts.length, report.facts.length);
    assert.deepEqual(facts[0], ['Balances read', report.totals.reads.toLocaleString('en-US')]);
  });
});

test('progress, rates and workers count operations', { timeout: 60_000 }, async () => {
  // Four of five operations are reads, not attempts.
  const query = '?scenario=high-volume&workers=2&operations=60&rate_per_s=20';
  await withPage({ name: 'operations', query }, async (page) => {
    await reach(page, /^Ready$/);
    await button(page, 'Run').click();
    await reach(page, /^Running$/);
    const progress = page.getByRole('progressbar', { name: 'Progress of the run' });
    let most = 0;
    while (!/Finished|Checking/.test(await stateOf(page).locator('strong').innerText())) {
      const done = await progress.evaluate((bar) => /** @type {HTMLProgressElement} */ (bar).value);
      most = Math.max(most, done);
      await page.waitForTimeout(50);
    }
    assert(most > 0.7 && most <= 1, `the progress was ${most} near the end`);
    await reach(page, /^Finished$/);
    const { report } = await downloadReport(page);
    assert.deepEqual([report.totals.operations, report.totals.attempts], [60, 12]);
    const done = /60\soperations \(12\sattempts, 48\sreads\) in/;
    await stateOf(page).getByText(done).first().waitFor();

    const table = page.getByRole('table', { name: 'Workers' });
    const headings = await table.getByRole('columnheader').allInnerTexts();
    const columns = ['Share', 'Operations', 'Attempts', 'Reads'];
    assert.deepEqual(headings.slice(2, 6), columns);
    const seen = (await rowsOf(table)).map((row) => row.slice(3, 6).map(Number));
    assert.deepEqual(
      seen,
      report.workers.map(({ operations, attempts, reads }) => [operations, attempts, reads]),
    );
  });
});

test('a result as long as a sentence fits its panel', { timeout: 60_000 }, async () => {
  const query = '?scenario=hft&workers=2&accounts=4&exchanges=1&concurrency=no-locks';
  await withPage({ name: 'long result', query }, async (page) => {
    await runToEnd(page);
    await reach(page, /^Finished, checks failed$/);
    const checks = page.getByRole('table', { name: 'Checks' });
    await checks.getByRole('row', { name: /^Serial replay.*Fail/ }).waitFor();
    for (const width of [320, 360, 768, 1440]) {
      await page.setViewportSize({ width, height: 900 });
      const wide = await page.evaluate(() => document.documentElement.scrollWidth);
      assert(wide <= width, `at ${width} pixels the page is ${wide} wide`);
      const cells = await checks
        .locator('tbody :is(td, th)')
        .evaluateAll((found) =>
          found
            .filter((cell) => cell.scrollWidth > cell.clientWidth + 1)
            .map((cell) => cell.outerHTML),
        );
      assert.deepEqual(cells, [], `cells that overflow at ${width}`);
    }
  });
});

test('each scenario can be selected and has a description', { timeout: 60_000 }, async () => {
  await withPage({ name: 'choose' }, async (page) => {
    await reach(page, /^Ready$/);
    const group = page.getByRole('group', { name: 'Scenario', exact: true });
    const radios = group.getByRole('radio');
    const count = await radios.count();
    assert(count >= 2);
    for (let index = 0; index < count; index += 1) {
      await radios.nth(index).focus();
      await page.keyboard.press('Space');
      const { value, sentence } = await radios.nth(index).evaluate((radio) => {
        const { value } = /** @type {HTMLInputElement} */ (radio);
        const line = document.getElementById(radio.getAttribute('aria-describedby') ?? '');
        return { value, sentence: line?.textContent ?? '' };
      });
      assert.notEqual(sentence, '', value);
      await eventually(() => group.getByText(sentence, { exact: true }).isVisible(), true);
      const query = index === 0 ? '' : `?scenario=${value}`;
      await eventually(() => page.evaluate(() => location.search), query);
    }
  });
});

test('figures of wrong balances are left out, and waits say for what', { timeout: 90_000 }, async () => {
  // So many withdrawals from one reserve that updates are lost.
  const query = '?scenario=bank-run&workers=2&operations=400000&concurrency=no-locks&seed=7';
  await withPage({ name: 'wrong balances', query }, async (page) => {
    await runToEnd(page);
    const { report } = await downloadReport(page);
    const replay = report.checks.find(({ name }) => name === 'replay');
    assert.equal(replay?.passed, false, 'an update was lost');
    const [, named] = /^entry ([\d,]+) /.exec(String(replay?.found)) ?? [];
    const checks = page.getByRole('table', { name: 'Checks' });
    const row = checks.getByRole('row', { name: /^Serial replay/ });
    if (named) {
      const replayed = Number(named.replaceAll(',', '')) - 1;
      assert.equal(replay?.examined, replayed, 'the entries before the one that differs');
      await row.getByText(new RegExp(`^${replayed.toLocaleString('en-US')} entries replayed$`)).waitFor();
    }
    const facts = page.getByRole('table', { name: 'Facts of the run' });
    await facts.getByText('Figures left out, because they depend on balances that are wrong').waitFor();
    assert.equal(await facts.getByText('Paid out', { exact: true }).count(), 0);
    await facts.getByText('Not served: reserve too small').waitFor();
    await page.getByText('Waits are for the latches of transfer ids; no account is locked.').waitFor();
  });
});
