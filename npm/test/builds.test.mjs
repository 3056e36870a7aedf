/** The package in the builds and runtimes of others: bundles in CommonJS, test runners with jsdom, Cloudflare Workers. */
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

import { consumer, node, print, tool } from './consumer.mjs';

const require = createRequire(import.meta.url);

test('esbuild makes CommonJS of it, which works with a module or with addresses', async () => {
  const folder = await consumer('commonjs', {
    'main.mjs': `
      import { readFileSync } from 'node:fs';
      import { Ledger, LedgerSync } from 'ledgerlab';
      const accounts = { aaron: 1000n };
      const file = (name) => require.resolve('ledgerlab/dist/' + name);
      const failed = ({ name, code, field, message }) => console.log(name, code, field, /\`module\`/.test(message));
      try { LedgerSync.open(); } catch (error) { failed(error); }
      async function open() {
        await Ledger.open().catch(failed);
        const module = new WebAssembly.Module(readFileSync(file('ledgerlab.wasm')));
        const sync = LedgerSync.open({ module, accounts });
        console.log(sync.balance('aaron'), sync.workers);
        const workerUrl = file('worker.node.js');
        for (const options of [{ module }, { workers: 2, wasmUrl: file('ledgerlab-threaded.wasm') }]) {
          const ledger = await Ledger.open({ ...options, workerUrl, accounts });
          console.log(await ledger.balance('aaron'), ledger.workers);
          await ledger.close();
        }
      }
      open();
    `,
  });
  const { warnings } = await require('esbuild').build({
    entryPoints: [fileURLToPath(new URL('main.mjs', folder))],
    outfile: fileURLToPath(new URL('main.cjs', folder)),
    bundle: true,
    platform: 'node',
    format: 'cjs',
    logLevel: 'silent',
  });
  assert.deepEqual(warnings.map(({ id }) => id).filter((id) => id !== 'empty-import-meta'), []);
  assert.deepEqual((await node(folder, 'main.cjs')).trim().split('\n'), [
    'LedgerStartError no_address wasmUrl true',
    'LedgerStartError no_address workerUrl true',
    '1000n 0',
    '1000n 0',
    '1000n 2',
  ]);
});

test('import and require share their classes', async () => {
  const folder = await consumer('shared', {
    'both.mjs': `
      import { createRequire } from 'node:module';
      import * as imported from 'ledgerlab';
      import * as sync from 'ledgerlab/sync';
      const required = createRequire(import.meta.url)('ledgerlab');
      for (const name of Object.keys(imported)) console.log(name, imported[name] === required[name], imported[name] === sync[name]);
      const batch = new required.TransferBatch(1).add({ amount: 1n });
      const ledger = imported.LedgerSync.open();
      console.log(ledger.createTransferBatch(batch).length);
    `,
  });
  const lines = (await node(folder, 'both.mjs')).trim().split('\n');
  // Node loads modules with \`require\` since 20.19 and 22.12. Older versions load two copies, which take each other's batches.
  const loads = process.features.require_module === true;
  assert.equal(lines.pop(), '1');
  assert.ok(lines.length > 8);
  for (const line of lines) assert.match(line, loads ? / true true$/ : / false true$/);
});

/** What a test of a user does with the package. Each runner defines `test` and `expect`. */
const USES = `
  test('a ledger in workers', async () => {
    const ledger = await Ledger.open({ workers: 1, accounts: { aaron: 1000n } });
    const { signal } = new AbortController();
    expect(await ledger.balance('aaron', { signal })).toBe(1000n);
    for (const bytes of [new Uint8Array(128), Buffer.alloc(128), new TransferBatch(1).add({})]) {
      expect((await ledger.createTransferBatch(bytes)).length).toBe(1);
    }
    await expect(ledger.balance('nobody')).rejects.toThrow(LedgerRefusedError);
    await ledger.close();
  });
  test('a ledger in this thread', () => {
    const ledger = LedgerSync.open({ accounts: { aaron: 1000n }, wasmUrl: undefined });
    expect(ledger.balance('aaron')).toBe(1000n);
    for (const bytes of [new Uint8Array(128), Buffer.alloc(128)]) expect(ledger.createTransferBatch(bytes).length).toBe(1);
    ledger.close();
  });
  test('HTTP', async () => {
    const ledger = LedgerSync.open({ http: true, users: [{ name: 'aaron', token: '1', coins: 5n }] });
    if (typeof Response === 'undefined') {
      await expect(ledger.handle({})).rejects.toThrow(/Request and Response, which jsdom lacks/);
      return;
    }
    const headers = { Authorization: 'Bearer 1' };
    const answer = await ledger.handle(new Request('http://ledger/account/coins?username=aaron', { headers }));
    expect((await answer.json()).Balance).toBe(5);
  });
`;
const NAMES = 'Ledger, LedgerRefusedError, LedgerSync, TransferBatch';

