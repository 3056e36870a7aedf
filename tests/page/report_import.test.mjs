import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { assertAccessible } from './axe.mjs';
import {
  button,
  downloadReport,
  downloaded,
  drawn,
  eventually,
  openReport,
  reach,
  reportOf,
  rowsOf,
  stateOf,
  withPage,
} from './browser.mjs';
import { nativeReport } from './native.mjs';

/** @import { Page } from 'playwright-core' */

const RUN = '?scenario=hft&workers=2&operations=20000&seed=7';
/** Long enough for several intervals of one second. */
const NATIVE = ['hft', '--workers', '2', '--duration-s', '3', '--rate-per-s', '100000'];

/** @param {Page} page */
function card(page) {
  return page.getByRole('region', { name: 'Run history', exact: true });
}

/** Returns the displayed texts of a report, without its charts. @param {Page} page */
async function seen(page) {
  const texts = [];
  for (const name of ['Numbers', 'Checks']) {
    texts.push(await page.getByRole('region', { name, exact: true }).innerText());
  }
  for (const name of ['Outcomes', /^Latency of /, 'Workers']) {
    texts.push(await page.getByRole('table', { name, exact: true }).innerText());
  }
  // A report lacks the number of changes of an account, so the last column is left out.
  await page.getByRole('region', { name: 'Accounts', exact: true }).scrollIntoViewIfNeeded();
  const accounts = page.getByRole('table', { name: 'Accounts', exact: true });
  await accounts.waitFor();
  texts.push(...(await rowsOf(accounts)).map((row) => row.slice(0, -1).join(' ')));
  return texts;
}

/** Returns the numbers of a chart's table. @param {Page} page @param {string} name */
async function columns(page, name) {
  const chart = page.getByRole('figure', { name, exact: true });
  await chart.getByText('As a table').click();
  const rows = await rowsOf(chart.getByRole('table'));
  return rows.map((row) => row.map((cell) => Number(cell.replaceAll(',', ''))));
}

test(
  'a report of the command line is displayed with charts per second',
  { timeout: 60_000 },
  async () => {
    const text = nativeReport(...NATIVE);
    const report = reportOf(text);
    await withPage({ name: 'import', query: RUN }, async (page) => {
      await reach(page, /^Ready$/);
      await openReport(page, 'floor.json', text);
      await reach(page, /^Finished$/);
      const facts = await page.getByRole('list', { name: 'Facts' }).innerText();
      assert.match(facts, /^Trading floor\n2\sworkers\nOrdered locks\nseed 42\n3(\.\d+)?\ss\n/);
      assert.match(facts, /opened from floor\.json$/);
      const checks = await rowsOf(page.getByRole('table', { name: 'Checks' }));
      assert.deepEqual(
        checks.map((row) => row[4]),
        Array(4).fill('✓ Pass'),
      );
      const { bytes } = await downloaded(page, 'Download report');
      assert.deepEqual(JSON.parse(bytes.toString('utf8')), JSON.parse(text), 'numbers are digits in both');
      assert.equal(await page.getByRole('combobox', { name: 'Concurrency control', exact: true }).inputValue(), 'ordered-locks');
      assert.equal(await page.getByRole('spinbutton', { name: 'Rate' }).inputValue(), '100000');
      await page.getByText('This run was opened from a file.').waitFor();

      const { accepted, refused } = report.series;
      const rates = await columns(page, 'Attempts per second');
      assert.equal(rates.length, accepted.length + 1, 'the beginning and the end of each second');
      accepted.slice(0, 2).forEach((/** @type {number} */ number, /** @type {number} */ second) => {
        assert.deepEqual(rates[second + 1], [second + 1, number, refused[second], 0]);
      });
      const entries = await columns(page, 'Entries in the trail');
      assert.equal(entries.at(-1)?.[1], report.totals.trail_entries);
      const workers = await columns(page, 'Operations per second, by worker');
      const mean = report.workers[0].operations / (report.elapsed_ns / 1e9);
      assert(Math.abs(workers[1][1] - mean) <= 1, `${workers[1][1]}, not ${mean}`);
      await assertAccessible(page, 'with a report from a file');

      await button(page, 'Run again').click();
      await page.getByText('This run was opened from a file.').waitFor({ state: 'hidden' });
      await button(page, 'Cancel').click();
      await reach(page, /^Cancelled$/);
    });
  },
);

