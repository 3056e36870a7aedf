/** The package's types and contents. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { before, test } from 'node:test';
import { promisify } from 'node:util';

import { consumer, packaged, print, tarball, tool } from './consumer.mjs';

const run = promisify(execFile);
const uses = await readFile(new URL('uses-every-method.ts', import.meta.url), 'utf8');

/** @type {URL} */
let folder;
before(async () => {
  folder = await consumer('types', { 'uses.mts': uses, 'uses.cts': uses });
});

for (const [resolution, module, file] of [
  ['nodenext', 'nodenext', 'uses.mts'],
  ['nodenext', 'nodenext', 'uses.cts'],
  ['bundler', 'esnext', 'uses.mts'],
]) {
  test(`tsc --strict accepts a project that uses every method: ${file}, ${resolution}`, async () => {
    const words = ['--ignoreConfig', '--strict', '--noEmit', '--exactOptionalPropertyTypes', '--noUncheckedIndexedAccess'];
    const where = ['--target', 'es2022', '--lib', 'es2022,dom', '--module', module, '--moduleResolution', resolution];
    const printed = await print(folder, process.execPath, tool('typescript/bin/tsc'), ...words, ...where, file);
    assert.equal(printed, '');
  });
}

test('tsc finds wrong uses', async () => {
  const wrong = await consumer('types-wrong', {
    'wrong.mts': `
      import { Ledger } from 'ledgerlab';
      const ledger = await Ledger.open();
      await ledger.transfer({ from: 'aaron', to: 'bryan' });
      await ledger.transfer({ from: 'aaron', to: 'bryan', amount: '100' });
      await ledger.createTransfers([{ id: 1n, flags: ['pending!'] }]);
      const balance: number = await ledger.balance('aaron');
      new Ledger();
    `,
  });
  const words = ['--ignoreConfig', '--strict', '--noEmit', '--target', 'es2022', '--module', 'nodenext', 'wrong.mts'];
  await assert.rejects(print(wrong, process.execPath, tool('typescript/bin/tsc'), ...words), ({ message }) => {
    const lines = [...message.matchAll(/wrong\.mts\((\d+),/g)].map(([, line]) => Number(line));
    assert.deepEqual([...new Set(lines)], [4, 5, 6, 7, 8]);
    return true;
  });
});

test('every method of the classes is in the types', async () => {
  const types = await readFile(packaged('dist/index.d.ts'), 'utf8');
  const { Ledger, LedgerSync } = await import(packaged('dist/node.js').href);
  for (const Class of [Ledger, LedgerSync]) {
    for (const name of Object.getOwnPropertyNames(Class.prototype)) {
      if (name !== 'constructor') assert.match(types, new RegExp(`^  ${name}\\(`, 'm'), name);
    }
  }
});

test('publint finds nothing', async () => {
  const { publint } = await import('publint');
  const { formatMessage } = await import('publint/utils');
  const { messages, pkg } = await publint({ pkgDir: fileURLToPath(packaged('')), strict: true });
  assert.deepEqual(messages.map((message) => formatMessage(message, pkg)), []);
});

test('arethetypeswrong finds nothing', async () => {
  // Node 10's resolution cannot run the package.
  const words = [tool('@arethetypeswrong/cli/dist/index.js'), await tarball(), '--profile', 'node16'];
  const { stdout } = await run(process.execPath, [...words, '--format', 'table-flipped', '--no-emoji', '--no-color']);
  for (const entry of ['ledgerlab', 'ledgerlab/sync']) assert.ok(stdout.includes(`"${entry}"`), entry);
});

test('the tarball has exactly the needed files', async () => {
  const { stdout } = await run('tar', ['-tzf', await tarball()]);
  const files = ['LICENSE-APACHE', 'LICENSE-MIT', 'README.md', 'package.json'];
  const dist = [
    'browser.js', 'index.d.cts', 'index.d.ts', 'laboratory-threaded.wasm', 'laboratory-worker.js',
    'laboratory-worker.node.js', 'laboratory.wasm', 'ledgerlab-threaded.wasm', 'ledgerlab.wasm', 'node.cjs', 'node.js',
    'store-worker.js', 'store-worker.node.js', 'store.js', 'sync.js', 'worker.js', 'worker.node.js',
  ];
  const expected = [...files, ...dist.map((name) => `dist/${name}`)].map((name) => `package/${name}`);
  assert.deepEqual(stdout.trim().split('\n').sort(), expected.sort());
});

test('no file exceeds its size limit, and the modules have no names or producers', async () => {
  const sizes = JSON.parse(await readFile(new URL('../sizes.json', packaged('')), 'utf8'));
  assert.deepEqual(sizes.map(({ most }) => most), [150_000, 250_000, 505_000, 505_000, 15_000, 7_500]);
  for (const { what, gzip, most } of sizes) assert.ok(gzip <= most, `${what} has ${gzip} bytes`);
  for (const { what } of sizes.slice(0, 4)) {
    const module = new WebAssembly.Module(await readFile(packaged(`dist/${what}`)));
    for (const section of ['name', 'producers', '.debug_info']) {
      assert.equal(WebAssembly.Module.customSections(module, section).length, 0, `${what} ${section}`);
    }
  }
});
