/** When the ledger is looked into: how often, when not, and what becomes of a look that comes late. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Samples } from '../../www/engine/samples.js';

/** @import { TestContext } from 'node:test' */

/** What the page's state needs of a window to be there at all. */
const document = { baseURI: 'http://127.0.0.1/', hidden: false };
Object.assign(globalThis, { document });
const { Looking } = await import('../../www/looking.js');
const { Store, initialState } = await import('../../www/state.js');

/**
 * A page without a window: its clock is moved by hand, and looks cost as long as they are told to.
 * @param {TestContext} t
 */
function page(t) {
  let now_ms = 1_000;
  t.mock.timers.enable({ apis: ['setTimeout'] });
  t.mock.method(performance, 'now', () => now_ms);
  document.hidden = false;
  const store = new Store(initialState(4));
  const laboratory = /** @type {any} */ ({ store, samples: new Samples(2) });
  const looking = new Looking(laboratory);
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
    const asked = { casts: 0, looks: 0, heads: /** @type {any[]} */ ([]) };
    return {
      asked,
      async cast() {
        asked.casts += 1;
        const bank = { name: 'bank', count: 1, coins: 5, alone: true };
        return { worlds: 3, roles: [bank, { ...bank, name: 'customer', count: 9, alone: false }] };
      },
      async look() {
        asked.looks += 1;
        now_ms += cost_ms;
        const latency = { count: 0 };
        return { accounts: 9, accounts_each, difference: 0, latency, number: asked.looks };
      },
      /** @param {any} query */
      async accounts(query) {
        asked.heads.push(query);
        return { found: 9, rows: ['head'] };
      },
    };
  };
  return { store, looking, pass, reader };
}

/** @param {Record<string, unknown>} changes */
function changed(changes) {
  return /** @type {any} */ (changes);
}

test('a quick look is made five times a second, a slow one a tenth of the time', async (t) => {
  const { store, pass, reader } = page(t);
  const quick = reader(1);
  store.set(changed({ reader: quick, stage: 'running' }));
  await pass(2_000);
  assert(quick.asked.looks >= 8 && quick.asked.looks <= 11, `${quick.asked.looks} looks in 2 s`);
  assert.equal(quick.asked.casts, 1);
  assert.deepEqual(quick.asked.heads, [], 'each account is seen by itself');
  const slow = reader(100);
  store.set(changed({ reader: slow, cast: null, seen: null }));
  await pass(10_000);
  assert(slow.asked.looks >= 8 && slow.asked.looks <= 12, `${slow.asked.looks} looks of 100 ms in 10 s`);
});

test('one look that had to wait is not taken for what looks cost', async (t) => {
  const { store, pass, reader } = page(t);
  const ledger = reader(1);
  const { look } = ledger;
  store.set(changed({ reader: ledger, stage: 'running' }));
  await pass(1_000);
  const before = ledger.asked.looks;
  ledger.look = async () => {
    const late = reader(1_000);
    ledger.look = look;
    ledger.asked.looks += 1;
    return late.look();
  };
  await pass(2_000);
  assert(ledger.asked.looks >= before + 8, `${ledger.asked.looks - before} looks afterwards`);
});

test('it is let alone while hidden, looked at once when it rests and once at the end', async (t) => {
  const { store, looking, pass, reader } = page(t);
  const ledger = reader(1);
  store.set(changed({ reader: ledger, stage: 'running' }));
  await pass(1_000);
  assert(store.state.seen?.before, 'while money moves there is a look before');
  document.hidden = true;
  await pass(300);
  const before = ledger.asked.looks;
  await pass(2_000);
  assert.equal(ledger.asked.looks, before);
  document.hidden = false;
  store.set(changed({ paused: true }));
  await pass(2_000);
  assert.equal(ledger.asked.looks, before + 1, 'one look at rest');
  store.set(changed({ paused: false }));
  await pass(1_000);
  const going = ledger.asked.looks;
  assert(going > before + 2, 'it goes on');
  store.set(changed({ stage: 'checking' }));
  await pass(300);
  const checking = ledger.asked.looks;
  await pass(1_000);
  assert.equal(ledger.asked.looks, checking);
  store.set(changed({ stage: 'finished', report: {} }));
  await pass(2_000);
  assert.equal(ledger.asked.looks, checking + 1, 'one look at the end');
  assert.equal(store.state.seen?.before, null, 'nothing moves at the end');
  looking.again();
  await pass(1_000);
  assert.equal(ledger.asked.looks, checking + 2, 'and one where somebody changed it');
});

test('a look that comes after its run is dropped', async (t) => {
  const { store, pass, reader } = page(t);
  const first = reader(1);
  const { look } = first;
  const second = reader(1);
  /** @type {() => void} */
  let answer = () => {};
  first.look = () => new Promise((resolve) => (answer = () => resolve(look.call(first))));
  store.set(changed({ reader: first, stage: 'running' }));
  await pass(500);
  store.set(changed({ reader: second, cast: null, seen: null, stage: 'preparing' }));
  answer();
  await pass(20);
  assert.equal(store.state.seen, null, 'what is seen is not of the run before');
  assert.equal(first.asked.looks, 1);
  await pass(500);
  assert(store.state.seen, 'the next run is looked at');
});

test('a reader that fails is asked no more once the run is over', async (t) => {
  const { store, pass, reader } = page(t);
  const ledger = reader(1);
  let asked = 0;
  ledger.look = () => {
    asked += 1;
    return Promise.reject(new Error('discarded'));
  };
  store.set(changed({ reader: ledger, stage: 'finished', report: {} }));
  await pass(3_000);
  assert.equal(asked, 1);
  assert.equal(store.state.seen, null);
});

test('of cells of several accounts those before the crowd are asked for', async (t) => {
  const { store, pass, reader } = page(t);
  const ledger = reader(1, 7);
  store.set(changed({ reader: ledger, stage: 'running' }));
  await pass(100);
  const query = { text: '', order: 'place', descending: false, first: 0, limit: 4 };
  assert.deepEqual(ledger.asked.heads, [query], '@world three times, and the bank');
  assert.deepEqual(store.state.seen?.now.heads, ['head']);
});
