/** What the accounts panel computes, without a browser. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { answerOf, moveOf } from '../../www/accounts/moving.js';
import { NO_ACCOUNTS, find, ordered, spreadOf } from '../../www/accounts/query.js';
import { CAST } from './cast.mjs';

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

test('a report’s accounts are searched, sorted and spread out like a ledger’s', () => {
  const report = reportOf([
    ['@world', 300, 0],
    ['b', 0, 100],
    ['a', 50, 100],
    ['ab', 0, 150],
  ]);
  const { query } = NO_ACCOUNTS;
  const names = (/** @type {Partial<typeof query>} */ asked) =>
    find(report, { ...query, ...asked }).rows.map(({ name }) => name);
  assert.deepEqual(names({}), ['@world', 'b', 'a', 'ab']);
  assert.deepEqual(names({ order: 'balance' }), ['@world', 'a', 'b', 'ab']);
  assert.deepEqual(names({ order: 'pending', descending: true }), ['ab', 'a', 'b', '@world']);
  assert.deepEqual(names({ text: 'A', order: 'name' }), ['a', 'ab']);
  assert.deepEqual(names({ text: '2' }), ['b']);
  assert.deepEqual(names({ first: 1, limit: 2 }), ['b', 'a']);
  assert.equal(find(report, { ...query, first: 1, limit: 2 }).found, 4);
  const once = ordered(query, 'balance');
  assert.deepEqual([once.order, once.descending], ['balance', true]);
  assert.equal(ordered(once, 'balance').descending, false);
  const spread = spreadOf(report, 10);
  assert.equal(spread.accounts, 3);
  assert.equal(
    spread.bars.reduce((sum, { accounts }) => sum + accounts, 0),
    3,
  );
  assert.deepEqual([spread.minimum, spread.median, spread.maximum], ['50', '100', '150']);
  assert.deepEqual(spread.bars[0], { up_to: '60', accounts: 1 });
  assert.equal(spread.bars.at(-1)?.up_to, '150');
  assert.deepEqual(spreadOf(reportOf([['@world', 0, 0]]), 10).bars, []);
});

test('what is typed by hand is a move, or says why not', () => {
  const deposit = { kind: /** @type {const} */ ('deposit'), from: '', to: 'trader_2', amount: '5' };
  assert.deepEqual(moveOf(deposit, CAST).move, { from: '1', to: '5', amount: 5 });
  const back = { ...deposit, kind: /** @type {const} */ ('withdraw'), from: '5', to: '' };
  assert.deepEqual(moveOf(back, CAST).move, { from: '5', to: '1', amount: 5 });
  for (const amount of ['0', '-1', '1.5', '', 'x', '9007199254740992']) {
    const { move, problems } = moveOf({ ...deposit, amount }, CAST);
    assert.equal(move, null);
    assert.deepEqual(Object.keys(problems), ['amount'], amount);
  }
  const transfer = { ...deposit, kind: /** @type {const} */ ('transfer'), from: '', to: 'nobody' };
  assert.deepEqual(Object.keys(moveOf(transfer, CAST).problems), ['from', 'to']);
  const move = { from: '1', to: '5', amount: 1 };
  assert.equal(answerOf(move, 'created', CAST), 'Created: 1 coin went from @world to trader_2.');
  assert.match(answerOf(move, 'exceeds_credits', CAST), /^Refused, exceeds credits: no coin went/);
});
