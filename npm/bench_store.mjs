/**
 * Compares ledgers that are kept with a bare loop that writes and flushes the same bytes: in a folder in Node, and in the
 * origin private file system in Chromium. `node npm/bench_store.mjs` after the package is built. Rounds of both alternate, and
 * the best of each is printed. Only the ratios matter.
 */
import { closeSync, fdatasyncSync, mkdtempSync, openSync, rmSync, statSync, writeSync } from 'node:fs';
import { availableParallelism, cpus, tmpdir } from 'node:os';
import { join } from 'node:path';

import { chromium } from './test/node_modules/playwright-core/index.mjs';
import { ISOLATION, OPTIONS, serve } from './test/browser.mjs';

const dist = new URL('../target/npm/package/dist/', import.meta.url);
const ROUNDS = Number(process.env.LEDGERLAB_ROUNDS ?? 5);
const BATCH = 8_189;
const BATCHES = 40;
/** Batches that are sent at once. */
const AT_ONCE = 4;

/**
 * Makes a ledger execute durable batches. Runs in Node and in a page, so it uses nothing around it.
 * @param {any} package_ the exports of the package
 * @param {object} options
 * @param {{ BATCH: number, BATCHES: number, AT_ONCE: number }} sizes
 */
async function measure({ Ledger, TransferBatch }, options, { BATCH, BATCHES, AT_ONCE }) {
  const ledger = await Ledger.open({ ...options, trailBytes: 1 << 29 });
  const ids = Array.from({ length: 1000 }, (_, place) => 5_000_000_000 + place);
  await ledger.createAccounts(ids.map((id) => ({ id, ledger: 1, code: 1 })));
  const batch = new TransferBatch(BATCH);
  for (let place = 0; place < BATCH; place += 1) {
    const [debitAccountId, creditAccountId] = [ids[(place * 7) % 1000], ids[(place * 7 + 1) % 1000]];
    batch.add({ debitAccountId, creditAccountId, amount: 1, ledger: 1, code: 1 });
  }
  const seconds = async (/** @type {number} */ atOnce) => {
    const begun_ms = performance.now();
    for (let place = 0; place < BATCHES; place += atOnce) {
      await Promise.all(Array.from({ length: atOnce }, () => ledger.createTransferBatch(batch)));
    }
    return (performance.now() - begun_ms) / 1000;
  };
  const [one, many] = [await seconds(1), await seconds(AT_ONCE)];
  const { identical } = await ledger.verify();
  await ledger.close();
  if (!identical) throw new Error('serial replay found a difference');
  return { one, many };
}

const sizes = { BATCH, BATCHES, AT_ONCE };
/** Bytes of a batch in the log: a block of whole pages, with a record of 128 bytes for each transfer. */
const BLOCK = Math.ceil((BATCH * 128 + 192) / 4096) * 4096;

/** @type {Record<string, number>} the least seconds for all batches */
const best = {};
const keep = (/** @type {string} */ name, /** @type {number} */ taken_s) => {
  best[name] = Math.min(best[name] ?? Infinity, taken_s);
};

async function node() {
  const folder = mkdtempSync(join(tmpdir(), 'ledgerlab-bench-'));
  try {
    const file = openSync(join(folder, 'bare'), 'w');
    const bytes = new Uint8Array(BLOCK).fill(7);
    const begun_ms = performance.now();
    for (let place = 0; place < BATCHES; place += 1) {
      writeSync(file, bytes, 0, BLOCK, place * BLOCK);
      fdatasyncSync(file);
    }
    keep('Node: bare loop', (performance.now() - begun_ms) / 1000);
    closeSync(file);
    const path = join(folder, 'ledger');
    const { one, many } = await measure(await import(new URL('node.js', dist).href), { path }, sizes);
    keep('Node: batch, awaited', one);
    keep(`Node: batch, ${AT_ONCE} at once`, many);
    const written = statSync(join(path, '00000001.log')).size;
    if (written < 2 * BATCHES * BLOCK * 0.9) throw new Error(`the log has only ${written} bytes`);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** @param {import('playwright-core').Page} page @param {number} round */
async function browser(page, round) {
  const bare = `onmessage = async () => {
    const root = await navigator.storage.getDirectory();
    const handle = await (await root.getFileHandle('bare', { create: true })).createSyncAccessHandle();
    handle.truncate(0);
    const bytes = new Uint8Array(${BLOCK}).fill(7);
    const begun_ms = performance.now();
    for (let place = 0; place < ${BATCHES}; place += 1) {
      handle.write(bytes, { at: place * ${BLOCK} });
      handle.flush();
    }
    const taken_s = (performance.now() - begun_ms) / 1000;
    handle.close();
    postMessage(taken_s);
  };`;
  const taken_s = await page.evaluate((code) => new Promise((done) => {
    const worker = new Worker(URL.createObjectURL(new Blob([code], { type: 'text/javascript' })));
    worker.onmessage = ({ data }) => {
      worker.terminate();
      done(data);
    };
    worker.postMessage(0);
  }), bare);
  keep('Chromium: bare loop', taken_s);
  const { one, many } = await page.evaluate(async ([code, opfs, all]) => {
    const measured = new Function(`return ${code}`)();
    return measured(await import('/browser.js'), { opfs }, all);
  }, /** @type {[string, string, typeof sizes]} */ ([String(measure), `bench-${round}`, sizes]));
  keep('Chromium: batch, awaited', one);
  keep(`Chromium: batch, ${AT_ONCE} at once`, many);
}

const profile = mkdtempSync(join(tmpdir(), 'ledgerlab-profile-'));
const server = await serve(dist, { headers: ISOLATION });
const context = await chromium.launchPersistentContext(profile, OPTIONS);
try {
  const page = await context.newPage();
  await page.goto(`${server.address}browser.js`);
  for (let round = 0; round < ROUNDS; round += 1) {
    await node();
    await browser(page, round);
  }
} finally {
  await context.close();
  await server.end();
  rmSync(profile, { recursive: true, force: true });
}
console.log(`${cpus()[0]?.model ?? 'unknown processor'}, ${availableParallelism()} processors, Node ${process.version}; best of ${ROUNDS} rounds`);
console.log(`${BATCHES} durable batches of ${BATCH.toLocaleString('en')} transfers, ${((BATCHES * BLOCK) / 1e6).toFixed(0)} MB`);
console.log(`${''.padEnd(32)}${'transfers/s'.padStart(14)}${'MB/s'.padStart(8)}${'of bare'.padStart(10)}`);
for (const [name, taken_s] of Object.entries(best)) {
  const beside = best[`${name.split(':')[0]}: bare loop`];
  const [rate, speed] = [(BATCHES * BATCH) / taken_s, (BATCHES * BLOCK) / taken_s / 1e6];
  console.log(`${name.padEnd(32)}${Math.round(rate).toLocaleString('en').padStart(14)}${speed.toFixed(0).padStart(8)}${(beside / taken_s).toFixed(3).padStart(10)}`);
}
