/** The sums of each role of accounts: the numbers of the scene as a table. */
/** @import { AccountRow } from '../types.d.ts' */
/** @import { AccountRoles } from './account_roles.js' */
/** @import { AccountSums } from './account_sums.js' */
import { detailsTable } from '../lib/details_table.js';
import { element, namedRow, resizeChildren, setText } from '../lib/dom.js';
import { amount } from '../lib/format.js';

/**
 * @typedef {object} RoleSum
 * @property {string} name
 * @property {number} accounts
 * @property {number | bigint} coins
 * @property {number | bigint} pending
 */

export function roleTable() {
  const headings = ['Role', 'Accounts', 'Coins', 'Held, coins'];
  const { element: details, body } = detailsTable('Coins by role', headings, 'numeric');
  const createRow = () => namedRow('', ...Array.from({ length: 3 }, () => element('td')));
  /** @param {RoleSum[]} sums */
  const show = (sums) => {
    resizeChildren(body, sums.length, createRow);
    sums.forEach(({ name, accounts, coins, pending }, index) => {
      const cells = body.children[index].children;
      const texts = [name, amount(accounts), amount(coins), amount(pending)];
      texts.forEach((text, column) => setText(cells[column], text));
    });
  };
  return { element: details, show };
}

/** @param {AccountRoles} roles @param {AccountSums} sums @returns {RoleSum[]} */
export function sumsOf({ all }, sums) {
  return all.map((role) => {
    const { name, count: accounts } = role;
    return { name, accounts, coins: sums.balance(role), pending: sums.pending(role) };
  });
}

/**
 * Returns the sums of the accounts that a report lists, whose names contain their role.
 * @param {AccountRow[]} rows
 * @returns {RoleSum[]}
 */
export function sumsOfRows(rows) {
  /** @type {Map<string, { name: string, accounts: number, coins: bigint, pending: bigint }>} */
  const sums = new Map();
  for (const row of rows) {
    const name = row.name.replace(/_\d+$/, '');
    const sum = sums.get(name) ?? { name, accounts: 0, coins: 0n, pending: 0n };
    sum.accounts += 1;
    sum.coins += BigInt(row.credits_posted) - BigInt(row.debits_posted);
    sum.pending += BigInt(row.debits_pending);
    sums.set(name, sum);
  }
  return [...sums.values()];
}
