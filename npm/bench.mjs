/**
 * Compares the speed of the package with native code: `cargo xtask package --bench`, or
 * `node npm/bench.mjs` after the package is built. Rounds of both alternate, and the best of each is
 * printed. Only the ratios matter.
 */
import { execFile } from 'node:child_process';
import { availableParallelism, cpus } from 'node:os';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);
const root = fileURLToPath(new URL('../', import.meta.url));
const { Ledger, LedgerSync, TransferBatch } = await import(new URL('../target/npm/package/dist/node.js', import.meta.url).href);

const ROUNDS = Number(process.env.LEDGERLAB_ROUNDS ?? 5);
/** The same numbers as in `benches/batch.rs`. */
const ACCOUNTS = 1_000;
const FIRST_ID = 5_000_000_000n;
const BATCH = 8_189;
const BATCHES = 40;
const SINGLES = 20_000;
/** Concurrent calls. */
const AT_ONCE = 1_000;

/** The ids as a caller has them. Making bigints and drawing with them would take longer than the ledger. */
const IDS = Array.from({ length: ACCOUNTS }, (_, place) => FIRST_ID + BigInt(place));

function filled(batch = new TransferBatch(BATCH)) {
  let state = 1;
  const draw = () => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fff_ffff;
    return (state >> 8) % ACCOUNTS;
  };
  for (let place = 0; place < BATCH; place += 1) {
    const from = draw();
    const to = (from + 1 + (draw() % (ACCOUNTS - 1))) % ACCOUNTS;
    batch.add({ debitAccountId: IDS[from], creditAccountId: IDS[to], amount: 1, ledger: 1, code: 1 });
  }
  return batch;
}

const options = { accounts: { aaron: 1n << 40n, bryan: 1n << 40n } };
const accounts = IDS.map((id) => ({ id, ledger: 1, code: 1 }));
const batch = filled();
const payment = { from: 'aaron', to: 'bryan', amount: 1n };

/** Measures a function in seconds. @param {() => unknown} work */
async function seconds(work) {
  const begun_ms = performance.now();
  await work();
  return (performance.now() - begun_ms) / 1000;
}

async function native() {
  const words = ['bench', '--quiet', '--bench', 'batch', '--', String(BATCHES), String(SINGLES)];
  const { stdout } = await run('cargo', words, { cwd: root });
  const { batch_s, single_s } = JSON.parse(stdout.trim().split('\n').at(-1));
  return { 'native batch': [BATCHES * BATCH, batch_s], 'native single': [SINGLES, single_s] };
}

/** @param {number} workers */
async function direct(workers) {
  const ledger = LedgerSync.open({ ...options, workers });
  ledger.createAccounts(accounts);
  const name = workers > 0 ? 'LedgerSync, threads' : 'LedgerSync';
  const results = {
    [`${name}: batch`]: [BATCHES * BATCH, await seconds(() => {
      for (let place = 0; place < BATCHES; place += 1) ledger.createTransferBatch(batch);
    })],
    [`${name}: batch, filled anew each time`]: [BATCHES * BATCH, await seconds(() => {
      for (let place = 0; place < BATCHES; place += 1) ledger.createTransferBatch(filled(batch.clear()));
    })],
    [`${name}: single`]: [SINGLES, await seconds(() => {
      for (let place = 0; place < SINGLES; place += 1) ledger.transfer(payment);
    })],
  };
  if (!ledger.verify().identical) throw new Error('serial replay found a difference');
  ledger.close();
  return results;
}

/** @param {number} workers */
async function promised(workers) {
  const ledger = await Ledger.open({ ...options, workers });
  await ledger.createAccounts(accounts);
  const name = `Ledger, ${workers} workers`;
  const results = {
    [`${name}: batch, awaited`]: [BATCHES * BATCH, await seconds(async () => {
      for (let place = 0; place < BATCHES; place += 1) await ledger.createTransferBatch(batch);
    })],
    [`${name}: batch, all at once`]: [BATCHES * BATCH, await seconds(() =>
      Promise.all(Array.from({ length: BATCHES }, () => ledger.createTransferBatch(batch))),
    )],
    [`${name}: batch, filled anew each time`]: [BATCHES * BATCH, await seconds(async () => {
      for (let place = 0; place < BATCHES; place += 1) await ledger.createTransferBatch(filled(batch.clear()));
    })],
    [`${name}: single, awaited`]: [SINGLES / 4, await seconds(async () => {
      for (let place = 0; place < SINGLES / 4; place += 1) await ledger.transfer(payment);
    })],
    [`${name}: single, ${AT_ONCE} at once`]: [SINGLES, await seconds(async () => {
      for (let place = 0; place < SINGLES; place += AT_ONCE) {
        await Promise.all(Array.from({ length: AT_ONCE }, () => ledger.transfer(payment)));
      }
    })],
  };
  if (!(await ledger.verify()).identical) throw new Error('serial replay found a difference');
  await ledger.close();
  return results;
}

/** Measures the first result of a fresh process, from its import. */
async function first() {
  const code = `const begun = performance.now();
    const { Ledger } = await import(${JSON.stringify(new URL('../target/npm/package/dist/node.js', import.meta.url).href)});
    const ledger = await Ledger.open({ accounts: { aaron: 1n, bryan: 0n } });
    await ledger.transfer({ from: 'aaron', to: 'bryan', amount: 1n });
    console.log(performance.now() - begun);
    await ledger.close();`;
  const { stdout } = await run(process.execPath, ['--input-type=module', '-e', code]);
  return Number(stdout);
}

/** @type {Record<string, number>} transfers per second, the best of all rounds */
const best = {};
const firsts_ms = [];
const workers = Math.max(1, Math.min(4, availableParallelism()));
for (let round = 0; round < ROUNDS; round += 1) {
  const sides = [native, () => direct(0), () => direct(1), () => promised(0), () => promised(1), () => promised(workers)];
  for (const side of workers === 1 ? sides.slice(0, -1) : sides) {
    for (const [name, [transfers, taken_s]] of Object.entries(await side())) {
      best[name] = Math.max(best[name] ?? 0, transfers / taken_s);
    }
  }
  firsts_ms.push(await first());
}
console.log(`${cpus()[0]?.model ?? 'unknown processor'}, ${availableParallelism()} processors, Node ${process.version}; best of ${ROUNDS} rounds`);
console.log(`${''.padEnd(48)}${'transfers/s'.padStart(14)}${'of native'.padStart(12)}`);
for (const [name, rate] of Object.entries(best)) {
  const beside = best[name.includes('batch') ? 'native batch' : 'native single'];
  console.log(`${name.padEnd(48)}${Math.round(rate).toLocaleString('en').padStart(14)}${(rate / beside).toFixed(3).padStart(12)}`);
}
console.log(`first result after import, in a fresh process: ${Math.min(...firsts_ms).toFixed(0)} ms at best, ${Math.max(...firsts_ms).toFixed(0)} ms at worst`);
