/** Ledgers that are kept in a browser's origin private file system: reloads, killed pages, two tabs, a full quota. */
import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';

import { chromium } from 'playwright-core';

import { ISOLATION, OPTIONS, found, launch, read, serve, started } from './browser.mjs';
import { consumer, copy, packaged, print, tool } from './consumer.mjs';

const require = createRequire(import.meta.url);

const html = '<!doctype html><meta charset="utf-8"><title>Ledger</title><link rel="icon" href="data:,"><script type="module" src="main.js"></script>';
/** The page keeps what a test does next to it, so that a test says it in one place. */
const script = `
  import { Ledger } from '/node_modules/ledgerlab/dist/browser.js';
  window.open = (options) => Ledger.open(options).then((ledger) => { window.ledger = ledger; }, ({ name, code, message }) => ({ name, code, message }));
  // Pays from the till to the shop and says at once what was acknowledged.
  window.pay = (round, payers) => {
    window.codes = [];
    const payer = async (number) => {
      for (let count = 0; ; count += 1) {
        const id = (BigInt(round) << 64n) + (BigInt(number) << 32n) + BigInt(count) + 1n;
        try {
          await ledger.createTransfers([{ id, debitAccountId: till, creditAccountId: shop, amount: 1n, ledger: 1, code: 18 }]);
          acknowledge(String(id));
        } catch ({ code }) {
          codes.push(code);
          return;
        }
      }
    };
    for (let number = 0; number < payers; number += 1) payer(number);
  };
  window.payOnce = (round) => {
    const id = BigInt(round);
    ledger.createTransfers([{ id, debitAccountId: till, creditAccountId: shop, amount: 1n, ledger: 1, code: 18 }]).then(() => acknowledge(String(id)));
  };
  window.ids = async () => {
    window.till = await ledger.accountId('till');
    window.shop = await ledger.accountId('shop');
  };
  window.ready = true;
`;
const accounts = { till: 1_000_000_000, shop: 0 };

/** @type {import('playwright-core').BrowserContext} */
let context;
/** @type {string} */
let profile;
/** @type {Awaited<ReturnType<typeof serve>>} */
let server;
/** @type {URL} */
let folder;

before(async () => {
  folder = await consumer('store', { 'index.html': html, 'main.js': script });
  server = await serve(folder, { headers: ISOLATION });
  // A profile on the disk: without one the browser keeps everything in memory.
  profile = await mkdtemp(join(tmpdir(), 'ledgerlab-profile-'));
  context = await chromium.launchPersistentContext(profile, OPTIONS);
});
after(async () => {
  await context?.close();
  await server?.end();
  await rm(profile, { recursive: true, force: true });
});

async function newPage(address = server.address) {
  const page = await context.newPage();
  await page.goto(address);
  await ready(page);
  return page;
}

/** @param {import('playwright-core').Page} page */
const ready = (page) => page.waitForFunction(() => window.ready === true);

/** Opens a ledger in a page, and returns why it was refused. @param {import('playwright-core').Page} page @param {string} opfs @param {object} [options] */
async function open(page, opfs, options = {}) {
  const refused = await page.evaluate((all) => window.open(all), { opfs, accounts, workers: 2, ...options });
  if (!refused) await page.evaluate(() => window.ids());
  return refused ?? null;
}

/** Returns those of the ids that the page's ledger does not have, and whether a replay agrees. @param {import('playwright-core').Page} page @param {string[]} ids */
const missing = (page, ids) =>
  page.evaluate(async (all) => {
    const found = new Set();
    for (let first = 0; first < all.length; first += 8000) {
      const some = all.slice(first, first + 8000).map(BigInt);
      for (const { id } of await window.ledger.lookupTransfers(some)) found.add(String(id));
    }
    const { identical } = await window.ledger.verify();
    return { lost: all.filter((id) => !found.has(id)), identical };
  }, ids);

