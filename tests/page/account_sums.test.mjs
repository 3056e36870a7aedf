/** The model of the scenes: roles, names, sums over the cells of a sample, deadlock cycles. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { deadlockCycle } from '../../www/scenes/deadlock_cycle.js';
import { AccountSums } from '../../www/scenes/account_sums.js';
import { AccountRoles, rangesOf } from '../../www/scenes/account_roles.js';

/** @import { AccountDetails, LedgerSample, Role } from '../../www/types.d.ts' */

/** @param {string} name @param {number} count @param {number} coins @param {boolean} alone @returns {Role} */
function role(name, count, coins, alone) {
  return { name, count, coins, alone };
}

const BANK = new AccountRoles({
  worlds: 3,
  roles: [role('bank', 1, 50, true), role('claims', 1, 0, true), role('customer', 10, 7, false)],
});

/** The balance of each account of `BANK`. The accounts of @world have negative ones. */
const BALANCES = [-100, -5, -15, 40, 10, ...[1, 2, 3, 4, 5, 6, 7, 8, 9, 25]];

/** @param {number} accounts_each @returns {LedgerSample} */
function sampleOf(accounts_each) {
  const cells = Math.ceil(BALANCES.length / accounts_each);
  const balances = new Float64Array(cells);
  BALANCES.forEach((balance, place) => {
    balances[Math.floor(place / accounts_each)] += balance;
  });
  const held_pending = balances.map((_, cell) => cell);
  const changes = balances.map((_, cell) => cell * 2);
  const accounts = BALANCES.length;
  return /** @type {any} */ ({ accounts, accounts_each, balances, held_pending, changes });
}

/** @returns {AccountDetails[]} */
function firstAccounts() {
  return BALANCES.slice(0, 5).map((balance) => {
    return /** @type {any} */ ({ balance: String(balance), debits_pending: 0, changes: '0' });
  });
}

test('account indexes have the names of the report', () => {
  const names = [0, 1, 2, 3, 4, 5, 14, 15].map((place) => BANK.name(place));
  assert.deepEqual(names.slice(0, 4), ['@world', '@world_1', '@world_2', 'bank']);
  assert.deepEqual(names.slice(4), ['claims', 'customer_1', 'customer_10', 'account 16']);
  assert.equal(BANK.names({ first: 5, count: 3 }), 'customer_1 to customer_3');
  assert.equal(BANK.size, 15);
  assert.deepEqual(BANK.role('customer').first, 5);
  assert.equal(BANK.role('nobody').count, 0);
  const two = new AccountRoles({ worlds: 1, roles: [role('trader', 1, 5, false)] });
  assert.equal(two.name(1), 'trader_1', 'only the single account of a role has no number');
});

test('a role is divided into equal ranges that cover it', () => {
  const groups = rangesOf({ first: 5, count: 10 }, 4);
  assert.deepEqual(groups, [
    { first: 5, count: 3 },
    { first: 8, count: 3 },
    { first: 11, count: 3 },
    { first: 14, count: 1 },
  ]);
  assert.deepEqual(rangesOf({ first: 5, count: 0 }, 4), []);
  assert.equal(rangesOf({ first: 0, count: 3 }, 400).length, 3);
});

test('sums are exact with one account per cell', () => {
  const now = new AccountSums({ sample: sampleOf(1), first_accounts: [] });
  assert.equal(now.is_exact, true);
  const sums = BANK.all.map((each) => now.balance(each));
  assert.deepEqual(sums, [-120, 40, 10, 70]);
  assert.equal(now.pending({ first: 5, count: 2 }), 5 + 6);
  assert.equal(now.changes({ first: 5, count: 2 }), 2 * (5 + 6));
  assert.equal(now.withCoins(BANK.role('customer')), 10);
  assert.equal(now.withCoins({ first: 0, count: 5 }), 2);
});

test('sums over shared cells keep the first accounts exact and lose no coin', () => {
  for (const accounts_each of [2, 3, 4, 7, 15]) {
    const now = new AccountSums({ sample: sampleOf(accounts_each), first_accounts: firstAccounts() });
    const sums = BANK.all.map((each) => now.balance(each));
    assert.deepEqual(sums, [-120, 40, 10, 70], `${accounts_each} accounts a cell`);
    assert.equal(now.is_exact, false);
  }
  const now = new AccountSums({ sample: sampleOf(4), first_accounts: firstAccounts() });
  // Customers 1 to 3 share the rest of the second cell, 6 coins; customers 4 to 7 share the third.
  assert.equal(now.balance({ first: 5, count: 3 }), 6);
  assert.equal(now.balance({ first: 6, count: 1 }), 2, 'accounts without a sample of their own share their cell');
  assert.equal(now.balance({ first: 8, count: 2 }), 11);
});

test('accounts that are not opened yet have no coins', () => {
  const opening = { ...sampleOf(1), accounts: 7 };
  const now = new AccountSums({ sample: opening, first_accounts: [] });
  assert.equal(now.balance(BANK.role('customer')), 1 + 2);
});

test('a deadlock cycle is found from any worker, and waiting alone is none', () => {
  const one = { worker: 1, holds: [3], wants: 4 };
  const two = { worker: 2, holds: [4], wants: 5 };
  const three = { worker: 3, holds: [5], wants: 3 };
  const outside = { worker: 4, holds: [9], wants: 3 };
  const numbers = deadlockCycle([outside, two, one, three]).map(({ worker }) => worker);
  assert.deepEqual(numbers.toSorted(), [1, 2, 3]);
  assert.deepEqual(deadlockCycle([outside, one, two]), []);
  assert.deepEqual(deadlockCycle([{ worker: 1, holds: [3], wants: 3 }]), []);
  assert.deepEqual(deadlockCycle([]), []);
});
