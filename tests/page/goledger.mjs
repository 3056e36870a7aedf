/**
 * The expectations of GoLedger's own tests for each of its scenarios, computed from the accounts and
 * not from the report's checks. Other scenarios have only their own checks.
 */
import assert from 'node:assert/strict';
import { balanceOf, heldIn } from './conservation.mjs';

/** @import { Report } from '../../www/types.d.ts' */

/** @type {Record<string, (report: Report) => void>} */
export const DEMANDS = {
  deposits(report) {
    assertCreated(report, 3);
    assert.equal(balanceOf(report, 'first_1'), 130n);
  },
  mixed(report) {
    assertCreated(report, 5);
    assert.equal(balanceOf(report, 'first_1'), 200n);
  },
  transfers(report) {
    assertCreated(report, 4);
    assert.deepEqual([balanceOf(report, 'first_1'), balanceOf(report, 'second_1')], [250n, 250n]);
  },
  readers(report) {
    assertCreated(report, 4);
    assert.deepEqual([balanceOf(report, 'first_1'), balanceOf(report, 'second_1')], [140n, 190n]);
    assert.equal(report.totals.reads, 10);
  },
  performance(report) {
    assertCreated(report, 30);
    assert.equal(heldIn(report), 2_000n);
    assert.deepEqual([report.totals.operations, report.totals.reads], [40, 10]);
  },
  'high-volume'(report) {
    assertCreated(report, 20);
    assert.equal(heldIn(report), 5_000n);
    assert.deepEqual([report.totals.operations, report.totals.reads], [100, 80]);
  },
  hft(report) {
    assert.equal(report.totals.attempts, 50);
    assert(report.totals.accepted > 0, 'no trade succeeded');
    assert.equal(heldIn(report), 1_300_000n);
  },
  'bank-run'(report) {
    assert(report.totals.accepted > 0, 'no customer was served');
    for (const { name, issuer } of report.accounts.rows) {
      assert(issuer || balanceOf(report, name) >= 0n, `${name} is below zero`);
    }
  },
  payments(report) {
    assert.equal(report.totals.operations, 30);
    assert.equal(heldIn(report), 115_000n);
    const processors = report.accounts.rows.filter(({ name }) => name.startsWith('processor'));
    assert(processors.length > 0, 'there is a processor');
    for (const { name } of processors) assert(balanceOf(report, name) >= 0n, name);
  },
  deadlock(report) {
    assert.equal(report.totals.attempts, 20);
    assert.equal(heldIn(report), 20_000n);
    assert(report.elapsed_ns < 5e9, `it took ${report.elapsed_ns} ns`);
    assert.deepEqual(report.events, [], 'there was no deadlock');
  },
  compliance(report) {
    assertCreated(report, 4);
    const names = ['auditor', 'user_1', 'user_2'];
    const balances = names.map((name) => balanceOf(report, name));
    assert.deepEqual(balances, [8_900n, 5_500n, 5_600n]);
    assert(report.checks.length > 4, 'the auditor has read balances');
  },
};

/** @param {Report} report @param {number} attempts */
function assertCreated({ totals }, attempts) {
  assert.deepEqual([totals.attempts, totals.accepted], [attempts, attempts]);
}
