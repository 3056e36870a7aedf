/** What each kind of account holds together: the figures of the picture, for those who cannot see it. */
/** @import { AccountRow } from '../types.d.ts' */
/** @import { AccountSums } from './account_sums.js' */
/** @import { AccountRoles } from './account_roles.js' */
import { element, setText } from '../lib/dom.js';
import { amount } from '../lib/format.js';

const HEADINGS = ['Accounts of', 'Number', 'Coins', 'Held of them'];

/**
 * @typedef {object} Sum
 * @property {string} name
 * @property {number} accounts
 * @property {number | bigint} coins
 * @property {number | bigint} pending
 */

export function roleTable() {
  const body = element('tbody');
  const title = 'Coins by kind of account';
  const headings = HEADINGS.map((heading) => element('th', { scope: 'col' }, heading));
  const table = element(
    'table',
    { class: 'numeric' },
    element('caption', { class: 'unseen' }, title),
    element('thead', {}, element('tr', {}, ...headings)),
    body,
  );
  const scroll = element('div', { class: 'scroll', role: 'region', 'aria-label': title, tabindex: 0 });
  scroll.append(table);
  const summary = element('summary', {}, 'As a table', element('span', { class: 'unseen' }, `: ${title}`));
  const details = element('details', { class: 'data' }, summary, scroll);

  /** @param {Sum[]} sums */
  const show = (sums) => {
    while (body.children.length > sums.length) body.lastElementChild?.remove();
    while (body.children.length < sums.length) body.append(row());
    sums.forEach(({ name, accounts, coins, pending }, index) => {
      const cells = body.children[index].children;
      [name, amount(accounts), amount(coins), amount(pending)].forEach((text, column) => {
        setText(cells[column], text);
      });
    });
  };
  return { element: details, show };
}

function row() {
  const cells = HEADINGS.slice(1).map(() => element('td'));
  return element('tr', {}, element('th', { scope: 'row' }), ...cells);
}

/**
 * @param {AccountRoles} roster
 * @param {AccountSums} now
 * @returns {Sum[]}
 */
export function sumsOf({ roles }, now) {
  return roles.map((role) => {
    const { name, count: accounts } = role;
    return { name, accounts, coins: now.balance(role), pending: now.pending(role) };
  });
}

/**
 * The same of the accounts that a report lists: their names say what kind they are.
 * @param {AccountRow[]} rows
 * @returns {Sum[]}
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
