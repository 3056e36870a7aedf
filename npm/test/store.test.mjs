/** Ledgers that are kept in a folder: reopening, killed processes, locks, and the same folder natively. */
import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import fs, { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, readdir, rm, truncate, writeFile } from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

import { packaged, root } from './consumer.mjs';

const run = promisify(execFile);
const dist = packaged('dist/node.js').href;
const { Ledger, LedgerError, LedgerRefusedError, LedgerStartError, LedgerSync, TransferBatch } = await import(dist);
/** The example that opens a folder natively. */
const native = process.env.LEDGERLAB_STORE_EXAMPLE ?? fileURLToPath(new URL('target/debug/examples/stored_ledger', root));

const scratch = await mkdtemp(join(tmpdir(), 'ledgerlab-store-'));
after(() => rm(scratch, { recursive: true, force: true }));
let folders = 0;
const newFolder = () => join(scratch, String((folders += 1)));

/** Runs a program in a process of its own and returns what it prints. @param {string} code @param {...string} words */
async function inProcess(code, ...words) {
  const program = `import { Ledger } from ${JSON.stringify(dist)};\n${code}`;
  const options = { timeout: 60_000, maxBuffer: 1 << 26 };
  const { stdout } = await run(process.execPath, ['--input-type=module', '-e', program, ...words], options);
  return stdout.trim();
}

test('the operations have the same numbers in Rust and in JavaScript', async () => {
  const rust = await readFile(new URL('src/host/web/store/host_files.rs', root), 'utf8');
  const numbers = Object.fromEntries([...rust.matchAll(/pub\(super\) const (\w+): u32 = (\d+);/g)].map(([, name, number]) => [name, Number(number)]));
  const { storeFiles, ...operations } = await import('../src/store_files.js');
  assert.deepEqual({ ...operations }, numbers);

  /** Files that only say what was called. @type {any[]} */
  const called = [];
  const files = new Proxy({}, { get: (_, name) => (...parameters) => {
    called.push([name, ...parameters]);
    if (name === 'list') return ['a', 'b'];
    if (name === 'isNoSpace') return parameters[0].code === 'ENOSPC';
    if (name === 'truncate') throw Object.assign(new Error('no space left'), { code: 'ENOSPC' });
    if (name === 'sync') throw new Error('failed');
    return 7;
  } });
  const { send, receive } = storeFiles(() => files);
  const bytes = new Uint8Array(8);
  const name = new TextEncoder().encode('name');
  assert.deepEqual([send(operations.OPEN, 0, 0, name), send(operations.REMOVE, 0, 0, name), send(operations.SYNC_FOLDER, 0, 0, bytes)], [7, 7, 7]);
  assert.deepEqual([send(operations.WRITE, 3, 4096, bytes), send(operations.CLOSE, 3, 0, bytes)], [7, 7]);
  assert.deepEqual([receive(operations.READ, 3, 9, bytes), receive(operations.LENGTH, 3, 0, bytes)], [7, 7]);
  assert.deepEqual(called.splice(0), [
    ['open', 'name'], ['remove', 'name'], ['syncFolder'], ['write', 3, bytes, 4096], ['close', 3], ['read', 3, bytes, 9], ['length', 3],
  ]);
  assert.equal(receive(operations.LIST, 0, 0, bytes), 3);
  assert.deepEqual([send(operations.TRUNCATE, 3, 5, bytes), send(operations.SYNC, 3, 0, bytes)], [-1, -2]);
  assert.equal(receive(operations.FAILURE, 0, 0, bytes), 6);
  assert.equal(new TextDecoder().decode(bytes.subarray(0, 6)), 'failed');
});

