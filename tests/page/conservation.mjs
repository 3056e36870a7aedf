/** Recomputes the sums of a report from its balances, not from its own checks. */
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
 * Returns the coins of all accounts that are not issuers.
 * @param {Report} report
 */
export function heldIn({ accounts }) {
  return sum(accounts.rows.filter(({ issuer }) => !issuer));
}

/**
 * Returns the balance of the account with this name. It fails unless there is exactly one.
 * @param {Report} report
 * @param {string} name
 */
export function balanceOf({ accounts }, name) {
  const rows = accounts.rows.filter((row) => row.name === name);
  assert.equal(rows.length, 1, `there is one ${name}`);
  return balance(rows[0]);
}

/**
 * Fails unless the accounts hold exactly the issued coins and every check passes.
 * @param {Report} report
 */
export function assertSound(report) {
  const { accounts, checks } = report;
  assertCounted(report);
  assert.equal(accounts.complete, true, 'the report lists all accounts');
  assert.equal(accounts.rows.length, accounts.count);
  const debits = accounts.rows.reduce((total, row) => total + BigInt(row.debits_posted), 0n);
  const credits = accounts.rows.reduce((total, row) => total + BigInt(row.credits_posted), 0n);
  assert.equal(debits, credits, 'debits equal credits');
  assert.equal(checks[0].name, 'conservation');
  assert.equal(heldIn(report), BigInt(checks[0].expected), 'coins held and coins issued');
  assert.equal(sum(accounts.rows), 0n, 'the issuers owe the coins that are held');
  for (const { name, passed, expected, found, examined } of checks) {
    assert.equal(passed, true, `${name}: ${found}, not ${expected}`);
    assert(examined > 0, `${name} has examined something`);
  }
  assert.equal(report.passed, true);
}

/**
 * Returns the coins that the setup issues, computed from the requested parameters.
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
 * Fails unless every issued coin is in an account and no account is overdrawn.
 * @param {Report} report
 * @param {bigint} issued the coins that the setup issues, computed from the parameters
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
 * Fails unless the report's counts of attempts and entries agree.
 * @param {Report} report
 */
export function assertCounted({ totals, workers, series }) {
  /** @param {number[]} numbers */
  const sumOf = (numbers) => numbers.reduce((total, number) => total + number, 0);
  assert.equal(totals.accepted + totals.refused + totals.interrupted, totals.attempts);
  assert.equal(totals.trail_entries, totals.setup_entries + totals.attempts);
  assert.equal(sumOf(Object.values(totals.by_status)), totals.attempts);
  for (const name of /** @type {const} */ (['attempts', 'operations', 'reads', 'refused'])) {
    assert.equal(sumOf(workers.map((worker) => worker[name])), totals[name], `${name} by worker`);
  }
  assert.equal(sumOf(series.accepted), totals.accepted);
  assert.equal(sumOf(series.refused), totals.refused);
}
