/** The package in a browser: with every bundler and none, on isolated pages and others. */
import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';

import { ISOLATION, found, launch, read, started } from './browser.mjs';
import { consumer, copy, packaged, print, tool } from './consumer.mjs';

const require = createRequire(import.meta.url);

/** The script of every page: the first example of the README, and a run. */
const script = (from, options = '') => `
  const accounts = { aaron: 1000n, bryan: 1000n };
  // Counts the modules that this thread instantiates.
  let instantiated = 0;
  for (const name of ['Instance', 'instantiate', 'instantiateStreaming']) {
    const real = WebAssembly[name];
    WebAssembly[name] = function (...parameters) {
      instantiated += 1;
      return new.target ? Reflect.construct(real, parameters) : real.apply(this, parameters);
    };
  }
  const begun = performance.now();
  const { Ledger } = await import('${from}');
  try {
    const ledger = await Ledger.open({ accounts, ${options} });
    await ledger.transfer({ from: 'aaron', to: 'bryan', amount: 100n });
    const first_ms = performance.now() - begun;
    const balance = String(await ledger.balance('bryan'));
    const { identical } = await ledger.verify();
    let progress = 0;
    const report = await ledger.run('hft', { parameters: { operations: 300000, seed: 7 }, onProgress: () => { progress += 1; } });
    const { threaded, workers } = ledger;
    await ledger.close();
    window.found = { balance, identical, threaded, workers, instantiated, first_ms, passed: report.passed, progress };
  } catch (error) {
    window.found = { failed: error.message, code: error.code, name: error.name, ms: performance.now() - begun };
  }
`;
const html = (source) => `<!doctype html><meta charset="utf-8"><title>Ledger</title><link rel="icon" href="data:,"><script type="module" src="${source}"></script>`;

/** @type {import('playwright-core').Browser} */
let browser;
before(async () => {
  browser = await launch();
});
after(() => browser?.close());

/** @param {any} page @param {boolean} isolated */
function assertWorks(page, isolated) {
  assert.deepEqual(page.errors, []);
  assert.equal(page.failed, undefined);
  assert.equal(page.balance, '1100');
  assert.equal(page.identical, true);
  assert.equal(page.threaded, isolated);
  assert.ok(isolated ? page.workers >= 1 : page.workers === 0);
  assert.equal(page.instantiated, 0, 'the window executes nothing');
  assert.equal(page.passed, true);
  assert.ok(page.progress > 0, 'a run reports progress');
}

/** Tests a folder on an isolated page and on one that is not. @param {URL} folder */
async function both(folder) {
  for (const isolated of [true, false]) {
    assertWorks(await read(browser, folder, { headers: isolated ? ISOLATION : {} }), isolated);
  }
}

test('a plain module script, with no bundler', async () => {
  const folder = await consumer('plain', { 'index.html': html('main.js'), 'main.js': script('/node_modules/ledgerlab/dist/browser.js') });
  await both(folder);
});

test('esbuild, with explicit addresses', async () => {
  const options = `wasmUrl: (file) => '/assets/' + file, workerUrl: (file) => '/assets/' + file`;
  const folder = await consumer('esbuild', { 'main.js': script('ledgerlab', options), 'out/index.html': html('main.js') });
  const { build } = require('esbuild');
  await build({
    entryPoints: [fileURLToPath(new URL('main.js', folder))],
    outfile: fileURLToPath(new URL('out/main.js', folder)),
    bundle: true,
    format: 'esm',
    logLevel: 'error',
  });
  await copy(packaged('dist/'), new URL('out/assets/', folder));
  await both(new URL('out/', folder));
});

test('webpack 5, without configuration', async () => {
  const folder = await consumer('webpack', { 'src/index.js': script('ledgerlab'), 'dist/index.html': html('main.js') });
  const webpack = require('webpack');
  const compiler = webpack({
    mode: 'production',
    context: fileURLToPath(folder),
    entry: './src/index.js',
    // Only the output path is configured.
    output: { path: fileURLToPath(new URL('dist/', folder)), filename: 'main.js' },
  });
  const stats = await new Promise((done, failed) => compiler.run((error, result) => (error ? failed(error) : done(result))));
  assert.deepEqual(stats.toJson({ all: false, errors: true, warnings: true }).errors, []);
  await both(new URL('dist/', folder));
});

for (const [name, tools, servers] of [
  ['Vite 8: build, preview and development server', 'vite', ['preview', 'dev']],
  ['Vite 7: development server, which moves scripts away from the files that they name', 'vite7', ['dev']],
]) {
  test(name, async () => {
    const folder = await consumer(tools, { 'index.html': html('/main.js'), 'main.js': script('ledgerlab') }, { type: 'module' });
    const vite = tool(`${tools}/bin/vite.js`);
    if (servers.includes('preview')) await print(folder, process.execPath, vite, 'build', '--logLevel', 'error');
    for (const isolated of [true, false]) {
      // Only the headers are configured.
      const headers = isolated ? ISOLATION : {};
      await writeFile(new URL('vite.config.js', folder), `export default { preview: { headers: ${JSON.stringify(headers)} }, server: { headers: ${JSON.stringify(headers)} } };`);
      for (const word of servers) {
        const server = await started(folder, vite, word);
        try {
          assertWorks(await found(browser, server.address), isolated);
        } finally {
          server.end();
        }
      }
    }
  });
}