test('what is written is synced, and so is the folder', async () => {
  const { folderFiles } = await import('../src/store_files.node.js');
  const path = newFolder();
  await mkdir(path);
  const files = folderFiles(path);
  const file = files.open('a');
  files.write(file, new Uint8Array(5000).fill(3), 4096);
  assert.equal(files.length(file), 9096);
  const bytes = new Uint8Array(6000);
  assert.equal(files.read(file, bytes, 4096), 5000);
  assert.deepEqual([bytes[0], bytes[4999], bytes[5000]], [3, 3, 0]);
  files.truncate(file, 10);
  assert.equal(files.length(file), 10);
  assert.deepEqual(files.list(), ['a']);
  /** @type {string[]} */
  const synced = [];
  const real = { ...fs };
  for (const name of ['fdatasyncSync', 'fsyncSync']) {
    fs[name] = (...parameters) => {
      synced.push(name);
      return real[name](...parameters);
    };
  }
  syncBuiltinESMExports();
  try {
    folderFiles(path).sync(file);
    files.syncFolder();
  } finally {
    Object.assign(fs, { fdatasyncSync: real.fdatasyncSync, fsyncSync: real.fsyncSync });
    syncBuiltinESMExports();
  }
  assert.deepEqual(synced, ['fdatasyncSync', 'fsyncSync']);
  files.close(file);
  files.remove('a');
  assert.deepEqual(files.list(), []);
});

test('the money is there in a new process, and the accounts are opened once', async () => {
  const path = newFolder();
  const code = `
    const ledger = await Ledger.open({ path: process.argv[1], accounts: { aaron: 1000n, bryan: 0n } });
    await ledger.transfer({ from: 'aaron', to: 'bryan', amount: 100n });
    await ledger.openAccount('carol', { coins: 5n }).catch(({ code }) => console.log(code));
    console.log(await ledger.balance('aaron'), await ledger.balance('bryan'), await ledger.balance('carol'));
    console.log((await ledger.verify()).identical, (await ledger.history({ name: 'bryan' })).length);
    if (process.argv[2] === 'closed') await ledger.close();
  `;
  // A process that ends without closing the ledger leaves its lock, which the next one finds stale.
  assert.equal(await inProcess(code, path, 'left'), '900n 100n 5n\ntrue 1');
  assert.ok(existsSync(join(path, 'ledger.pid')));
  assert.equal(await inProcess(code, path, 'closed'), 'holder_exists\n800n 200n 5n\ntrue 2');
  assert.deepEqual((await readdir(path)).sort(), ['00000001.log', 'ledger.head']);
  assert.equal(await inProcess(code, path, 'closed'), 'holder_exists\n700n 300n 5n\ntrue 3');
});

test('a killed process loses nothing that was acknowledged', { timeout: 300_000 }, async () => {
  const path = newFolder();
  const kills = 25;
  // Each payment is acknowledged on the standard output, whose pipe outlives the process.
  const code = `
    const [path, round] = process.argv.slice(1);
    const ledger = await Ledger.open({ path, workers: 2, accounts: { till: 1n << 40n, shop: 0n } });
    const [debitAccountId, creditAccountId] = [await ledger.accountId('till'), await ledger.accountId('shop')];
    console.log('open', (await ledger.lookupAccounts([creditAccountId]))[0].creditsPosted);
    const payer = async (number) => {
      for (let count = 0; ; count += 1) {
        const id = (BigInt(round) << 64n) + (BigInt(number) << 32n) + BigInt(count) + 1n;
        const [{ status }] = await ledger.createTransfers([{ id, debitAccountId, creditAccountId, amount: 1n, ledger: 1, code: 18 }]);
        console.log(id, status);
      }
    };
    await Promise.all(Array.from({ length: 8 }, (_, number) => payer(number)));
  `;
  const program = `import { Ledger } from ${JSON.stringify(dist)};\n${code}`;
  /** @type {bigint[]} */
  const acknowledged = [];
  for (let round = 1; round <= kills; round += 1) {
    const child = spawn(process.execPath, ['--input-type=module', '-e', program, path, String(round)]);
    let printed = '';
    let failed = '';
    child.stderr.on('data', (text) => { failed += text; });
    const killed = new Promise((done) => child.on('close', (_, signal) => done(signal)));
    await new Promise((done) => {
      child.stdout.on('data', (text) => {
        // After another number of payments in each round.
        if (printed.length < round * 400 && printed.length + text.length >= round * 400) done(child.kill('SIGKILL'));
        printed += text;
      });
      child.on('close', done);
    });
    assert.equal(await killed, 'SIGKILL', failed);
    const [open, ...lines] = printed.split('\n').slice(0, -1);
    const [, credits] = open.match(/^open (\d+)n$/) ?? [];
    assert.ok(BigInt(credits) >= BigInt(acknowledged.length), `round ${round}: ${credits} of ${acknowledged.length}`);
    for (const line of lines) {
      const [, id] = line.match(/^(\d+)n created$/) ?? assert.fail(line);
      acknowledged.push(BigInt(id));
    }
  }
  assert.ok(acknowledged.length > kills * 5, `${acknowledged.length} payments`);
  const ledger = await Ledger.open({ path });
  try {
    for (let first = 0; first < acknowledged.length; first += 8000) {
      const ids = acknowledged.slice(first, first + 8000);
      assert.equal((await ledger.lookupTransfers(ids)).length, ids.length);
    }
    assert.equal((await ledger.verify()).identical, true);
  } finally {
    await ledger.close();
  }
});