/** All other scenarios; deadlock runs with incorrect concurrency control. */
const OTHERS = [
  'bank-run',
  'payments',
  'compliance',
  'smallbank',
  'deposits',
  'mixed',
  'transfers',
  'readers',
  'performance',
  'high-volume',
  'deadlock',
];

test('reports of every scenario are displayed', { timeout: 120_000 }, async () => {
  await withPage({ name: 'import others', query: RUN }, async (page) => {
    await reach(page, /^Ready$/);
    for (const name of OTHERS) {
      const wrong = name === 'deadlock' ? ['--concurrency', 'unordered-locks'] : [];
      const options = ['--workers', '2', '--operations', '5000', ...wrong];
      const text = nativeReport(name, ...options);
      const { title, checks, passed } = reportOf(text);
      await openReport(page, `${name}.json`, text);
      const facts = page.getByRole('list', { name: 'Facts' });
      await facts.getByText(`opened from ${name}.json`).waitFor();
      await facts.getByText(title, { exact: true }).waitFor();
      const table = page.getByRole('table', { name: 'Checks' });
      await eventually(async () => (await rowsOf(table)).length, checks.length);
      await reach(page, passed ? /^Finished$/ : /^Finished, checks failed$/);
    }
  });
});

test(
  'a run looks the same when its report is opened',
  { timeout: 60_000 },
  async () => {
    await withPage({ name: 'import own', query: RUN }, async (page) => {
      await reach(page, /^Ready$/);
      await button(page, 'Run').click();
      await reach(page, /^Finished$/);
      await drawn(page);
      const first = await seen(page);
      const { report } = await downloadReport(page);
      await page.getByText('Payments', { exact: true }).click();
      await button(page, 'Run again').click();
      // The previous run was in the same state.
      await stateOf(page).getByText('Payments').waitFor();
      await reach(page, /^Finished$/);
      await drop(page, [{ name: 'own.json', text: JSON.stringify(report) }]);
      await page.getByRole('list', { name: 'Facts' }).getByText('opened from own.json').waitFor();
      // A run of less than a second has one interval, so the rates agree as well.
      await eventually(() => seen(page), first);
    });
  },
);

/**
 * Drops files on the page.
 * @param {Page} page
 * @param {{ name: string, text: string }[]} files
 */
async function drop(page, files) {
  const transfer = await page.evaluateHandle((given) => {
    const made = new DataTransfer();
    for (const { name, text } of given) made.items.add(new File([text], name));
    return made;
  }, files);
  const target = page.getByRole('region', { name: 'Checks', exact: true });
  for (const type of ['dragenter', 'dragover']) {
    await target.dispatchEvent(type, { dataTransfer: transfer });
  }
  await page.getByText('Drop a report or a ledger to open it').waitFor();
  await target.dispatchEvent('drop', { dataTransfer: transfer });
  await page.getByText('Drop a report or a ledger to open it').waitFor({ state: 'hidden' });
}

/** @type {(change: (report: any) => void) => (text: string) => string} */
const changed = (change) => (text) => {
  const report = reportOf(text);
  change(report);
  return JSON.stringify(report);
};