test('a start in a bundle without addresses explains the remedy', async () => {
  const folder = await consumer('iife', { 'main.js': `(async () => {${script('ledgerlab')}})();`, 'out/index.html': html('main.js') });
  await require('esbuild').build({
    entryPoints: [fileURLToPath(new URL('main.js', folder))],
    outfile: fileURLToPath(new URL('out/main.js', folder)),
    bundle: true,
    format: 'iife',
    logLevel: 'silent',
  });
  const page = await read(browser, new URL('out/', folder));
  assert.deepEqual([page.name, page.code], ['LedgerStartError', 'no_address']);
  assert.match(page.failed, /ledgerlab\.wasm.*`wasmUrl`.*`workerUrl`/);
});

test('a worker of the page uses the ledger in its own thread', async () => {
  const worker = `
    import { LedgerSync } from '/node_modules/ledgerlab/dist/sync.js';
    for (const workers of [0, ...(crossOriginIsolated ? [2] : [])]) {
      const ledger = LedgerSync.open({ workers, accounts: { aaron: 1000n, bryan: 1000n } });
      const { toBalance } = ledger.transfer({ from: 'aaron', to: 'bryan', amount: 1n });
      postMessage({ workers, balance: String(toBalance), identical: ledger.verify().identical });
      ledger.close();
    }
    postMessage('done');
  `;
  const main = `
    import { LedgerSync } from '/node_modules/ledgerlab/dist/sync.js';
    let refused;
    try { LedgerSync.open(); } catch (error) { refused = error.code; }
    const heard = [];
    new Worker('/worker.js', { type: 'module' }).onmessage = ({ data }) => {
      if (data === 'done') window.found = { heard, refused };
      else heard.push(data);
    };
  `;
  const folder = await consumer('sync', { 'index.html': html('main.js'), 'main.js': main, 'worker.js': worker });
  for (const headers of [ISOLATION, {}]) {
    const { heard, refused, errors } = await read(browser, folder, { headers });
    assert.deepEqual(errors, []);
    assert.equal(refused, 'window_thread');
    assert.deepEqual(heard.map(({ workers }) => workers), headers === ISOLATION ? [0, 2] : [0]);
    for (const { balance, identical } of heard) assert.deepEqual([balance, identical], ['1001', true]);
  }
});

/** The path of the package's files where no bundler moves them. */
const DIST = '/node_modules/ledgerlab/dist/';
const plain = { 'index.html': html('main.js'), 'main.js': script(`${DIST}browser.js`) };

for (const [name, sent, code, says] of [
  ['the module is missing', { [`${DIST}ledgerlab.wasm`]: { status: 404 } }, 'module_not_loaded', /answered 404 .*wasmUrl/],
  ['the module is served as HTML', { [`${DIST}ledgerlab.wasm`]: { type: 'text/html' } }, 'wrong_type', /text\/html.*application\/wasm/],
  ['the worker script is missing', { [`${DIST}worker.js`]: { status: 404 } }, 'worker_failed', /did not start.*workerUrl/],
  ['the worker script is served as text', { [`${DIST}worker.js`]: { type: 'text/plain' } }, 'worker_failed', /did not start.*text\/javascript/],
  ['the worker script never arrives', { [`${DIST}worker.js`]: { hang: true } }, 'timeout', /9 seconds/],
  ['the module never arrives', { [`${DIST}ledgerlab.wasm`]: { hang: true } }, 'module_not_loaded', /could not be fetched/],
]) {
  test(`a failed start explains the remedy: ${name}`, async () => {
    const folder = await consumer('failing', plain);
    const page = await read(browser, folder, { change: (path) => sent[path] });
    assert.deepEqual([page.name, page.code], ['LedgerStartError', code], page.failed);
    assert.match(page.failed, says);
    assert.ok(page.ms < 10_000, `${page.ms} ms`);
  });
}

for (const [name, policy, code, says] of [
  ['no worker-src', `default-src 'none'; script-src ADDRESS/main.js ADDRESS${DIST}browser.js 'wasm-unsafe-eval'; connect-src 'self'; img-src data:`, 'worker_failed', /worker-src 'self'/],
  ['no wasm-unsafe-eval', "default-src 'self'; img-src data:", 'module_not_compiled', /'wasm-unsafe-eval'/],
  ['no connect-src', "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'; img-src data:", 'module_not_loaded', /connect-src/],
]) {
  test(`a failed start explains the remedy: a content security policy with ${name}`, async () => {
    const folder = await consumer('policy', plain);
    const headers = (address) => ({ 'Content-Security-Policy': policy.replaceAll('ADDRESS', address) });
    const page = await read(browser, folder, { headers });
    assert.deepEqual([page.name, page.code], ['LedgerStartError', code], page.failed);
    assert.match(page.failed, says);
    assert.ok(page.ms < 10_000, `${page.ms} ms`);
  });
}

test('threads are rejected on a page that is not isolated', async () => {
  const folder = await consumer('forced', { 'index.html': html('main.js'), 'main.js': script(`${DIST}browser.js`, 'workers: 2') });
  const page = await read(browser, folder);
  assert.deepEqual([page.name, page.code], ['LedgerStartError', 'not_isolated']);
  assert.match(page.failed, /Cross-Origin-Opener-Policy: same-origin/);
});
