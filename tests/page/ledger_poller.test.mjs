/** When the ledger is sampled: how often, when not, and how a late sample is handled. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RunSeries } from '../../www/charts/run_series.js';

/** @import { TestContext } from 'node:test' */

/** The parts of a window that the page's state requires. */
const document = { baseURI: 'http://127.0.0.1/', hidden: false };
Object.assign(globalThis, { document });
const { LedgerPoller } = await import('../../www/features/run/ledger_poller.js');
const { Store, initialState } = await import('../../www/app/store.js');

/**
 * A page without a window. Tests advance its clock and set how long a sample takes.
 * @param {TestContext} t
 */
function page(t) {
  let now_ms = 1_000;
  t.mock.timers.enable({ apis: ['setTimeout'] });
  t.mock.method(performance, 'now', () => now_ms);
  document.hidden = false;
  const store = new Store(initialState(4));
  store.set({ series: new RunSeries(2) });
  const poller = new LedgerPoller(store);
  const settle = () => new Promise((resolve) => setImmediate(resolve));
  /** @param {number} ms */
  const pass = async (ms) => {
    for (let step = 0; step < ms; step += 10) {
      now_ms += 10;
      t.mock.timers.tick(10);
      await settle();
    }
  };
  /** @param {number} cost_ms @param {number} [accounts_each] */
  const reader = (cost_ms, accounts_each = 1) => {
    const calls = { layouts: 0, samples: 0, queries: /** @type {any[]} */ ([]) };
    return {
      calls,
      async accountLayout() {
        calls.layouts += 1;
        const bank = { name: 'bank', count: 1, coins: 5, alone: true };
        return { worlds: 3, roles: [bank, { ...bank, name: 'customer', count: 9, alone: false }] };
      },
      async sampleLedger() {
        calls.samples += 1;
        now_ms += cost_ms;
        const latency = { count: 0 };
        return { accounts: 9, accounts_each, difference: 0, latency, number: calls.samples };
      },
      /** @param {any} query */
      async findAccounts(query) {
        calls.queries.push(query);
        return { found: 9, rows: ['head'] };
      },
    };
  };
  return { store, poller, pass, reader };
}

/** @param {Record<string, unknown>} changes */
function changed(changes) {
  return /** @type {any} */ (changes);
}

test('fast samples are taken five times a second, slow ones for a tenth of the time', async (t) => {
  const { store, pass, reader } = page(t);
  const quick = reader(1);
  store.set(changed({ reader: quick, run_state: 'running' }));
  await pass(2_000);
  assert(quick.calls.samples >= 8 && quick.calls.samples <= 11, `${quick.calls.samples} samples in 2 s`);
  assert.equal(quick.calls.layouts, 1);
  assert.deepEqual(quick.calls.queries, [], 'each account has a cell');
  const slow = reader(100);
  store.set(changed({ reader: slow, account_layout: null, ledger_samples: null }));
  await pass(10_000);
  assert(slow.calls.samples >= 8 && slow.calls.samples <= 12, `${slow.calls.samples} samples of 100 ms in 10 s`);
});

test('a delayed sample does not slow down the next ones', async (t) => {
  const { store, pass, reader } = page(t);
  const ledger = reader(1);
  const { sampleLedger } = ledger;
  store.set(changed({ reader: ledger, run_state: 'running' }));
  await pass(1_000);
  const before = ledger.calls.samples;
  ledger.sampleLedger = async () => {
    const late = reader(1_000);
    ledger.sampleLedger = sampleLedger;
    ledger.calls.samples += 1;
    return late.sampleLedger();
  };
  await pass(2_000);
  assert(ledger.calls.samples >= before + 8, `${ledger.calls.samples - before} samples afterwards`);
});

test('no samples while hidden, one during a pause and one at the end', async (t) => {
  const { store, poller, pass, reader } = page(t);
  const ledger = reader(1);
  store.set(changed({ reader: ledger, run_state: 'running' }));
  await pass(1_000);
  assert(store.state.ledger_samples?.previous, 'there is a previous sample during the run');
  document.hidden = true;
  await pass(300);
  const before = ledger.calls.samples;
  await pass(2_000);
  assert.equal(ledger.calls.samples, before);
  document.hidden = false;
  store.set(changed({ paused: true }));
  await pass(2_000);
  assert.equal(ledger.calls.samples, before + 1, 'one sample during the pause');
  store.set(changed({ paused: false }));
  await pass(1_000);
  const going = ledger.calls.samples;
  assert(going > before + 2, 'sampling resumes');
  store.set(changed({ run_state: 'checking' }));
  await pass(300);
  const checking = ledger.calls.samples;
  await pass(1_000);
  assert.equal(ledger.calls.samples, checking);
  store.set(changed({ run_state: 'finished', report: {} }));
  await pass(2_000);
  assert.equal(ledger.calls.samples, checking + 1, 'one sample at the end');
  assert.equal(store.state.ledger_samples?.previous, null, 'nothing moves at the end');
  poller.refresh();
  await pass(1_000);
  assert.equal(ledger.calls.samples, checking + 2, 'and one after a change');
});

test('a sample of an earlier run is dropped', async (t) => {
  const { store, pass, reader } = page(t);
  const first = reader(1);
  const { sampleLedger: sample } = first;
  const second = reader(1);
  /** @type {() => void} */
  let answer = () => {};
  first.sampleLedger = () => new Promise((resolve) => (answer = () => resolve(sample.call(first))));
  store.set(changed({ reader: first, run_state: 'running' }));
  await pass(500);
  store.set(changed({ reader: second, account_layout: null, ledger_samples: null, run_state: 'preparing' }));
  answer();
  await pass(20);
  assert.equal(store.state.ledger_samples, null, 'the sample of the previous run is dropped');
  assert.equal(first.calls.samples, 1);
  await pass(500);
  assert(store.state.ledger_samples, 'the next run is sampled');
});

test('after a run a failing reader is called only once', async (t) => {
  const { store, pass, reader } = page(t);
  const ledger = reader(1);
  let calls = 0;
  ledger.sampleLedger = () => {
    calls += 1;
    return Promise.reject(new Error('discarded'));
  };
  store.set(changed({ reader: ledger, run_state: 'finished', report: {} }));
  await pass(3_000);
  assert.equal(calls, 1);
  assert.equal(store.state.ledger_samples, null);
});

test('the first accounts are read if cells are shared', async (t) => {
  const { store, pass, reader } = page(t);
  const ledger = reader(1, 7);
  store.set(changed({ reader: ledger, run_state: 'running' }));
  await pass(100);
  const query = { text: '', order: 'place', descending: false, first: 0, limit: 4 };
  assert.deepEqual(ledger.calls.queries, [query], 'three accounts of @world, and the bank');
  assert.deepEqual(store.state.ledger_samples?.current.first_accounts, ['head']);
});