test('a second opener is refused by a sentence that names the first', async () => {
  const path = newFolder();
  const ledger = await Ledger.open({ path });
  const open = `await Ledger.open({ path: process.argv[1] }).then(() => console.log('open'), ({ name, code, field, message }) => console.log(name, code, field, message));`;
  const says = await inProcess(open, path);
  assert.match(says, new RegExp(`^LedgerStartError store_in_use path The ledger in ".*" cannot be opened: process ${process.pid} has it open`));
  await assert.rejects(Ledger.open({ path }), { code: 'store_in_use', message: /: this process has it open/ });
  await ledger.close();
  assert.equal(await inProcess(`${open}; process.exit()`, path), 'open');
});

test('a stale lock is recognised, also when its number is used again', async () => {
  const path = newFolder();
  await (await Ledger.open({ path })).close();
  const lock = join(path, 'ledger.pid');
  const stale = ['4194304', '', 'nonsense'];
  // This process did not begin with the machine.
  if (process.platform === 'linux') stale.push(`${process.pid} 1`);
  for (const text of stale) {
    await writeFile(lock, text);
    const ledger = await Ledger.open({ path });
    await ledger.close();
    assert.ok(!existsSync(lock), text);
  }
  await writeFile(lock, String(process.ppid));
  await assert.rejects(Ledger.open({ path }), { code: 'store_in_use', message: new RegExp(`process ${process.ppid} has`) });
});

test('a folder is the same natively', async (t) => {
  if (!existsSync(native)) return t.skip('`cargo build --example stored_ledger` makes it');
  const path = newFolder();
  const [TILL, SHOP] = [5_000_000_001n, 5_000_000_002n];
  const accounts = [{ id: TILL, ledger: 840, code: 10 }, { id: SHOP, ledger: 840, code: 10 }];
  const ledger = await Ledger.open({ path, accounts: { aaron: 7n } });
  await ledger.createAccounts(accounts);
  await ledger.createTransfers([{ id: 'new', debitAccountId: SHOP, creditAccountId: TILL, amount: 11n, ledger: 840, code: 1 }]);

  // While Node has it open, a native process is refused, and names this one.
  const refused = await run(native, [path]).catch((error) => error);
  assert.match(refused.stderr, new RegExp(`${process.pid}.*has it open|InUse.*${process.pid}`));
  await ledger.close();

  const { stdout } = await run(native, [path]);
  assert.match(stdout, /^created$/m);
  assert.match(stdout, /^5000000001 0 111$/m);
  assert.match(stdout, /entries equal a serial run/);

  const again = await Ledger.open({ path });
  const [till] = await again.lookupAccounts([TILL]);
  assert.equal(till.creditsPosted, 111n);
  assert.equal(await again.balance('aaron'), 7n);
  assert.equal((await again.verify()).identical, true);
  await again.close();

  // One that was written natively first.
  const other = newFolder();
  await run(native, [other]);
  await run(native, [other]);
  const opened = await Ledger.open({ path: other, accounts: { bryan: 3n } });
  assert.equal((await opened.lookupAccounts([TILL]))[0].creditsPosted, 200n);
  assert.equal(await opened.balance('bryan'), 3n);
  assert.equal((await opened.verify()).identical, true);
  await opened.close();
});