test('Jest with jsdom and with Node', async () => {
  const folder = await consumer('jest', { 'ledger.test.cjs': `const { ${NAMES} } = require('ledgerlab');${USES}` });
  for (const environment of ['jsdom', 'node']) {
    const testEnvironment = tool(`jest-environment-${environment}/build/index.js`);
    const config = JSON.stringify({ rootDir: fileURLToPath(folder), testEnvironment, testMatch: ['**/*.test.cjs'] });
    await print(folder, process.execPath, tool('jest/bin/jest.js'), '--ci', '--runInBand', '--watchman=false', '--config', config);
  }
});

test('Vitest with jsdom and with Node', async () => {
  const folder = await consumer('vitest', { 'ledger.test.js': `import { ${NAMES} } from 'ledgerlab';${USES}` }, { type: 'module' });
  for (const environment of ['jsdom', 'node']) {
    await print(folder, process.execPath, tool('vitest/vitest.mjs'), 'run', '--globals', '--environment', environment);
  }
});

test('Cloudflare Workers, with modules that are handed over', async () => {
  const folder = await consumer('workers', {});
  const dist = new URL('node_modules/ledgerlab/dist/', folder);
  const { Miniflare } = await import('miniflare');
  const contents = `
    import { Ledger } from './browser.js';
    import { LedgerSync } from './sync.js';
    import module from './ledgerlab.wasm';
    import laboratory from './laboratory.wasm';
    const why = async (open) => {
      try { await open(); } catch ({ name, code, message }) { return [name, code, message]; }
    };
    export default {
      async fetch(request) {
        const ledger = LedgerSync.open({ module, accounts: { aaron: 1000n, bryan: 0n } });
        const { toBalance } = ledger.transfer({ from: 'aaron', to: 'bryan', amount: 7n });
        const http = LedgerSync.open({ module: laboratory, http: true, users: [{ name: 'aaron', token: '1', coins: 5n }] });
        const answer = await http.handle(request);
        return Response.json({
          balance: String(toBalance),
          identical: ledger.verify().identical,
          coins: (await answer.json()).Balance,
          compiled: await why(() => LedgerSync.open()),
          workers: await why(() => Ledger.open({ module })),
          wrong: await why(() => LedgerSync.open({ module: laboratory })),
        });
      },
    };
  `;
  const part = async (type, path) => ({ type, path, contents: await readFile(new URL(path, dist)) });
  const miniflare = new Miniflare({
    compatibilityDate: '2026-01-01',
    modules: [
      { type: 'ESModule', path: 'main.js', contents },
      await part('ESModule', 'browser.js'),
      await part('ESModule', 'sync.js'),
      await part('CompiledWasm', 'ledgerlab.wasm'),
      await part('CompiledWasm', 'laboratory.wasm'),
    ],
  });
  try {
    const headers = { Authorization: 'Bearer 1' };
    const response = await miniflare.dispatchFetch('http://ledger/account/coins?username=aaron', { headers });
    const { compiled, workers, wrong, ...worked } = JSON.parse(await response.text());
    assert.deepEqual(worked, { balance: '7', identical: true, coins: 5 });
    assert.deepEqual(compiled.slice(0, 2), ['LedgerStartError', 'module_not_loaded']);
    assert.match(compiled[2], /`module`/);
    assert.deepEqual(workers.slice(0, 2), ['LedgerStartError', 'no_workers']);
    assert.match(workers[2], /`LedgerSync`/);
    assert.deepEqual(wrong.slice(0, 2), ['LedgerArgumentError', 'wrong_module']);
    assert.match(wrong[2], /from ledgerlab\.wasm .*not from laboratory\.wasm/);
  } finally {
    await miniflare.dispose();
  }
});

