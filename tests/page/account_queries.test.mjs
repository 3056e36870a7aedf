/** The computations of the accounts panel, without a browser. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseManualTransfer, transferText } from '../../www/features/accounts/manual_transfer.js';
import { NO_ACCOUNTS, queryReport, sortedBy, distributionOf } from '../../www/features/accounts/account_query.js';
import { LAYOUT } from './account_layout.mjs';

/** @param {[string, number, number][]} accounts name, debits, credits */
function reportOf(accounts) {
  const rows = accounts.map(([name, debits, credits], index) => ({
    id: index + 1,
    name,
    issuer: index === 0,
    debits_pending: index,
    debits_posted: debits,
    credits_pending: 0,
    credits_posted: credits,
  }));
  return /** @type {any} */ ({ accounts: { rows, count: rows.length, complete: true } });
}

test('accounts of a report are searched, sorted and distributed like those of a ledger', () => {
  const report = reportOf([
    ['@world', 300, 0],
    ['b', 0, 100],
    ['a', 50, 100],
    ['ab', 0, 150],
  ]);
  const { query } = NO_ACCOUNTS;
  const names = (/** @type {Partial<typeof query>} */ changes) =>
    queryReport(report, { ...query, ...changes }).rows.map(({ name }) => name);
  assert.deepEqual(names({}), ['@world', 'b', 'a', 'ab']);
  assert.deepEqual(names({ order: 'balance' }), ['@world', 'a', 'b', 'ab']);
  assert.deepEqual(names({ order: 'pending', descending: true }), ['ab', 'a', 'b', '@world']);
  assert.deepEqual(names({ text: 'A', order: 'name' }), ['a', 'ab']);
  assert.deepEqual(names({ text: '2' }), ['b']);
  assert.deepEqual(names({ first: 1, limit: 2 }), ['b', 'a']);
  assert.equal(queryReport(report, { ...query, first: 1, limit: 2 }).found, 4);
  const once = sortedBy(query, 'balance');
  assert.deepEqual([once.order, once.descending], ['balance', true]);
  assert.equal(sortedBy(once, 'balance').descending, false);
  const distribution = distributionOf(report, 10);
  assert.equal(distribution.accounts, 3);
  assert.equal(
    distribution.bars.reduce((sum, { accounts }) => sum + accounts, 0),
    3,
  );
  assert.deepEqual([distribution.minimum, distribution.median, distribution.maximum], ['50', '100', '150']);
  assert.deepEqual(distribution.bars[0], { up_to: '60', accounts: 1 });
  assert.equal(distribution.bars.at(-1)?.up_to, '150');
  assert.deepEqual(distributionOf(reportOf([['@world', 0, 0]]), 10).bars, []);
});

test('manual transfers are parsed or explained', () => {
  const deposit = { kind: /** @type {const} */ ('deposit'), from: '', to: 'trader_2', amount: '5' };
  assert.deepEqual(parseManualTransfer(deposit, LAYOUT).transfer, { from: '1', to: '5', amount: 5 });
  const back = { ...deposit, kind: /** @type {const} */ ('withdraw'), from: '5', to: '' };
  assert.deepEqual(parseManualTransfer(back, LAYOUT).transfer, { from: '5', to: '1', amount: 5 });
  for (const amount of ['0', '-1', '1.5', '', 'x', '9007199254740992']) {
    const { transfer: move, problems } = parseManualTransfer({ ...deposit, amount }, LAYOUT);
    assert.equal(move, null);
    assert.deepEqual(Object.keys(problems), ['amount'], amount);
  }
  const transfer = { ...deposit, kind: /** @type {const} */ ('transfer'), from: '', to: 'nobody' };
  assert.deepEqual(Object.keys(parseManualTransfer(transfer, LAYOUT).problems), ['from', 'to']);
  const move = { from: '1', to: '5', amount: 1 };
  assert.equal(transferText(move, 'created', LAYOUT), 'Created: 1\u00a0coin from @world to trader_2.');
  assert.match(transferText(move, 'exceeds_credits', LAYOUT), /^Refused, exceeds credits: no coins were moved/);
});
