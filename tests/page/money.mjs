/** Adds a report's balances up again, without a look at what the report says of itself. */
import assert from 'node:assert/strict';

/** @import { AccountRow, Report } from '../../www/types.d.ts' */

/** @param {AccountRow} row */
function balance({ credits_posted, debits_posted }) {
  return BigInt(credits_posted) - BigInt(debits_posted);
}

/** @param {AccountRow[]} rows */
function sum(rows) {
  return rows.reduce((total, row) => total + balance(row), 0n);
}

/**
 * The coins that the set-up gives out, by the parameters that were asked for.
 * @param {Report} report
 */
export function issuedBy({ parameters }) {
  /** @param {string} name */
  const number = (name) => BigInt(parameters[name]);
  return (
    number('accounts') * number('trader_coins') + number('exchanges') * number('exchange_coins')
  );
}

/**
 * Fails unless every coin that was issued is in some account, and nobody has spent more than they
 * had.
 * @param {Report} report
 * @param {bigint} issued what the set-up gives out, by the parameters
 */
export function assertConserved({ accounts }, issued) {
  assert.equal(accounts.complete, true, 'the report lists all accounts');
  assert.equal(accounts.rows.length, accounts.count);
  const issuers = accounts.rows.filter(({ issuer }) => issuer);
  const holders = accounts.rows.filter(({ issuer }) => !issuer);
  assert(issuers.length > 0 && holders.length > 0, 'there are issuers and holders');
  assert.equal(sum(holders), issued, 'coins in the accounts');
  assert.equal(-sum(issuers), issued, 'coins that were issued');
  const debits = accounts.rows.reduce((total, row) => total + BigInt(row.debits_posted), 0n);
  const credits = accounts.rows.reduce((total, row) => total + BigInt(row.credits_posted), 0n);
  assert.equal(debits, credits, 'debits equal credits');
  assert(credits > issued, 'coins have moved since they were issued');
  const poor = holders.filter((row) => balance(row) < 0n).map(({ name }) => name);
  assert.deepEqual(poor, [], 'accounts below zero');
}

/**
 * Fails unless the report's counts of attempts and entries agree with each other.
 * @param {Report} report
 */
export function assertCounted({ totals, workers, series }) {
  /** @param {number[]} numbers */
  const sumOf = (numbers) => numbers.reduce((total, number) => total + number, 0);
  assert.equal(totals.accepted + totals.refused + totals.interrupted, totals.attempts);
  assert.equal(totals.trail_entries, totals.setup_entries + totals.attempts);
  assert.equal(sumOf(Object.values(totals.by_status)), totals.attempts);
  assert.equal(sumOf(workers.map(({ attempts }) => attempts)), totals.attempts);
  assert.equal(sumOf(series.accepted), totals.accepted);
  assert.equal(sumOf(series.refused), totals.refused);
}