test('a missing permission is named with the option that grants it', async () => {
  const folder = await consumer('permissions', {
    'open.mjs': `
      import { Ledger } from 'ledgerlab';
      try {
        const ledger = await Ledger.open({ workers: 1, accounts: { aaron: 1000n } });
        console.log(await ledger.balance('aaron'));
        await ledger.close();
      } catch ({ name, code, message }) {
        console.log(name, code, message);
      }
    `,
  });
  const [major] = process.versions.node.split('.').map(Number);
  const permission = major < 23 ? '--experimental-permission' : '--permission';
  const file = (name) => `--allow-fs-read=${fileURLToPath(new URL(name, folder))}`;
  const code = ['open.mjs', 'package.json', 'node_modules/ledgerlab/package.json', 'node_modules/ledgerlab/dist/node.js'].map(file);
  for (const [words, expected] of [
    [code, /^LedgerStartError module_not_loaded .*ledgerlab-threaded\.wasm.*--allow-fs-read/],
    [['--allow-fs-read=*'], /^LedgerStartError worker_failed .*--allow-worker/],
    [['--allow-fs-read=*', '--allow-worker'], /^1000n$/],
  ]) {
    assert.match((await node(folder, permission, ...words, 'open.mjs')).trim(), expected);
  }
  const deno = await print(folder, tool('.bin/deno'), 'run', '--no-prompt', '--node-modules-dir=manual', 'open.mjs');
  assert.match(deno, /^LedgerStartError module_not_loaded .*Run Deno with --allow-read/);
});

test('a memory that cannot grow is named with the option and the size that fit', async () => {
  const folder = await consumer('small', {
    'fill.mjs': `
      import { Ledger } from 'ledgerlab';
      const [workers, trailBytes] = process.argv.slice(2).map(Number);
      try {
        const ledger = await Ledger.open({ workers, trailBytes, accounts: { a: 1n << 40n, b: 0n } });
        const report = ({ name, code, field, limit, message }) => console.log(name, code, field, limit, message);
        const pay = () => ledger.transfer({ from: 'a', to: 'b', amount: 1n });
        for (let failed = null; failed === null;) {
          await Promise.all(Array.from({ length: 1000 }, pay)).catch((error) => { failed = error; report(error); });
        }
        await ledger.verify().then(({ identical }) => console.log(identical), report);
        await ledger.queryTransfers({ limit: 8189 }).then((all) => console.log(all.length), report);
        await ledger.close();
      } catch ({ name, code, field, message }) {
        console.log(name, code, field, message);
      }
    `,
  });
  const fill = async (pages, workers, trail) => (await node(folder, `--wasm-max-mem-pages=${pages}`, 'fill.mjs', String(workers), String(trail))).trim().split('\n');
  for (const workers of [0, 1]) {
    const [full, verified, queried] = await fill(100, workers, 1 << 28);
    const [, size] = full.match(/^LedgerRefusedError trail_full trailBytes (\d+)n .*cannot grow beyond [56] MiB here.*`trailBytes` of at most \1 /) ?? [];
    assert.ok(size, full);
    assert.equal(verified, 'true', 'the replay fits into what is left');
    // The results of the longest query do not.
    assert.match(queried, /^LedgerBrokenError no_memory trailBytes \d+n .*cannot grow/);
    const [fits, replayed] = await fill(100, workers, size);
    assert.match(fits, new RegExp(`^LedgerRefusedError trail_full undefined ${size}n `));
    assert.equal(replayed, 'true');
  }
  const [start] = await fill(30, 4, 1 << 22);
  assert.match(start, /^LedgerStartError no_memory workers .*`workers: 0`/);
});
