/**
 * Serves the built page and opens it in Chromium. An error that the page reports fails the test. A
 * failed test leaves a screenshot of the page in `test-results/`.
 */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { isDeepStrictEqual } from 'node:util';
import { chromium } from 'playwright-core';
import { preview } from 'vite';
import { headersOnEveryResponse, isolation, policy } from '../../vite.config.js';
import { withNumbers } from '../../www/report/report_numbers.js';

/** @import { Browser, BrowserContextOptions, Locator, Page } from 'playwright-core' */

export const root = fileURLToPath(new URL('../../', import.meta.url));
export const results = `${root}test-results/`;

/** The default headers of each page. */
export const headers = { ...isolation, 'Content-Security-Policy': policy };

/**
 * Serves a folder of the project on a free port of this machine.
 * @param {Record<string, string>} [sent] headers to send with every file
 * @param {string} [folder]
 */
export async function serve(sent = headers, folder = 'dist') {
  if (!existsSync(`${root}dist/index.html`)) {
    throw new Error('dist/ holds no page; build it first with “cargo xtask build”.');
  }
  const server = await preview({
    root,
    base: './',
    configFile: false,
    logLevel: 'error',
    plugins: [headersOnEveryResponse(sent)],
    build: { outDir: folder },
    preview: { host: '127.0.0.1', port: 0, headers: sent },
  });
  const address = server.httpServer.address();
  assert(address && typeof address === 'object', 'the server has an address');
  return { url: `http://127.0.0.1:${address.port}/`, close: () => server.close() };
}

/** @returns {Promise<Browser>} */
export function launch() {
  return chromium.launch({
    executablePath: process.env.LEDGERLAB_CHROMIUM || '/usr/bin/chromium',
    args: [
      '--no-sandbox',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      '--no-first-run',
    ],
  });
}

/** How long the browser stays open without a page, so that the next test of a file need not start it. */
const IDLE_MS = 100;
/** @type {Promise<Browser> | undefined} */
let shared;
let uses = 0;

/**
 * Calls a function with a browser that all tests of a file share.
 * @param {(browser: Browser) => Promise<void>} use
 */
async function withBrowser(use) {
  uses += 1;
  shared ??= launch();
  try {
    await use(await shared);
  } finally {
    uses -= 1;
    if (uses === 0) setTimeout(closeBrowser, IDLE_MS);
  }
}

/** Closes the browser, unless a page is open. */
export async function closeBrowser() {
  if (uses > 0) return;
  const browser = shared;
  shared = undefined;
  await (await browser)?.close();
}

/** @typedef {{ url: string, close: () => Promise<unknown> | void }} Host */

/**
 * @typedef {object} Opening
 * @property {string} name of the test, for the screenshot of its failure
 * @property {string} [folder] the served folder; the default is the built page
 * @property {string} [query]
 * @property {Record<string, string>} [sent] headers to serve the page with
 * @property {() => Promise<Host>} [host] the server; the default is Vite
 * @property {BrowserContextOptions} [context]
 * @property {(page: Page) => Promise<unknown>} [before] called before the page is opened
 * @property {RegExp[]} [expected] errors that the test causes on purpose; each must occur
 */

/**
 * Opens the page, runs a test with it, and closes everything, even if the test fails.
 * @param {Opening} opening
 * @param {(page: Page) => Promise<void>} test
 */
export async function withPage(opening, test) {
  const { host, sent, folder } = opening;
  const server = await (host ? host() : serve(sent, folder));
  try {
    await withBrowser((browser) => testPage(browser, server.url, opening, test));
  } finally {
    await server.close();
  }
}

/**
 * @param {Browser} browser
 * @param {string} url
 * @param {Opening} opening
 * @param {(page: Page) => Promise<void>} test
 */
