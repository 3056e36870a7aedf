/** Failures, closing, and the memory that remains afterwards. */
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { before, test } from 'node:test';
import { setEnvironmentData } from 'node:worker_threads';

import { consumer, node, packaged } from './consumer.mjs';

const {
  Ledger, LedgerArgumentError, LedgerBrokenError, LedgerClosedError, LedgerRefusedError, LedgerStartError, LedgerSync, TransferBatch,
} = await import(packaged('dist/node.js').href);

/** A worker whose clock can be removed, which makes the core panic at its next reading. */
const spoilt = `
  import { getEnvironmentData } from 'node:worker_threads';
  const flag = getEnvironmentData('spoilt');
  const { performance } = globalThis;
  Object.defineProperty(globalThis, 'performance', {
    get() {
      if (Atomics.load(flag, 0) === 1) throw new Error('the clock is gone');
      return performance;
    },
  });
  await import(${JSON.stringify(packaged('dist/worker.node.js').href)});
`;
const flag = new Int32Array(new SharedArrayBuffer(4));
const demo = { aaron: 1000n, bryan: 1000n };

test('a panic rejects all pending calls with its message, and a new ledger can be opened', async () => {
  setEnvironmentData('spoilt', flag);
  const workerUrl = new URL(`data:text/javascript,${encodeURIComponent(spoilt)}`);
  // More coins than calls: a worker that has read its clock before continues and must not reject a call.
  const accounts = { aaron: 1_000_000n, bryan: 1n };
  const ledger = await Ledger.open({ workers: 2, workerUrl, accounts });
  assert.equal(await ledger.balance('aaron'), 1_000_000n);
  Atomics.store(flag, 0, 1);
  const calls = Array.from({ length: 2000 }, () => ledger.transfer({ from: 'aaron', to: 'bryan', amount: 1n }));
  const ends = await Promise.allSettled(calls);
  const rejected = ends.filter(({ status }) => status === 'rejected').map(({ reason }) => reason);
  assert.ok(rejected.length > 0);
  for (const error of rejected) {
    assert.ok(error instanceof LedgerBrokenError, error);
    assert.equal(error.code, 'broken');
    assert.match(error.message, /open another one.*the global object can be read/s);
    assert.match(error.reason, /^panicked at|the global object can be read/);
    assert.ok(error.worker === 0 || error.worker === 1, error.worker);
  }
  await assert.rejects(ledger.balance('aaron'), LedgerBrokenError);
  await assert.rejects(ledger.createTransferBatch(new TransferBatch(1)), LedgerBrokenError);
  await ledger.close();
  Atomics.store(flag, 0, 0);
  const another = await Ledger.open({ workers: 2, workerUrl, accounts: demo });
  assert.equal(await another.balance('aaron'), 1000n);
  await another.close();
});

test('a panic in this thread breaks only its ledger', async () => {
  const { performance } = globalThis;
  const ledger = LedgerSync.open({ accounts: demo });
  Object.defineProperty(globalThis, 'performance', { value: undefined, configurable: true, writable: true });
  try {
    assert.throws(() => LedgerSync.open(), LedgerBrokenError);
  } finally {
    globalThis.performance = performance;
  }
  assert.equal(ledger.balance('aaron'), 1000n);
  ledger.close();
});

test('closing rejects pending and later calls', async () => {
  const ledger = await Ledger.open({ workers: 1, accounts: demo });
  const calls = Array.from({ length: 1000 }, () => ledger.transfer({ from: 'aaron', to: 'bryan', amount: 1n }));
  const settled = Promise.allSettled(calls);
  await ledger.close();
  await ledger.close();
  const reasons = (await settled).filter(({ status }) => status === 'rejected').map(({ reason }) => reason);
  assert.ok(reasons.length > 0 && reasons.every((reason) => reason instanceof LedgerClosedError));
  await assert.rejects(ledger.balance('aaron'), LedgerClosedError);
  await assert.rejects(async () => {
    for await (const entry of ledger.trail()) assert.fail(String(entry));
  }, LedgerClosedError);
  const sync = LedgerSync.open();
  sync.close();
  sync.close();
  assert.throws(() => sync.balance('aaron'), LedgerClosedError);
});

