/**
 * Takes screenshots of the page in every state, width and colour scheme:
 *
 *     npm run screenshots              test-results/screenshots/
 *     npm run screenshots -- flawed    only these states
 *     npm run screenshots -- --readme  docs/images/run-light.png and run-dark.png as well
 */
import { mkdir } from 'node:fs/promises';
import { button, openReport, reach, results, root, unfold, withPage } from './browser.mjs';
import { accountsOf, gridOf, openTrail } from './trail_explorer.mjs';
import { trapInWork, waitInCircle } from './tampering.mjs';

/** @import { Page } from 'playwright-core' */
/** @import { Opening } from './browser.mjs' */

const WIDTHS = [360, 768, 1440];
const SCHEMES = /** @type {const} */ (['light', 'dark']);

const SHORT_RUN = '?scenario=hft&workers=2&operations=200000&seed=7';
const LONG_RUN = '?scenario=hft&operations=1000000000&duration_s=60&trail_mib=3500&seed=7';
/** Slow enough for a screenshot during the run. */
const WATCHED = '?workers=2&operations=1000000&duration_s=60&rate_per_s=10000&trail_mib=512&seed=7';
/** Some seconds at full speed, for charts with enough points. */
const README_RUN = '?scenario=hft&operations=20000000&trail_mib=3500&seed=7';

/** @param {Page} page */
async function ready(page) {
  await reach(page, /^Ready$/);
}

/** @param {Page} page */
async function run(page) {
  await ready(page);
  await button(page, 'Run').click();
  await reach(page, /^Running$/);
  await page.waitForTimeout(2_500);
}

/**
 * Pauses a run in the middle.
 * @param {Page} page
 */
async function watch(page) {
  await run(page);
  await button(page, 'Pause').click();
  await reach(page, /^Paused$/);
  await page.waitForTimeout(500);
}

/** @param {Page} page */
async function runToEnd(page) {
  await ready(page);
  await button(page, 'Run').click();
  await reach(page, /^Finished/, 90_000);
}

/** @param {Page} page */
async function keepOnDisk(page) {
  await ready(page);
  await unfold(page);
  await page.getByRole('checkbox', { name: 'Keep on disk' }).check();
}

/** @param {Page} page */
async function runOnDisk(page) {
  await keepOnDisk(page);
  await button(page, 'Run').click();
  await reach(page, /^Finished/, 90_000);
}