/**
 * Collects the ids that a page acknowledges, each of which leaves the page before it can end.
 * @param {import('playwright-core').Page} page
 * @param {string[]} all
 */
async function collect(page, all) {
  // Without an answer to the page, which would cost it most of its time.
  const session = await context.newCDPSession(page);
  session.on('Runtime.bindingCalled', ({ payload }) => all.push(payload));
  await session.send('Runtime.enable');
  await session.send('Runtime.addBinding', { name: 'acknowledge' });
}

/** Waits until there are so many ids. @param {string[]} all @param {number} least */
async function reach(all, least) {
  for (const end_ms = Date.now() + 60_000; all.length < least && Date.now() < end_ms;) {
    await new Promise((done) => setTimeout(done, 1));
  }
  assert.ok(all.length >= least, `${all.length} of ${least}`);
}

test('a page that is reloaded in the middle of payments loses nothing that was acknowledged', { timeout: 120_000 }, async () => {
  const page = await newPage();
  /** @type {string[]} */
  const all = [];
  await collect(page, all);
  for (let round = 1; round <= 5; round += 1) {
    assert.equal(await open(page, 'reloaded'), null);
    assert.deepEqual(await missing(page, all), { lost: [], identical: true });
    const before = all.length;
    await page.evaluate((number) => window.pay(number, 8), round);
    await reach(all, before + 50 * round);
    await page.reload();
    await ready(page);
  }
  assert.equal(await open(page, 'reloaded'), null);
  assert.deepEqual(await missing(page, all), { lost: [], identical: true });
  await page.evaluate(() => window.ledger.close());
  await page.close();
});

test('a killed page loses nothing that was acknowledged', { timeout: 180_000 }, async () => {
  /** @type {string[]} */
  const all = [];
  for (let round = 1; round <= 10; round += 1) {
    const page = await newPage();
    await collect(page, all);
    assert.equal(await open(page, 'killed'), null);
    assert.deepEqual(await missing(page, all), { lost: [], identical: true });
    const session = await context.newCDPSession(page);
    const before = all.length;
    await page.evaluate((number) => window.pay(number, 8), round);
    await reach(all, before + 50 * round);
    const crashed = page.waitForEvent('crash');
    session.send('Page.crash').catch(() => {});
    await crashed;
    await page.close();
  }
  const page = await newPage();
  assert.equal(await open(page, 'killed'), null);
  assert.deepEqual(await missing(page, all), { lost: [], identical: true });
  await page.evaluate(() => window.ledger.close());
  await page.close();
});

test('a page that is killed right after its only payment does not lose it', { timeout: 120_000 }, async () => {
  /** @type {string[]} */
  const all = [];
  for (let round = 1; round <= 6; round += 1) {
    const page = await newPage();
    await collect(page, all);
    assert.equal(await open(page, 'once'), null);
    assert.deepEqual(await missing(page, all), { lost: [], identical: true });
    const crashed = page.waitForEvent('crash');
    const session = await context.newCDPSession(page);
    // After a second without work the committer looks for some only 20 times a second, so a payment that does not wait for it
    // is lost here.
    await new Promise((done) => setTimeout(done, 1500));
    const before = all.length;
    await page.evaluate((number) => window.payOnce(number), round);
    await reach(all, before + 1);
    session.send('Page.crash').catch(() => {});
    await crashed;
    await page.close();
  }
  const page = await newPage();
  assert.equal(await open(page, 'once'), null);
  assert.deepEqual(await missing(page, all), { lost: [], identical: true });
  await page.evaluate(() => window.ledger.close());
  await page.close();
});