async function testPage(browser, url, opening, test) {
  const { name, query = '', context, before, expected = [] } = opening;
  const opened = await browser.newContext({
    locale: 'en-US',
    viewport: { width: 1440, height: 900 },
    // Requests of a service worker would bypass the tests that change responses.
    serviceWorkers: 'block',
    ...context,
  });
  try {
    const page = await opened.newPage();
    const errors = errorsOf(page);
    await before?.(page);
    await page.goto(url + query);
    try {
      await test(page);
      for (const pattern of expected) {
        assert(
          errors.some((error) => pattern.test(error)),
          `no error was like ${pattern}`,
        );
      }
      const surprises = errors.filter((error) => !expected.some((one) => one.test(error)));
      assert.deepEqual(surprises, [], 'the page reported errors');
    } catch (error) {
      await mkdir(results, { recursive: true });
      const file = name.replace(/[^a-z0-9]+/gi, '-').toLowerCase();
      await page.screenshot({ path: `${results}${file}.png`, fullPage: true });
      throw error;
    }
  } finally {
    await opened.close();
  }
}

/** @param {Page} page */
function errorsOf(page) {
  /** @type {string[]} */
  const errors = [];
  page.on('pageerror', (error) => errors.push(`uncaught: ${error.message}`));
  page.on('console', (message) => {
    if (message.type() === 'error') {
      errors.push(`console: ${message.text()} (${message.location().url})`);
    }
  });
  return errors;
}

/** The state line. @param {Page} page */
export function stateOf(page) {
  return page.getByRole('region', { name: 'State of the run' });
}

/** @param {Page} page @param {string} name */
export function button(page, name) {
  return page.getByRole('button', { name, exact: true });
}

/**
 * Waits until the state line shows a word.
 * @param {Page} page
 * @param {RegExp} word
 * @param {number} [limit_ms]
 */
export async function reach(page, word, limit_ms = 30_000) {
  await stateOf(page).locator('strong').filter({ hasText: word }).waitFor({ timeout: limit_ms });
}

/**
 * Waits until the numbers and the charts show the end of a run. A frame draws a part of the panels.
 * @param {Page} page
 */
export async function drawn(page) {
  await page.getByRole('region', { name: 'Result' }).getByText(/checks? (passed|failed)/).first().waitFor();
  await eventually(() => page.getByRole('button', { name: /^Save as PNG/ }).count(), 6);
}

/**
 * Waits until a value is as expected. The page shows a change in its next frame.
 * @template Value
 * @param {() => Promise<Value>} read
 * @param {Value} expected
 */
export async function eventually(read, expected) {
  const until_ms = Date.now() + 5_000;
  let seen = await read();
  while (!isDeepStrictEqual(seen, expected) && Date.now() < until_ms) {
    await new Promise((resolve) => setTimeout(resolve, 50));
    seen = await read();
  }
  assert.deepEqual(seen, expected);
}

/**
 * Presses a button and returns the downloaded file.
 * @param {Page} page
 * @param {string} name of the button
 * @returns {Promise<{ file: string, bytes: Buffer }>}
 */
export async function downloaded(page, name) {
  const [download] = await Promise.all([page.waitForEvent('download'), button(page, name).click()]);
  const chunks = [];
  for await (const chunk of await download.createReadStream()) chunks.push(chunk);
  return { file: download.suggestedFilename(), bytes: Buffer.concat(chunks) };
}

/** Parses a report; its digits become numbers, as on the page. @param {string} json @returns {any} */
export const reportOf = (json) => withNumbers(JSON.parse(json));

/**
 * Presses Download report and returns the report.
 * @param {Page} page
 * @returns {Promise<{ file: string, report: import('../../www/types.d.ts').Report }>}
 */
export async function downloadReport(page) {
  const { file, bytes } = await downloaded(page, 'Download report');
  return { file, report: reportOf(bytes.toString('utf8')) };
}

/**
 * Opens a file with the page's file picker.
 * @param {Page} page
 * @param {string} name
 * @param {string | Buffer} content
 */
export async function openReport(page, name, content) {
  const buffer = Buffer.from(content);
  const file = { name, mimeType: 'application/json', buffer };
  await page.getByLabel('Report or ledger to open').setInputFiles(file);
}

/**
 * Returns the texts of a table's cells by row, without the headings.
 * @param {Locator} table
 */
export async function rowsOf(table) {
  const rows = table.locator('tbody').getByRole('row');
  const texts = await rows.evaluateAll((found) =>
    found.map((row) => [...row.children].map((cell) => cell.textContent ?? '')),
  );
  return texts;
}

/** Opens all `details` elements. @param {Page} page */
export async function unfold(page) {
  await page.locator('details').evaluateAll((found) => {
    for (const details of found) /** @type {HTMLDetailsElement} */ (details).open = true;
  });
}
