/**
 * Calls with random arguments return or throw one of the ledger's errors. They never trap, and the ledger
 * stays balanced.
 *
 * `LEDGERLAB_CASES=100000 node --test npm/test/fuzz.test.mjs` tries more cases; `LEDGERLAB_SEED` repeats a run.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';

import fc from 'fast-check';

import { packaged } from './consumer.mjs';

const { Ledger, LedgerArgumentError, LedgerBrokenError, LedgerError, LedgerSync, TransferBatch } = await import(
  packaged('dist/node.js').href
);

const demo = { aaron: 1000n, bryan: 1000n };
const CASES = Number(process.env.LEDGERLAB_CASES ?? 4000);
const seed = process.env.LEDGERLAB_SEED === undefined ? Date.now() % 2 ** 31 : Number(process.env.LEDGERLAB_SEED);

const thrower = () => Object.defineProperty({}, 'amount', { enumerable: true, get: () => { throw new Error('mine'); } });
const proxy = () => new Proxy({}, { ownKeys: () => { throw new TypeError('mine'); }, get: () => { throw new TypeError('mine'); } });
function detached() {
  const bytes = new Uint8Array(128);
  structuredClone(bytes.buffer, { transfer: [bytes.buffer] });
  return bytes;
}
function revoked() {
  const { proxy: gone, revoke } = Proxy.revocable({}, {});
  revoke();
  return gone;
}

/** A value that is created when it is passed, because fast-check itself could not handle it. */
class Hostile {
  /** @param {() => unknown} make */
  constructor(make) {
    this.make = make;
  }
}
/** @param {any} value */
function armed(value) {
  if (value instanceof Hostile) return value.make();
  if (Array.isArray(value)) return value.map(armed);
  const plain = typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype;
  if (!plain || Object.values(Object.getOwnPropertyDescriptors(value)).some(({ get }) => get)) return value;
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, armed(one)]));
}

/** Arbitrary values, valid and invalid. */
const strange = fc.oneof(
  { arbitrary: fc.anything({ withBigInt: true, withTypedArray: true, withMap: true, withNullPrototype: true }), weight: 3 },
  fc.constantFrom(NaN, Infinity, -Infinity, -0, 0.5, 2 ** 53, -1, 1e300, undefined, null, '', 'aaron', 'bryan', '@world', 'new', true),
  fc.constantFrom(-1n, 0n, 1n, (1n << 63n) - 1n, 1n << 63n, (1n << 64n) - 1n, 1n << 64n, (1n << 128n) - 1n, 1n << 128n, 1n << 4000n),
  fc.bigInt(),
  fc.constantFrom(thrower, proxy, detached, revoked).map((make) => new Hostile(make)),
  fc.constantFrom(Symbol('mine'), () => 1, new Date(NaN), /mine/, new Uint8Array(127), new Uint8Array(128).fill(255), new Uint8Array(8190 * 128)),
);

/** @param {Record<string, fc.Arbitrary<unknown>>} fields */
const shaped = (fields) =>
  fc.oneof(strange, fc.record(Object.fromEntries(Object.entries(fields).map(([name, sound]) => [name, fc.oneof({ arbitrary: sound, weight: 4 }, strange)])), { requiredKeys: [] }));
const who = fc.constantFrom('aaron', 'bryan', 'nobody');
const small = fc.oneof(fc.bigInt(0n, 2000n), fc.integer({ min: 0, max: 2000 }));
const accountId = fc.constantFrom(1n, 65536n, 65537n, 5_000_000_001n, 5_000_000_002n);
const userData = { userData128: small, userData64: small, userData32: small };
const flags = (...names) => fc.oneof(fc.uniqueArray(fc.constantFrom(...names), { maxLength: 3 }), fc.integer({ min: 0, max: 65535 }));
const account = shaped({ id: accountId, ledger: fc.constant(1), code: fc.constant(1), flags: flags('linked', 'history', 'imported', 'closed'), ...userData });
const transfer = shaped({
  id: fc.oneof(fc.constant('new'), fc.bigInt(1n, 500n)), debitAccountId: accountId, creditAccountId: accountId, amount: small, pendingId: fc.bigInt(0n, 500n),
  timeout: fc.integer({ min: 0, max: 3 }), ledger: fc.constant(1), code: fc.constant(1), timestamp: small,
  flags: flags('linked', 'pending', 'post_pending_transfer', 'void_pending_transfer', 'balancing_debit', 'closing_credit', 'imported'), ...userData,
});
const filter = shaped({ accountId, limit: fc.integer({ min: 0, max: 9000 }), flags: flags('debits', 'credits', 'reversed'), timestampMin: small, timestampMax: small, code: small, ...userData });
const several = (one) => fc.oneof(strange, fc.array(one, { maxLength: 4 }));
const signal = fc.oneof({ arbitrary: fc.constant(undefined), weight: 6 }, shaped({ signal: fc.constant(undefined) }));

