/**
 * Serves the built page and opens it in a real Chromium. Whatever the page reports as an error
 * fails the test, and a failed test leaves a picture of the page in `test-results/`.
 */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { isDeepStrictEqual } from 'node:util';
import { chromium } from 'playwright-core';
import { preview } from 'vite';
import { isolation, policy } from '../../vite.config.js';

/** @import { Browser, BrowserContextOptions, Locator, Page } from 'playwright-core' */

export const root = fileURLToPath(new URL('../../', import.meta.url));
export const results = `${root}test-results/`;

/** What each page is served with, unless a test takes something away. */
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

/** @typedef {{ url: string, close: () => Promise<unknown> | void }} Host */

/**
 * @typedef {object} Opening
 * @property {string} name of the test, for the picture of its failure
 * @property {string} [folder] what is served: the built page, unless a test names another
 * @property {string} [query]
 * @property {Record<string, string>} [sent] headers to serve the page with
 * @property {() => Promise<Host>} [host] what serves it, unless that is Vite
 * @property {BrowserContextOptions} [context]
 * @property {boolean} [firstVisit] whether nobody was here before, who would be guided
 * @property {(page: Page) => Promise<unknown>} [before] what to do before the page is opened
 * @property {RegExp[]} [expected] errors that the test brings about on purpose; each must occur
 */

/**
 * Opens the page, does what a test does with it, and closes everything whatever comes of it.
 * @param {Opening} opening
 * @param {(page: Page) => Promise<void>} test
 */
export async function withPage(
  { name, folder, query = '', sent, host, context, firstVisit, before, expected = [] },
  test,
) {
  const server = await (host ? host() : serve(sent, folder));
  const browser = await launch();
  try {
    const opened = await browser.newContext({
      locale: 'en-US',
      viewport: { width: 1440, height: 900 },
      // What passes a service worker passes by the tests that change what a page is sent.
      serviceWorkers: 'block',
      ...context,
    });
    const page = await opened.newPage();
    const errors = errorsOf(page);
    if (!firstVisit) {
      await page.addInitScript(() => {
        // A page that is not the server's has no storage.
        if (location.protocol !== 'about:') localStorage.setItem('ledgerlab-guide', 'seen');
      });
    }
    await before?.(page);
    await page.goto(server.url + query);
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
    await browser.close();
    await server.close();
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

/** The line that says how things stand. @param {Page} page */
export function stateOf(page) {
  return page.getByRole('region', { name: 'State of the run' });
}

/** @param {Page} page @param {string} name */
export function button(page, name) {
  return page.getByRole('button', { name, exact: true });
}

/**
 * Waits until the state line says a word.
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
  await page.getByRole('region', { name: 'Numbers' }).getByText(/✓\spass|✗\sfail/).waitFor();
  await eventually(() => page.getByRole('button', { name: /^Save as PNG/ }).count(), 6);
}

/**
 * Waits until something is as expected: the page shows a change at its next frame, not at once.
 * @template Value
 * @param {() => Promise<Value>} look
 * @param {Value} expected
 */
export async function eventually(look, expected) {
  const until_ms = Date.now() + 5_000;
  let seen = await look();
  while (!isDeepStrictEqual(seen, expected) && Date.now() < until_ms) {
    await new Promise((resolve) => setTimeout(resolve, 50));
    seen = await look();
  }
  assert.deepEqual(seen, expected);
}

/**
 * Presses a button and answers with what was downloaded.
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

/**
 * Presses Download report and answers with what was downloaded.
 * @param {Page} page
 * @returns {Promise<{ file: string, report: import('../../www/types.d.ts').Report }>}
 */
export async function downloadReport(page) {
  const { file, bytes } = await downloaded(page, 'Download report');
  return { file, report: JSON.parse(bytes.toString('utf8')) };
}

/**
 * Hands a file to the page by its picker.
 * @param {Page} page
 * @param {string} name
 * @param {string | Buffer} content
 */
export async function openReport(page, name, content) {
  const buffer = Buffer.from(content);
  const file = { name, mimeType: 'application/json', buffer };
  await page.getByLabel('Report to open').setInputFiles(file);
}

/**
 * The texts of a table's rows, cell by cell, without the row of headings.
 * @param {Locator} table
 */
export async function rowsOf(table) {
  const rows = table.locator('tbody').getByRole('row');
  const texts = await rows.evaluateAll((found) =>
    found.map((row) => [...row.children].map((cell) => cell.textContent ?? '')),
  );
  return texts;
}

/** Opens all that is folded away. @param {Page} page */
export async function unfold(page) {
  await page.locator('details').evaluateAll((found) => {
    for (const details of found) /** @type {HTMLDetailsElement} */ (details).open = true;
  });
}