/** @type {{ name: string, content: (text: string) => string | Buffer, says: RegExp }[]} */
const REFUSED = [
  { name: 'empty', content: () => '', says: /It is not JSON: EOF/ },
  {
    name: 'text',
    content: () => 'from_s,to_s\r\n',
    says: /It is not JSON: .+\./,
  },
  {
    name: 'half',
    content: (text) => text.slice(0, 500),
    says: /It is not JSON/,
  },
  { name: 'bytes', content: () => Buffer.from([0xff, 0xfe, 0, 1]), says: /It is not JSON/ },
  { name: 'null', content: () => 'null', says: /so it is not a report\./ },
  { name: 'list', content: () => '[1, 2]', says: /so it is not a report\./ },
  { name: 'another thing', content: () => '{"report": 3}', says: /Missing field `scenario`/ },
  {
    name: 'version',
    content: changed((report) => (report.report = 2)),
    says: /report of version 2; this program reads versions 3 to 5\./,
  },
  {
    name: 'missing',
    content: changed((report) => delete report.workers[1].waits),
    says: /workers\[1\]: missing field `waits`/,
  },
  {
    name: 'kind',
    content: changed((report) => (report.totals.accepted = 'five')),
    says: /totals\.accepted: invalid value: string "five", expected a whole number below 2\^64/,
  },
  {
    name: 'below',
    content: changed((report) => (report.series.refused[0] = -1)),
    says: /series\.refused\[0\]: invalid type: integer `-1`, expected a whole number below 2\^64/,
  },
  {
    name: 'extra',
    content: changed((report) => (report.checks[0].onload = 'alert(1)')),
    says: /checks\[0\]\.onload: unknown field `onload`/,
  },
  {
    name: 'amount',
    content: changed((report) => (report.accounts.rows[0].debits_posted = '12e4')),
    says: /accounts\.rows\[0\]\.debits_posted: .*"12e4"/,
  },
  {
    name: 'sum',
    content: changed((report) => (report.series.accepted[0] += 1)),
    says: /totals\.accepted is [\d,]+, but the series adds up to [\d,]+\./,
  },
  {
    name: 'result',
    content: changed((report) => (report.checks[0].passed = false)),
    says: /Passed is true, but a check failed\./,
  },
  {
    name: 'contradiction',
    content: changed((report) => {
      report.checks.find((/** @type {any} */ { name }) => name === 'conservation').expected = 26_000_001;
    }),
    says: /The check conservation is marked as passed, but it expected 26,000,001 and found 26,000,000\./i,
  },
  {
    name: 'unchecked',
    content: changed((report) => (report.checks = [])),
    says: /has no checks\./,
  },
  {
    name: 'date',
    content: changed((report) => (report.started_at_ms = 9e15)),
    says: /started_at_ms is 9000000000000000; the limit is 8640000000000000\./,
  },
  {
    name: 'workers',
    content: changed((report) => {
      report.workers = Array.from({ length: 2000 }, () => report.workers[0]);
    }),
    says: /Workers has 2000 items; the limit is 1024\./,
  },
  {
    name: 'long',
    content: changed((report) => (report.ended_because = 'x'.repeat(10_001))),
    says: /ended_because has 10001 characters; the limit is 10000\./,
  },
  {
    name: 'large',
    content: (text) => Buffer.concat([Buffer.from(text), Buffer.alloc(33 * 1024 * 1024, ' ')]),
    says: /It has 33\.\d\sMiB\. The limit for reports is 32 MiB\./,
  },
];

test('a file that is not a report is rejected and changes nothing', { timeout: 120_000 }, async () => {
  const text = nativeReport('hft', '--workers', '2', '--operations', '20000');
  await withPage({ name: 'import refused', query: RUN }, async (page) => {
    await reach(page, /^Ready$/);
    await openReport(page, 'whole.json', text);
    await card(page).getByText('“whole.json” is displayed.').waitFor();
    const before = await seen(page);
    const alert = card(page).getByRole('alert');
    for (const { name, content, says } of REFUSED) {
      await openReport(page, `${name}.json`, content(text));
      await alert.getByText(`“${name}.json” was not opened.`).waitFor();
      const message = await alert.innerText();
      assert.match(message, says);
      assert.match(message, /The displayed run has not changed\.$/);
      assert.deepEqual(await seen(page), before, name);
      const list = card(page).getByRole('table', { name: 'Stored runs' });
      assert.equal((await rowsOf(list)).length, 1, name);
    }
    await assertAccessible(page, 'with a rejected file');
    await drop(page, [
      { name: 'one.json', text },
      { name: 'two.json', text },
    ]);
    await card(page)
      .getByText(/^Drop one file at a time, not 2\sfiles\.$/)
      .waitFor();
    assert.equal(await alert.innerText(), '');
  });
});

