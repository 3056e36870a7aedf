/** A browser, and a server of folders whose responses a test can change. */
import { spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';

import { chromium } from 'playwright-core';

const TYPES = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.mjs': 'text/javascript',
  '.wasm': 'application/wasm',
};

export const ISOLATION = {
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Embedder-Policy': 'require-corp',
};

/** How the browser is started. */
export const OPTIONS = {
  executablePath: process.env.LEDGERLAB_CHROMIUM ?? '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-background-networking'],
};

export const launch = () => chromium.launch(OPTIONS);

/**
 * Serves a folder on this machine only.
 * @param {URL} folder
 * @param {{ headers?: Record<string, string> | ((address: string) => Record<string, string>), change?: (path: string) => { status?: number, type?: string, hang?: boolean } | undefined }} [options]
 */
export async function serve(folder, { headers = {}, change = () => undefined } = {}) {
  const server = createServer(async (request, response) => {
    const { pathname } = new URL(request.url ?? '/', 'http://localhost');
    const path = pathname.endsWith('/') ? `${pathname}index.html` : pathname;
    const { status = 200, type, hang } = change(path) ?? {};
    if (hang) return;
    const more = typeof headers === 'function' ? headers(`http://${request.headers.host}`) : headers;
    try {
      const body = await readFile(new URL(`.${path}`, folder));
      const sent = type ?? TYPES[extname(path)] ?? 'application/octet-stream';
      response.writeHead(status, { 'Content-Type': sent, ...more }).end(status === 200 ? body : 'no');
    } catch {
      response.writeHead(404, more).end('not found');
    }
  });
  await new Promise((done) => server.listen(0, '127.0.0.1', () => done(undefined)));
  const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
  return {
    address: `http://127.0.0.1:${port}/`,
    end: () => new Promise((done) => server.close(done).closeAllConnections()),
  };
}

/**
 * Serves a folder, opens its page, and returns the page's result.
 * @param {import('playwright-core').Browser} browser
 * @param {URL} folder
 * @param {Parameters<typeof serve>[1]} [options]
 */
export async function read(browser, folder, options) {
  const server = await serve(folder, options);
  try {
    return await found(browser, server.address);
  } finally {
    await server.end();
  }
}

/**
 * Opens a page and waits until its script has set `window.found`.
 * @param {import('playwright-core').Browser} browser
 * @param {string} address
 */
export async function found(browser, address) {
  const page = await browser.newPage();
  const errors = [];
  page.on('console', (message) => message.type() === 'error' && errors.push(message.text()));
  page.on('pageerror', (error) => errors.push(String(error)));
  try {
    await page.goto(address);
    const begun_ms = Date.now();
    // Polled, because a policy may forbid the driver's own way of waiting.
    for (;;) {
      const seen = await page.evaluate(() => /** @type {any} */ (window).found);
      if (seen) return { ...seen, errors };
      if (Date.now() - begun_ms > 30_000) throw new Error(`the page found nothing within 30 s\n${errors.join('\n')}`);
      await new Promise((done) => setTimeout(done, 20));
    }
  } finally {
    await page.close();
  }
}

/** Starts a server of Vite and waits for its address. @param {URL} folder @param {string} vite @param {...string} words */
export async function started(folder, vite, ...words) {
  const child = spawn(process.execPath, [vite, ...words, '--host', '127.0.0.1', '--port', '0'], {
    cwd: fileURLToPath(folder),
    env: { ...process.env, NO_COLOR: '1' },
  });
  let printed = '';
  const address = await new Promise((done, failed) => {
    const read = (text) => {
      printed += text;
      const place = printed.match(/http:\/\/127\.0\.0\.1:\d+\//);
      if (place) done(place[0]);
    };
    child.stdout.on('data', read);
    child.stderr.on('data', read);
    child.on('exit', () => failed(new Error(`vite ${words} has ended:\n${printed}`)));
    setTimeout(() => failed(new Error(`vite ${words} has printed no address:\n${printed}`)), 30_000).unref();
  });
  return { address, end: () => child.kill() };
}