test('a damaged store is refused by name', async () => {
  const path = newFolder();
  const ledger = await Ledger.open({ path, accounts: { aaron: 1000n } });
  for (let count = 0; count < 20; count += 1) await ledger.deposit({ to: 'aaron', amount: 1n });
  await ledger.close();
  const log = join(path, '00000001.log');
  const bytes = await readFile(log);
  const flipped = Buffer.from(bytes);
  flipped[4096 + 60] ^= 1;
  await writeFile(log, flipped);
  await assert.rejects(Ledger.open({ path }), { name: 'LedgerStartError', code: 'store_damaged', message: /00000001\.log.*backup/ });
  await truncate(log, 8192);
  await assert.rejects(Ledger.open({ path }), { code: 'store_damaged' });
  await writeFile(log, bytes);
  const again = await Ledger.open({ path });
  assert.equal(await again.balance('aaron'), 1020n);
  await again.close();

  const other = newFolder();
  await (await Ledger.open({ path: other })).close();
  await rm(join(other, 'ledger.head'));
  await assert.rejects(Ledger.open({ path: other }), { code: 'not_a_store', message: /empty folder/ });
});

test('with `durable: false` calls return at once, and `sync` waits for the disk', async () => {
  const path = newFolder();
  const code = `
    const ledger = await Ledger.open({ path: process.argv[1], durable: false, accounts: { aaron: 0n } });
    await Promise.all(Array.from({ length: 5000 }, () => ledger.deposit({ to: 'aaron', amount: 1n })));
    await ledger.sync();
    process.kill(process.pid, 'SIGKILL');
  `;
  await inProcess(code, path).catch(({ signal }) => assert.equal(signal, 'SIGKILL'));
  const ledger = await Ledger.open({ path });
  assert.equal(await ledger.balance('aaron'), 5000n);
  await ledger.close();
  const memory = await Ledger.open();
  await memory.sync();
  await memory.close();
});

test('closing completes the calls that were made before, and closes twice', async () => {
  for (let round = 0; round < 5; round += 1) {
    const path = newFolder();
    const ledger = await Ledger.open({ path, workers: 4, accounts: { aaron: 0n, bryan: 0n } });
    const [debitAccountId, creditAccountId] = [1n, await ledger.accountId('bryan')];
    const large = new TransferBatch();
    while (large.length < 8189) large.add({ debitAccountId, creditAccountId, amount: 1n, ledger: 1, code: 16 });
    // One worker gets the batches, and is not done for long when the others are.
    const batches = Array.from({ length: 8 }, () => ledger.createTransferBatch(large));
    const calls = Array.from({ length: 1000 }, () => ledger.deposit({ to: 'aaron', amount: 1n }));
    await ledger.close();
    await ledger.close();
    assert.equal((await Promise.all(calls)).length, 1000);
    for (const { created } of await Promise.all(batches)) assert.equal(created, 8189);
    await assert.rejects(ledger.deposit({ to: 'aaron', amount: 1n }), { code: 'closed' });
    const again = await Ledger.open({ path });
    assert.deepEqual([await again.balance('aaron'), await again.balance('bryan')], [1000n, 8n * 8189n]);
    await again.close();
  }
});