test(
  'reports with more workers, unknown scenarios or an older version are displayed',
  { timeout: 60_000 },
  async () => {
    const report = reportOf(nativeReport('hft', '--workers', '40', '--operations', '20000'));
    await withPage({ name: 'import foreign', query: RUN }, async (page) => {
      await reach(page, /^Ready$/);
      await openReport(page, 'forty.json', JSON.stringify(report));
      await page.getByText('Correct these fields to run: workers.').waitFor();
      await eventually(
        async () => (await rowsOf(page.getByRole('table', { name: 'Workers' }))).length,
        40,
      );
      report.scenario = 'of-tomorrow';
      report.title = 'Of tomorrow';
      await openReport(page, 'tomorrow.json', JSON.stringify(report));
      await page
        .getByText(/no scenario “of-tomorrow”, so it cannot repeat the run/)
        .waitFor();
      await page.getByRole('list', { name: 'Facts' }).getByText('Of tomorrow').waitFor();

      const file = new URL('../suite/report/version_3.report', import.meta.url);
      await openReport(page, 'version-3.json', await readFile(file));
      await page.getByRole('list', { name: 'Facts' }).getByText('opened from version-3.json').waitFor();
      assert.equal((await downloadReport(page)).report.report, 5);
    });
  },
);

test('a check that passed although its figures differ is not green', { timeout: 60_000 }, async () => {
  const report = reportOf(nativeReport('bank-run', '--workers', '2', '--operations', '2000'));
  const check = report.checks.find((/** @type {any} */ { name }) => name === 'nobody_negative');
  assert(check.passed);
  check.found = 5;
  await withPage({ name: 'import contradiction' }, async (page) => {
    await reach(page, /^Ready$/);
    await openReport(page, 'contradiction.json', JSON.stringify(report));
    await reach(page, /^Finished, figures contradict$/);
    const result = page.getByRole('region', { name: 'Result' });
    const sentence = '! No negative balance is marked as passed, but it expected 0 and found 5.';
    await result.getByRole('heading', { name: sentence }).waitFor();
    const all = report.checks.length;
    await result.getByRole('group', { name: 'Checks passed' }).getByText(`of ${all} checks passed`).waitFor();
    const row = page.getByRole('row', { name: /^No negative balance/ });
    await row.getByText('! Figures differ').waitFor();
    assert.equal(await row.getByText('Pass').count(), 0);
  });
});

test('texts of a report never become HTML', { timeout: 60_000 }, async () => {
  const evil = '<img src=x onerror="document.title=1"><script>document.title=2</script>';
  const report = reportOf(nativeReport('deadlock', '--workers', '2'));
  for (const check of report.checks) check.title = check.description = check.unit = evil;
  report.checks.push({ ...report.checks[0], name: 'evil', expected: evil, found: evil });
  report.title = report.ended_because = report.latency.description = report.health.message = evil;
  report.environment.host = report.accounts.rows[0].name = evil;
  report.flaws = [evil];
  report.parameters[evil] = evil;
  report.facts.push({ name: 'evil', title: evil, value: evil, unit: evil });
  report.events.push({ name: 'evil', title: evil, count: 1, first_at_ns: 5, messages: [evil] });
  await withPage({ name: 'import evil', query: RUN }, async (page) => {
    await reach(page, /^Ready$/);
    await openReport(page, `${'<b>'}.json`, JSON.stringify(report));
    await page.getByRole('list', { name: 'Facts' }).getByText('opened from <b>.json').waitFor();
    await card(page)
      .getByRole('button', { name: /^Compare </ })
      .click();
    await page.getByRole('table', { name: 'Compared runs' }).waitFor();
    await page.waitForTimeout(300);
    const found = await page.evaluate(() => ({
      images: [...document.querySelectorAll('main img, main b, body script')].length,
      title: document.title,
    }));
    assert.deepEqual(found, { images: 0, title: 'ledgerlab' });
    assert((await page.getByText(evil).count()) > 8, 'it is displayed as text');
  });
});