/** @type {Record<string, Partial<Opening> & { act: (page: Page) => Promise<void> }>} */
const STATES = {
  idle: { act: ready },
  invalid: {
    query: '?scenario=hft&colour=red',
    async act(page) {
      await ready(page);
      await button(page, 'Explain').click();
      await page.getByRole('spinbutton', { name: 'Operations' }).fill('0');
    },
  },
  flawed: { query: '?scenario=hft&concurrency=no-locks', act: ready },
  explained: {
    query: '?scenario=hft&concurrency=unordered-locks',
    async act(page) {
      await ready(page);
      await button(page, 'Explain').click();
    },
  },
  running: { query: LONG_RUN, act: run },
  cancelled: {
    query: LONG_RUN,
    async act(page) {
      await run(page);
      await button(page, 'Cancel').click();
      await reach(page, /^Cancelled$/);
    },
  },
  floor: { query: `${WATCHED}&scenario=hft`, act: watch },
  bank: { query: `${WATCHED}&scenario=bank-run&withdrawals_per_customer=5`, act: watch },
  payments: { query: `${WATCHED}&scenario=payments`, act: watch },
  ring: { query: `${WATCHED}&scenario=deadlock&accounts=8`, act: watch },
  circle: { query: `${WATCHED}&scenario=deadlock&accounts=5`, before: waitInCircle, act: watch },
  heat: { query: `${WATCHED}&scenario=smallbank`, act: watch },
  finished: { query: SHORT_RUN, act: runToEnd },
  deadlock: { query: '?scenario=deadlock&workers=2&concurrency=unordered-locks', act: runToEnd },
  lost: {
    query: '?scenario=hft&workers=2&accounts=4&exchanges=1&concurrency=no-locks',
    act: runToEnd,
  },
  compliance: { query: '?scenario=compliance&workers=2&seed=7', act: runToEnd },
  readers: { query: '?scenario=readers&workers=2&operations=400000&seed=7', act: runToEnd },
  goledger: { query: '?scenario=hft&preset=goledger', act: runToEnd },
  failed: {
    query: SHORT_RUN,
    before: trapInWork,
    async act(page) {
      await ready(page);
      await button(page, 'Run').click();
      await reach(page, /^Failed$/);
    },
  },
  console: {
    context: { serviceWorkers: 'allow' },
    async act(page) {
      await page.getByRole('radio', { name: 'This tab’s ledger', checked: true }).waitFor();
      await page.getByLabel('Example', { exact: true }).selectOption('Query accounts');
      await button(page, 'Send').click();
      await page.getByText(/^200 OK/).waitFor();
      await page.getByText('Response headers').click();
    },
  },
  'console-refused': {
    expected: [/status of 401/],
    context: { serviceWorkers: 'allow' },
    async act(page) {
      await page.getByRole('radio', { name: 'This tab’s ledger', checked: true }).waitFor();
      await page.getByLabel('Authorization').fill('2');
      await button(page, 'Send').click();
      await page.getByText(/^401/).waitFor();
      await page.getByLabel('Path').fill('account/coins');
    },
  },
  compared: {
    query: '?scenario=hft&workers=2&operations=2000000&seed=7',
    async act(page) {
      await ready(page);
      await page.getByRole('checkbox', { name: /No locks/ }).check();
      await button(page, 'Compare').click();
      await page.getByText(/^4\soptions compared\./).waitFor({ timeout: 60_000 });
      await openReport(page, 'trail.ndjson', 'no report');
      await page.getByText('was not opened').waitFor();
    },
  },
  trail: {
    query: SHORT_RUN,
    async act(page) {
      await runToEnd(page);
      await openTrail(page);
      await gridOf(page).getByRole('row').nth(5).click();
      await page
        .getByRole('list', { name: 'Entries before and after' })
        .getByRole('button')
        .first()
        .waitFor();
      await button(page, 'Seal').click();
      await page.getByText(/^Sealed: .* hash/).waitFor();
      await button(page, 'Verify an altered copy').click();
      await page.getByText(/^Found in the copy/).waitFor();
    },
  },
  diverging: {
    query: '?scenario=hft&workers=2&accounts=4&exchanges=1&concurrency=no-locks',
    async act(page) {
      await runToEnd(page);
      await page
        .getByRole('button', { name: /^Show the entry/ })
        .first()
        .click();
      await page.locator('[role="grid"] .divergent').waitFor();
      await page
        .getByRole('list', { name: 'Entries before and after' })
        .getByRole('button')
        .first()
        .waitFor();
    },
  },
  accounts: {
    query: SHORT_RUN,
    async act(page) {
      await runToEnd(page);
      await accountsOf(page).scrollIntoViewIfNeeded();
      await button(page, 'trader_3').click();
      await page
        .getByRole('figure', { name: 'Balance of trader_3' })
        .getByText(/transfers/)
        .waitFor();
      await page.getByLabel('To account').fill('trader_3');
      await page.getByLabel('Amount, coins').fill('250000');
      await button(page, 'Move coins').click();
      await page.getByText(/^Created: /).waitFor();
    },
  },
  'on-disk': { query: SHORT_RUN, act: runOnDisk },
  'stored-ledger': {
    query: SHORT_RUN,
    async act(page) {
      await runOnDisk(page);
      await page.reload();
      await ready(page);
      await button(page, 'Open the stored ledger').click();
      await page.getByText('Every entry is whole').waitFor();
      await page.getByRole('table', { name: 'Accounts', exact: true }).scrollIntoViewIfNeeded();
      await openTrail(page);
    },
  },
  'ledger-in-use': {
    query: `${WATCHED}&scenario=hft`,
    async act(page) {
      const first = await page.context().newPage();
      await first.goto(page.url());
      await keepOnDisk(first);
      await button(first, 'Run').click();
      await reach(first, /^Running$/);
      await keepOnDisk(page);
      await button(page, 'Run').click();
      await reach(page, /^Failed$/);
      await button(page, 'Open the stored ledger').click();
      await page.getByText('The stored ledger is in use.').waitFor();
    },
  },
  keys: {
    async act(page) {
      await ready(page);
      await page.keyboard.press('?');
      await page.getByRole('dialog').waitFor();
    },
  },
  unsupported: { sent: {}, act: (page) => reach(page, /^Not supported$/) },
};

/**
 * Takes a screenshot of the whole page.
 * @param {Page} page
 * @param {string} path
 * @param {number} width
 * @param {number} [height]
 */
async function picture(page, path, width, height) {
  const whole = height ?? (await page.evaluate(() => document.documentElement.scrollHeight));
  await page.setViewportSize({ width, height: whole });
  await page.mouse.move(0, 0);
  await page.evaluate(() => /** @type {HTMLElement | null} */ (document.activeElement)?.blur());
  await page.waitForTimeout(400);
  await page.screenshot({ path });
}

const named = process.argv.slice(2).filter((word) => !word.startsWith('--'));
await mkdir(`${results}screenshots`, { recursive: true });
for (const [name, { act, ...opening }] of Object.entries(STATES)) {
  if (named.length > 0 && !named.includes(name)) continue;
  for (const colorScheme of SCHEMES) {
    for (const width of WIDTHS) {
      const sized = { colorScheme, viewport: { width, height: 900 } };
      const context = { ...opening.context, ...sized };
      await withPage({ name, ...opening, context }, async (page) => {
        await act(page);
        const path = `${results}screenshots/${name}-${width}-${colorScheme}.png`;
        await picture(page, path, width);
        console.log(path.slice(root.length));
      });
    }
  }
}

if (process.argv.includes('--readme')) {
  await mkdir(`${root}docs/images`, { recursive: true });
  for (const colorScheme of SCHEMES) {
    const context = { colorScheme, viewport: { width: 1440, height: 900 } };
    await withPage({ name: 'readme', query: README_RUN, context }, async (page) => {
      await runToEnd(page);
      const below = await page.locator('#checks').evaluate((checks) => {
        return Math.ceil(checks.getBoundingClientRect().bottom + window.scrollY) + 8;
      });
      const path = `${root}docs/images/run-${colorScheme}.png`;
      await picture(page, path, 1440, below);
      console.log(path.slice(root.length));
    });
  }
}