test('what cannot be kept is refused by name', async () => {
  const path = newFolder();
  for (const [options, code] of [
    [{ path, workers: 0 }, 'no_store'],
    [{ path, http: true }, 'no_store'],
    [{ path: '' }, 'bad_argument'],
    [{ path: 7 }, 'bad_argument'],
    [{ opfs: 'name' }, 'no_store'],
  ]) {
    await assert.rejects(Ledger.open(options), (error) => error instanceof LedgerError && error.code === code, JSON.stringify(options));
  }
  assert.throws(() => LedgerSync.open({ path }), { code: 'no_store' });
  assert.ok(!existsSync(path));
  const file = newFolder();
  await writeFile(file, 'a file');
  await assert.rejects(Ledger.open({ path: file }), (error) => error instanceof LedgerStartError && error.code === 'store_failed');
});

test('a ledger that does not fit into its memory is refused with the option', async () => {
  const path = newFolder();
  const ledger = await Ledger.open({ path, workers: 1, accounts: { aaron: 0n, bryan: 1n << 40n } });
  const batch = new TransferBatch();
  const [debitAccountId, creditAccountId] = [await ledger.accountId('bryan'), await ledger.accountId('aaron')];
  while (batch.length < 8189) batch.add({ debitAccountId, creditAccountId, amount: 1n, ledger: 1, code: 18 });
  await ledger.createTransferBatch(batch);
  await ledger.close();
  await assert.rejects(Ledger.open({ path, workers: 1, trailBytes: 1 << 19 }), { code: 'trail_full', message: /`trailBytes`/ });
  const again = await Ledger.open({ path, workers: 1 });
  assert.equal(await again.balance('aaron'), 8189n);
  await again.close();
});

test('a full disk refuses attempts by name, and takes them again when it has space', async (t) => {
  const path = newFolder();
  const code = `
    import { rmSync, writeFileSync } from 'node:fs';
    const [path] = process.argv.slice(1);
    writeFileSync(path + '/filler', Buffer.alloc(1 << 20));
    const open = () => Ledger.open({ path: path + '/ledger', workers: 2, accounts: { aaron: 0n } });
    const ledger = await open();
    const codes = {};
    let kept = 0;
    const pay = () => ledger.deposit({ to: 'aaron', amount: 1n }).then(() => { kept += 1; }, ({ name, code }) => { codes[code] = name; });
    while (!codes.store_no_space) await Promise.all(Array.from({ length: 500 }, pay));
    console.log(JSON.stringify(codes), kept > 1000, await ledger.balance('aaron').then(() => 'read', ({ code }) => code));
    rmSync(path + '/filler');
    let paid = 0n;
    for (const end = Date.now() + 10_000; paid === 0n && Date.now() < end;) {
      paid = await ledger.deposit({ to: 'aaron', amount: 1n }).then(() => 1n, () => new Promise((done) => setTimeout(done, 50, 0n)));
    }
    const before = await ledger.balance('aaron');
    await ledger.close();
    const again = await open();
    console.log(paid, before >= BigInt(kept), before === await again.balance('aaron'), (await again.verify()).identical);
    await again.close();
  `;
  await mkdir(path);
  const script = join(scratch, 'full.mjs');
  await writeFile(script, `import { Ledger } from ${JSON.stringify(dist)};\n${code.replace('process.argv.slice(1)', 'process.argv.slice(2)')}`);
  const words = ['-rm', 'sh', '-c', 'mount -t tmpfs -o size=3m tmpfs "$1" && echo mounted && exec "$2" "$3" "$1"', 'sh', path, process.execPath, script];
  const { stdout } = await run('unshare', words, { timeout: 60_000 }).catch((error) => error);
  if (!stdout?.startsWith('mounted')) return t.skip('needs a file system of its own (unshare -rm)');
  const [, full, after] = stdout.trim().split('\n');
  assert.equal(full, '{"outcome_unknown":"LedgerError","store_no_space":"LedgerRefusedError"} true outcome_unknown');
  assert.equal(after, '1n true true true');
});