test('a signal aborts only calls that have not begun', async () => {
  const ledger = await Ledger.open({ workers: 1, accounts: demo });
  const reason = new Error('no more');
  await assert.rejects(ledger.transfer({ from: 'aaron', to: 'bryan', amount: 1n }, { signal: AbortSignal.abort(reason) }), reason);
  assert.equal(await ledger.balance('aaron'), 1000n);
  const controller = new AbortController();
  const { signal } = controller;
  const begun = Array.from({ length: 5 }, () => ledger.transfer({ from: 'aaron', to: 'bryan', amount: 1n }, { signal }));
  await new Promise((done) => setImmediate(done));
  const waiting = Array.from({ length: 5 }, () => ledger.transfer({ from: 'aaron', to: 'bryan', amount: 1n }, { signal }));
  controller.abort(reason);
  const ends = await Promise.allSettled([...begun, ...waiting]);
  const made = ends.filter(({ status }) => status === 'fulfilled').length;
  for (const { status, reason: why } of ends) if (status === 'rejected') assert.equal(why, reason);
  assert.equal(await ledger.balance('aaron'), 1000n - BigInt(made));
  assert.ok(made < 10, 'some calls were aborted');
  const run = new AbortController();
  const running = ledger.run('hft', { signal: run.signal, onProgress: () => run.abort(reason), parameters: { operations: 1_000_000, duration_s: 60 } });
  await assert.rejects(running, reason);
  await assert.rejects(Ledger.open({ signal: AbortSignal.abort(reason) }), reason);
  await ledger.close();
});

test('a signal has one listener, however many calls it can abort', async () => {
  const ledger = await Ledger.open({ workers: 1, accounts: demo });
  const other = await Ledger.open({ workers: 0, accounts: demo });
  const controller = new AbortController();
  const { signal } = controller;
  let listeners = 0;
  let most = 0;
  for (const [name, change] of [['addEventListener', 1], ['removeEventListener', -1]]) {
    const real = signal[name];
    signal[name] = function (...parameters) {
      listeners += change;
      most = Math.max(most, listeners);
      return real.apply(this, parameters);
    };
  }
  const calls = () => [ledger, other].flatMap((each) => Array.from({ length: 500 }, () => each.balance('aaron', { signal })));
  assert.deepEqual(new Set(await Promise.all(calls())), new Set([1000n]));
  assert.deepEqual([most, listeners], [1, 0]);
  const waiting = Promise.allSettled(calls());
  const reason = new Error('no more');
  controller.abort(reason);
  for (const { reason: why } of await waiting) assert.equal(why, reason);
  await assert.rejects(ledger.run('hft', { signal }), reason);
  assert.equal(most, 1);
  await ledger.close();
  await other.close();
});

test('a module that was handed over is used, and another one is rejected', async () => {
  const modules = {};
  for (const name of ['ledgerlab', 'ledgerlab-threaded', 'laboratory', 'laboratory-threaded']) {
    modules[name] = new WebAssembly.Module(await readFile(packaged(`dist/${name}.wasm`)));
  }
  // Nothing else can be loaded.
  const wasmUrl = '/nowhere/ledgerlab.wasm';
  for (const [name, options, workers] of [
    ['ledgerlab', {}, 0],
    ['ledgerlab-threaded', { workers: 2 }, 2],
    ['laboratory', { http: true }, 0],
    ['laboratory-threaded', { http: true, workers: 1 }, 1],
  ]) {
    const module = modules[name];
    const ledger = await Ledger.open({ module, wasmUrl, accounts: demo, ...options });
    assert.deepEqual([ledger.workers, await ledger.balance('aaron')], [workers, 1000n]);
    await ledger.close();
    const sync = LedgerSync.open({ module, wasmUrl, accounts: demo, ...options });
    assert.deepEqual([sync.workers, sync.balance('aaron')], [workers, 1000n]);
    if (name === 'laboratory') assert.equal(sync.run('hft', { parameters: { operations: 1000 } }).passed, true);
    sync.close();
  }
  const other = new WebAssembly.Module(Uint8Array.of(0, 97, 115, 109, 1, 0, 0, 0));
  for (const [options, code, says] of [
    [{ module: modules.ledgerlab, workers: 2 }, 'wrong_module', /from ledgerlab-threaded\.wasm for `workers: 2` and `http: false`, not from ledgerlab\.wasm/],
    [{ module: modules.ledgerlab, http: true }, 'wrong_module', /from laboratory\.wasm/],
    [{ module: modules['ledgerlab-threaded'], workers: 0 }, 'wrong_module', /not from ledgerlab-threaded\.wasm/],
    [{ module: other }, 'wrong_module', /one of the package’s \.wasm files/],
    [{ module: {} }, 'bad_argument', /WebAssembly\.Module/],
  ]) {
    const check = (error) => {
      assert.ok(error instanceof LedgerArgumentError, error);
      assert.deepEqual([error.code, error.field], [code, 'module']);
      assert.match(error.message, says);
      return true;
    };
    await assert.rejects(Ledger.open(options), check);
    assert.throws(() => LedgerSync.open(options), check);
  }
});