test('a second tab is refused by a sentence, until the first has closed the ledger', { timeout: 60_000 }, async () => {
  const first = await newPage();
  assert.equal(await open(first, 'shared'), null);
  const second = await newPage();
  const { name, code, message } = await open(second, 'shared');
  assert.deepEqual([name, code], ['LedgerStartError', 'store_in_use']);
  assert.match(message, /^The ledger in "shared" cannot be opened: another tab or worker of this site has it open/);
  assert.equal(await open(second, 'another'), null, 'another name is another ledger');
  await second.evaluate(() => window.ledger.close());
  await first.evaluate(() => window.ledger.transfer({ from: 'till', to: 'shop', amount: 5n }));
  await first.evaluate(() => window.ledger.close());
  assert.equal(await open(second, 'shared'), null);
  assert.equal(await second.evaluate(async () => String(await window.ledger.balance('shop'))), '5');
  await second.evaluate(() => window.ledger.close());
  await first.close();
  await second.close();
});

test('a full quota refuses attempts by name, and nothing acknowledged is lost', { timeout: 120_000 }, async () => {
  const page = await newPage();
  const origin = new URL(server.address).origin;
  const session = await context.newCDPSession(page);
  const { usage } = await session.send('Storage.getUsageAndQuota', { origin });
  const limit = (/** @type {number} */ bytes) => session.send('Storage.overrideQuotaForOrigin', { origin, quotaSize: usage + bytes });
  await limit(1 << 16);
  assert.equal((await open(page, 'full'))?.code, 'store_no_space');
  // The browser gives a file at least a MiB at once.
  await limit(6 << 20);
  assert.equal(await open(page, 'full'), null);
  /** @type {string[]} */
  const all = [];
  await collect(page, all);
  await page.evaluate(() => window.pay(1, 300));
  await page.waitForFunction(() => window.codes.length === 300, undefined, { timeout: 60_000 });
  const codes = await page.evaluate(() => [...new Set(window.codes)].sort());
  assert.ok(codes.every((code) => ['outcome_unknown', 'store_no_space'].includes(code)), codes.join());
  const refused = await page.evaluate(() => window.ledger.deposit({ to: 'shop', amount: 1n }).catch(({ code }) => code));
  assert.equal(refused, 'store_no_space');
  await reach(all, 1000);
  await session.send('Storage.overrideQuotaForOrigin', { origin });
  // The committer tries again by itself.
  const paid = await page.evaluate(async () => {
    for (let attempt = 0; attempt < 100; attempt += 1) {
      const isPaid = await window.ledger.deposit({ to: 'shop', amount: 1n }).then(() => true, () => false);
      if (isPaid) return true;
      await new Promise((done) => setTimeout(done, 50));
    }
    return false;
  });
  assert.equal(paid, true);
  await page.evaluate(() => window.ledger.close());
  assert.equal(await open(page, 'full'), null);
  assert.deepEqual(await missing(page, all), { lost: [], identical: true });
  await page.evaluate(() => window.ledger.close());
  await page.close();
});

test('what cannot be kept is refused by name', { timeout: 60_000 }, async () => {
  const page = await newPage();
  const codes = [];
  for (const options of [{ path: 'folder' }, { opfs: 'a/b' }, { opfs: '..' }, { opfs: 'a', workers: 0 }]) {
    codes.push((await page.evaluate((all) => window.open(all), options))?.code);
  }
  assert.deepEqual(codes, ['no_store', 'bad_argument', 'bad_argument', 'no_store']);
  await page.close();
  const plain = await serve(folder);
  try {
    const other = await newPage(plain.address);
    const { code, message } = await other.evaluate(() => window.open({ opfs: 'a' }));
    assert.equal(code, 'no_store');
    assert.match(message, /Cross-Origin-Opener-Policy/);
    await other.close();
  } finally {
    await plain.end();
  }
});