/** The calls, and the distributions of their arguments. */
const CALLS = {
  openAccount: [fc.oneof(who, strange, fc.string()), shaped({ coins: small })],
  accountId: [fc.oneof(who, strange), signal],
  balance: [fc.oneof(who, strange), signal],
  transfer: [shaped({ from: who, to: who, amount: small }), signal],
  deposit: [shaped({ to: who, amount: small }), signal],
  withdraw: [shaped({ from: who, amount: small }), signal],
  history: [shaped({ name: who, limit: small }), signal],
  createAccounts: [several(account), signal],
  createTransfers: [several(transfer), signal],
  createTransferBatch: [strange, signal],
  lookupAccounts: [several(accountId), signal],
  lookupTransfers: [several(fc.bigInt(1n, 500n)), signal],
  getAccountTransfers: [filter, signal],
  getAccountBalances: [filter, signal],
  queryAccounts: [filter, signal],
  queryTransfers: [filter, signal],
};
const call = fc.constantFrom(...Object.keys(CALLS)).chain((name) => fc.tuple(fc.constant(name), fc.tuple(...CALLS[name])));

/** @param {unknown} error */
function typed(error) {
  assert.ok(error instanceof LedgerError, `not one of the ledger's errors: ${String(/** @type {any} */ (error)?.stack)}`);
  assert.ok(!(error instanceof LedgerBrokenError), error.stack);
  assert.ok(typeof error.code === 'string' && error.code !== '' && error.message.length > 0);
}

/** @param {any} snapshot */
function balanced({ accounts }) {
  const sum = (field) => accounts.reduce((all, one) => all + one[field], 0n);
  assert.equal(sum('debitsPosted'), sum('creditsPosted'));
  assert.equal(sum('debitsPending'), sum('creditsPending'));
}

test(`${CASES} calls with random arguments, in this thread`, () => {
  const ledger = LedgerSync.open({ accounts: demo });
  ledger.createAccounts([
    { id: 5_000_000_001n, ledger: 1, code: 1 },
    { id: 5_000_000_002n, ledger: 1, code: 1, flags: ['debits_must_not_exceed_credits', 'history'] },
  ]);
  let answered = 0;
  let refused = 0;
  fc.assert(
    fc.property(call, ([name, parameters]) => {
      try {
        ledger[name](...armed(parameters));
        answered += 1;
      } catch (error) {
        typed(error);
        refused += 1;
      }
    }),
    { numRuns: CASES, seed, verbose: 1 },
  );
  balanced(ledger.snapshot());
  const result = ledger.verify();
  assert.equal(result.identical, true, result.divergence);
  assert.ok(answered > CASES / 20 && refused > CASES / 20, `${answered} answered, ${refused} refused`);
  ledger.close();
});

test(`${CASES / 4} calls with random arguments, in workers`, async () => {
  const ledger = await Ledger.open({ workers: 2, accounts: demo });
  await fc.assert(
    fc.asyncProperty(call, async ([name, parameters]) => {
      let promise;
      try {
        promise = ledger[name](...armed(parameters));
      } catch (error) {
        assert.fail(`${name} has thrown instead of rejecting: ${error}`);
      }
      await promise.catch(typed);
    }),
    { numRuns: CASES / 4, seed },
  );
  balanced(await ledger.snapshot());
  assert.equal((await ledger.verify()).identical, true);
  await ledger.close();
});

test(`${CASES / 4} random transfers for a batch, and random options`, async () => {
  const batch = new TransferBatch(8189);
  const options = shaped({
    workers: fc.constant(0), accounts: strange, users: several(shaped({ name: who, token: who, role: strange, coins: small })),
    accountsMax: small, trailBytes: small, wasmUrl: strange, http: strange, signal: strange,
  });
  let added = 0;
  fc.assert(
    fc.property(transfer, (drawn) => {
      const before = batch.length;
      try {
        batch.add(armed(drawn));
        added += 1;
        assert.equal(batch.length, before + 1);
      } catch (error) {
        assert.ok(error instanceof LedgerArgumentError, String(error?.stack));
        assert.equal(batch.length, before);
      }
      if (batch.length === batch.capacity) batch.clear();
    }),
    { numRuns: CASES / 4, seed },
  );
  assert.ok(added > 0);
  const ledger = LedgerSync.open();
  assert.equal(ledger.createTransferBatch(batch).length, batch.length);
  balanced(ledger.snapshot());
  assert.equal(ledger.verify().identical, true);
  ledger.close();
  fc.assert(
    fc.property(options, (drawn) => {
      try {
        LedgerSync.open(armed(drawn)).close();
      } catch (error) {
        typed(error);
      }
    }),
    { numRuns: CASES / 40, seed },
  );
});