test('a shared memory that is refused is named with the ledger that needs none', () => {
  const { Memory } = WebAssembly;
  WebAssembly.Memory = function () {
    throw new RangeError('WebAssembly.Memory(): could not allocate memory');
  };
  try {
    assert.throws(() => LedgerSync.open({ workers: 2 }), (error) => {
      assert.ok(error instanceof LedgerStartError, error);
      assert.deepEqual([error.code, error.field], ['no_memory', 'workers']);
      assert.match(error.message, /`workers: 0`, which needs no shared memory/);
      return true;
    });
    LedgerSync.open().close();
  } finally {
    WebAssembly.Memory = Memory;
  }
});

test('a ledger without options is empty', async () => {
  const ledger = await Ledger.open();
  const holders = (await ledger.snapshot()).accounts.filter(({ name }) => name !== '@world');
  assert.deepEqual(holders, []);
  await assert.rejects(ledger.balance('aaron'), ({ code }) => code === 'holder_not_found');
  assert.equal((await ledger.verify()).identical, true);
  await ledger.close();
});

test('a failed start explains the remedy', async () => {
  await assert.rejects(Ledger.open({ wasmUrl: '/nowhere/ledgerlab.wasm' }), (error) => {
    assert.ok(error instanceof LedgerStartError);
    assert.match(error.message, /nowhere.*wasmUrl/s);
    return true;
  });
  assert.throws(() => LedgerSync.open({ wasmUrl: packaged('package.json') }), LedgerStartError);
  await assert.rejects(Ledger.open({ workerUrl: '/nowhere/worker.js' }), (error) => {
    assert.ok(error instanceof LedgerStartError);
    assert.match(error.message, /did not start.*workerUrl/s);
    return true;
  });
  for (const [options, code, field] of [
    [{ workers: 65 }, 'out_of_range', 'workers'],
    [{ workers: -1 }, 'out_of_range', 'workers'],
    [{ wrokers: 1 }, 'unknown_field', 'wrokers'],
    [{ accounts: { a: -1n } }, 'out_of_range', 'accounts.a'],
    [{ users: [{ name: 'a' }] }, 'missing_field', 'users[0].token'],
    [null, 'bad_argument', 'options'],
  ]) {
    await assert.rejects(Ledger.open(options), (error) => {
      assert.ok(error instanceof LedgerArgumentError, error);
      assert.deepEqual([error.code, error.field], [code, field]);
      return true;
    });
  }
  const trail = Ledger.open({ trailBytes: 1000, workers: 2 });
  await assert.rejects(trail, (error) => error instanceof LedgerRefusedError && error.limit === 1n << 20n && error.field === 'trailBytes');
});

test('a full trail rejects calls without effect', () => {
  const ledger = LedgerSync.open({ accounts: { a: 1n << 40n, b: 0n }, trailBytes: 1 << 20 });
  let made = 0;
  const pay = () => {
    for (;;) {
      ledger.transfer({ from: 'a', to: 'b', amount: 1n });
      made += 1;
    }
  };
  assert.throws(pay, (error) => error instanceof LedgerRefusedError && error.code === 'trail_full' && error.limit === 1n << 20n);
  assert.equal(ledger.balance('b'), BigInt(made));
  assert.ok(made > 8000 && ledger.verify().identical);
  ledger.close();
});

/** @type {URL} */
let folder;
before(async () => {
  const cycles = (open) => `
    import { Ledger, LedgerSync } from 'ledgerlab';
    const accounts = { aaron: 1000n, bryan: 1000n };
    const resting = async () => {
      for (let turn = 0; turn < 5; turn += 1) {
        globalThis.gc();
        await new Promise((done) => setTimeout(done, 20));
      }
      return process.memoryUsage().rss;
    };
    let second = 0;
    for (let cycle = 1; cycle <= 50; cycle += 1) {
      const ledger = ${open};
      await ledger.transfer({ from: 'aaron', to: 'bryan', amount: 1n });
      await ledger.close();
      if (cycle === 2) second = await resting();
    }
    console.log((await resting()) - second);
  `;
  folder = await consumer('memory', {
    'async.mjs': cycles('await Ledger.open({ workers: 2, accounts })'),
    'single.mjs': cycles('await Ledger.open({ workers: 0, accounts })'),
    'sync.mjs': cycles('LedgerSync.open({ accounts })'),
    'shared.mjs': cycles('LedgerSync.open({ workers: 2, accounts })'),
  });
});

for (const file of ['async.mjs', 'single.mjs', 'sync.mjs', 'shared.mjs']) {
  test(`fifty ledgers that were opened and closed leave no memory: ${file}`, async () => {
    // V8's young generation and its optimized code are fixed, and so are the pools of the allocator, so
    // growth is due to the package.
    process.env.MALLOC_ARENA_MAX = '1';
    const still = ['--expose-gc', '--max-semi-space-size=1', '--no-opt', '--liftoff-only'];
    const grown = Number(await node(folder, ...still, file));
    assert.ok(grown < 5 << 20, `${grown} bytes more than after the second cycle`);
  });
}
