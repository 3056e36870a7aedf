/** The package in Node: with import, with require, in threads, and the examples of its README. */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { readdir, writeFile } from 'node:fs/promises';
import { before, test } from 'node:test';

import { consumer, examples, node, print, tool } from './consumer.mjs';

/** @type {URL} */
let folder;
before(async () => {
  folder = await consumer('node', {
    'esm.mjs': `
      import { Ledger, LedgerSync } from 'ledgerlab';
      const begun = performance.now();
      for (const workers of [undefined, 0, 1, 3]) {
        const ledger = await Ledger.open({ workers, accounts: { aaron: 1000n, bryan: 1000n } });
        const receipt = await ledger.transfer({ from: 'aaron', to: 'bryan', amount: 100n });
        const { identical, entries } = await ledger.verify();
        console.log(workers, ledger.threaded, receipt.fromBalance, receipt.toBalance, identical, entries > 2n);
        await ledger.close();
      }
      const sync = LedgerSync.open({ accounts: { aaron: 1000n, bryan: 1000n } });
      console.log(sync.transfer({ from: 'aaron', to: 'bryan', amount: 1 }).toBalance);
      sync.close();
    `,
    'everything.mjs': `
      import { Ledger, LedgerRefusedError, LedgerSync } from 'ledgerlab';
      for (const workers of [0, 2]) {
        const ledger = await Ledger.open({ workers, accounts: { aaron: 1000n, bryan: 1000n } });
        const pay = (amount) => ledger.transfer({ from: 'aaron', to: 'bryan', amount });
        await Promise.all(Array.from({ length: 100 }, () => pay(1n)));
        const refused = await pay(901n).catch((error) => error instanceof LedgerRefusedError);
        const { identical } = await ledger.verify();
        console.log(workers, ledger.threaded, await ledger.balance('aaron'), refused, identical);
        await ledger.close();
      }
      for (let time = 0; time < 2; time += 1) {
        const kept = await Ledger.open({ path: process.argv[2], workers: 2, accounts: { aaron: 10n } });
        console.log((await kept.withdraw({ from: 'aaron', amount: 1n })).fromBalance);
        await kept.close();
      }
      const sync = LedgerSync.open({ accounts: { aaron: 1000n, bryan: 1000n } });
      console.log(sync.transfer({ from: 'aaron', to: 'bryan', amount: 3n }).toBalance);
      sync.close();
      const ledger = await Ledger.open({ http: true, users: [{ name: 'aaron', token: '1', coins: 1000n }] });
      const headers = { authorization: '1' };
      const answer = await ledger.handle(new Request('http://ledger/account/coins?username=aaron', { headers }));
      console.log(answer.status, (await answer.json()).Balance);
      const report = await ledger.run('hft', { parameters: { operations: 2000 } });
      console.log(report.passed, report.totals.operations);
      await ledger.close();
    `,
    'runs.mjs': `
      import { Ledger } from 'ledgerlab';
      const ask = (ledger, method, path, body) => ledger.handle(new Request('http://ledger' + path, {
        method, headers: { authorization: 'Bearer operator' }, body: body && JSON.stringify(body),
      }));
      const order = { scenario: 'hft', parameters: { operations: 300000, seed: 7, trail_mib: 256 } };
      const users = [{ name: 'root', token: 'operator', role: 'operator' }];
      const ledger = await Ledger.open({ workers: 2, http: true, users });
      for (const number of [1, 2]) {
        const begun = await ask(ledger, 'POST', '/v1/runs', order);
        const busy = await ask(ledger, 'POST', '/v1/runs', order);
        const events = await (await ask(ledger, 'GET', '/v1/runs/' + number + '/events')).text();
        const report = await (await ask(ledger, 'GET', '/v1/runs/' + number + '/report')).json();
        const last = JSON.parse(events.trim().split('data: ').at(-1));
        console.log(begun.status, busy.status, last.passed, report.passed, report.totals.operations, report.environment.host, report.workers.length);
      }
      const long = { ...order, parameters: { ...order.parameters, operations: 1000000000, duration_s: 600 } };
      await ask(ledger, 'POST', '/v1/runs', long);
      await ask(ledger, 'POST', '/v1/runs/3/cancel');
      await (await ask(ledger, 'GET', '/v1/runs/3/events')).text();
      const cancelled = await (await ask(ledger, 'GET', '/v1/runs/3/report')).json();
      console.log(cancelled.ended_by, cancelled.passed);
      await ledger.close();
      const alone = await Ledger.open({ workers: 0, http: true, users });
      console.log((await ask(alone, 'POST', '/v1/runs', order)).status);
      await alone.close();
    `,
    'cjs.cjs': `
      const { Ledger, LedgerSync } = require('ledgerlab');
      const accounts = { aaron: 1000n, bryan: 1000n };
      Ledger.open({ workers: 2, accounts }).then(async (ledger) => {
        console.log(await ledger.transfer({ from: 'aaron', to: 'bryan', amount: 100n }).then(({ toBalance }) => toBalance));
        const sync = LedgerSync.open({ workers: 1, accounts });
        console.log(sync.balance('aaron'), ledger.workers);
      });
    `,
    'threads.mjs': `
      import { LedgerSync } from 'ledgerlab';
      import { Worker, isMainThread, parentPort, workerData } from 'node:worker_threads';
      import { fileURLToPath } from 'node:url';
      const EACH = 5000;
      if (isMainThread) {
        const accounts = { a: 1000n, b: 1000n, c: 1000n };
        const ledger = LedgerSync.open({ workers: 4, accounts });
        const threads = [1, 2, 3, 4].map((seed) => new Worker(fileURLToPath(import.meta.url), { workerData: { seed, shared: ledger.share() } }));
        const results = await Promise.all(threads.map((thread) => new Promise((done, failed) => thread.once('message', done).once('error', failed))));
        const sum = ledger.balance('a') + ledger.balance('b') + ledger.balance('c');
        const { identical, entries } = ledger.verify();
        console.log(sum, identical, Number(entries) >= 4 * EACH, results.every(({ made }) => made > 0));
        ledger.close();
      } else {
        const ledger = LedgerSync.join(workerData.shared);
        let state = workerData.seed;
        let made = 0;
        for (let place = 0; place < EACH; place += 1) {
          state = (state * 1103515245 + 12345) % 2147483648;
          const from = 'abc'[state % 3];
          const to = 'abc'[(state + 1 + (state >> 8) % 2) % 3];
          try {
            ledger.transfer({ from, to, amount: 1 + (state >> 4) % 40 });
            made += 1;
          } catch (error) {
            if (error.code !== 'insufficient_funds') throw error;
          }
        }
        ledger.close();
        parentPort.postMessage({ made });
      }
    `,
  });
});