test('the log goes on in further files, which were opened ahead', { timeout: 180_000 }, async () => {
  const page = await newPage();
  // A log file ends at 256 MiB, and a batch takes one.
  const trailBytes = 640 << 20;
  assert.equal(await open(page, 'long', { trailBytes }), null);
  const names = await page.evaluate(async () => {
    const { TransferBatch } = await import('/node_modules/ledgerlab/dist/browser.js');
    const batch = new TransferBatch();
    while (batch.length < 8189) batch.add({ debitAccountId: till, creditAccountId: shop, amount: 1n, ledger: 1, code: 18 });
    for (let count = 0; count < 520; count += 4) {
      await Promise.all(Array.from({ length: 4 }, () => ledger.createTransferBatch(batch)));
    }
    await ledger.close();
    const root = await navigator.storage.getDirectory();
    const folder = await (await root.getDirectoryHandle('ledgerlab')).getDirectoryHandle('long');
    const files = [];
    for await (const [name, handle] of folder.entries()) files.push(`${name} ${(await handle.getFile()).size > 0}`);
    return files.sort();
  });
  const expected = ['00000001.log true', '00000002.log true', '00000003.log true', '00000004.log false', '00000005.log false', 'ledger.head true'];
  assert.deepEqual(names, expected);
  assert.equal(await open(page, 'long', { trailBytes }), null);
  assert.equal(await page.evaluate(async () => String(await window.ledger.balance('shop'))), String(520 * 8189));
  await page.evaluate(() => window.ledger.close());
  await page.close();
});

/** The script of a bundled page. */
const bundled = (options = '') => `
  import { Ledger } from 'ledgerlab';
  (async () => {
    try {
      const balances = [];
      for (let round = 0; round < 2; round += 1) {
        const ledger = await Ledger.open({ opfs: 'bundled', accounts: { aaron: 1000n }, ${options} });
        await ledger.deposit({ to: 'aaron', amount: 1n });
        balances.push(String(await ledger.balance('aaron')));
        await ledger.close();
      }
      window.found = { balances };
    } catch ({ code, message }) {
      window.found = { code, message };
    }
  })();
`;

/** @param {any} page */
function assertStored({ balances, code, message, errors }) {
  assert.deepEqual(errors, []);
  assert.equal(code, undefined, message);
  assert.deepEqual(balances, ['1001', '1002']);
}

test('bundlers find the scripts of the store', { timeout: 180_000 }, async () => {
  const browser = await launch();
  try {
    const webpacked = await consumer('store-webpack', { 'src/index.js': bundled(), 'dist/index.html': html });
    const compiler = require('webpack')({
      mode: 'production',
      context: fileURLToPath(webpacked),
      entry: './src/index.js',
      output: { path: fileURLToPath(new URL('dist/', webpacked)), filename: 'main.js' },
    });
    await new Promise((done, failed) => compiler.run((error, result) => (error ? failed(error) : done(result))));
    assertStored(await read(browser, new URL('dist/', webpacked), { headers: ISOLATION }));

    const addresses = "wasmUrl: (file) => '/assets/' + file, workerUrl: (file) => '/assets/' + file";
    const built = await consumer('store-esbuild', { 'main.js': bundled(addresses), 'out/index.html': html });
    await require('esbuild').build({
      entryPoints: [fileURLToPath(new URL('main.js', built))],
      outfile: fileURLToPath(new URL('out/main.js', built)),
      bundle: true,
      format: 'esm',
      logLevel: 'error',
    });
    await copy(packaged('dist/'), new URL('out/assets/', built));
    assertStored(await read(browser, new URL('out/', built), { headers: ISOLATION }));

    for (const vite of ['vite', 'vite7']) {
      const project = await consumer(`store-${vite}`, { 'index.html': html, 'main.js': bundled() }, { type: 'module' });
      await writeFile(new URL('vite.config.js', project), `const headers = ${JSON.stringify(ISOLATION)}; export default { preview: { headers }, server: { headers } };`);
      const program = tool(`${vite}/bin/vite.js`);
      await print(project, process.execPath, program, 'build', '--logLevel', 'error');
      for (const word of ['preview', 'dev']) {
        const running = await started(project, program, word);
        try {
          assertStored(await found(browser, running.address));
        } finally {
          running.end();
        }
      }
    }
  } finally {
    await browser.close();
  }
});