test('a module imports the package, threaded and not', async () => {
  const lines = (await node(folder, 'esm.mjs')).trim().split('\n');
  assert.match(lines[0], /^undefined true 900n 1100n true true$/);
  assert.deepEqual(lines.slice(1), [
    '0 false 900n 1100n true true',
    '1 true 900n 1100n true true',
    '3 true 900n 1100n true true',
    '1001n',
  ]);
});

test('a script requires the package, and an idle ledger keeps no process alive', async () => {
  assert.equal(await node(folder, 'cjs.cjs'), '1100n\n1000n 2\n');
});

test('four threads share one ledger, and serial replay agrees', async () => {
  assert.equal(await node(folder, 'threads.mjs'), '3000n true true true\n');
});

// Without install scripts Bun's program is in the package of this platform.
const [bun] = await readdir(tool('@oven'));
const bunProgram = tool(`@oven/${bun}/bin/bun`);
test('a ledger that answers HTTP executes requested runs in workers of their own', async () => {
  assert.deepEqual((await node(folder, 'runs.mjs')).trim().split('\n'), [
    '202 409 true true 300000 node 2',
    '202 409 true true 300000 node 2',
    'cancelled true',
    '501',
  ]);
});

/** @type {[string, string, string[]][]} */
const RUNTIMES = [
  ['Node', process.execPath, []],
  ['Bun', existsSync(bunProgram) ? bunProgram : tool('.bin/bun'), []],
  ['Deno', tool('.bin/deno'), ['run', '--allow-all', '--node-modules-dir=manual']],
];
for (const [name, program, words] of RUNTIMES) {
  test(`${name} runs everything: threaded and not, in the calling thread, in a folder, HTTP, a scenario`, async () => {
    const printed = await print(folder, program, ...words, 'everything.mjs', `kept-${name}`);
    assert.deepEqual(printed.trim().split('\n'), [
      '0 false 900n true true',
      '2 true 900n true true',
      '9n',
      '8n',
      '1003n',
      '200 1000',
      'true 2000',
    ]);
  });
}

for (const [place, { about, code }] of (await examples()).filter(({ language }) => language === 'js').entries()) {
  if (about === 'no-run') continue;
  test(`example ${place + 1} of the README prints its expected output`, async () => {
    const expected = [...code.matchAll(/\/\/ → (.*)$/gm)].map(([, text]) => text);
    const file = `example-${place + 1}.mjs`;
    await writeFile(new URL(file, folder), code);
    const printed = (await node(folder, file)).trim();
    assert.deepEqual(printed === '' ? [] : printed.split('\n'), expected);
  });
}
