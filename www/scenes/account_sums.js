/**
 * Sums over ranges of accounts in a sample. If a cell of the sample has several accounts, the first
 * accounts are known one by one and the others share the rest of their cell equally.
 */
/** @import { AccountDetails, DetailedSample } from '../types.d.ts' */
/** @import { AccountRange } from './account_roles.js' */

export class AccountSums {
  #sample;
  #first_accounts;

  /** @param {DetailedSample} detailed */
  constructor({ sample, first_accounts }) {
    this.#sample = sample;
    this.#first_accounts = first_accounts;
  }

  /** Returns the coins. @param {AccountRange} range */
  balance(range) {
    return this.#sum(this.#sample.balances, ({ balance }) => Number(balance), range);
  }

  /** Returns the coins that pending transfers hold. @param {AccountRange} range */
  pending(range) {
    const { held_pending } = this.#sample;
    return this.#sum(held_pending, ({ debits_pending }) => Number(debits_pending), range);
  }

  /** Returns the number of changes. @param {AccountRange} range */
  changes(range) {
    return this.#sum(this.#sample.changes, ({ changes }) => Number(changes), range);
  }

  /** Whether each cell has one account. */
  get is_exact() {
    return this.#sample.accounts_each === 1;
  }

  /**
   * Returns the number of accounts with coins. A cell of several accounts counts
   * with all of them if the cell has coins.
   * @param {AccountRange} range
   */
  withCoins({ first, count }) {
    if (this.is_exact) {
      const balances = this.#sample.balances.subarray(first, first + count);
      return balances.reduce((accounts, balance) => accounts + (balance > 0 ? 1 : 0), 0);
    }
    const each = this.#sample.accounts_each;
    let accounts = 0;
    for (let index = first; index < first + count; ) {
      const size = Math.min(each - (index % each), first + count - index);
      if (this.balance({ first: index, count: size }) > 0) accounts += size;
      index += size;
    }
    return accounts;
  }

  /**
   * @param {Float64Array} cells
   * @param {(account: AccountDetails) => number} valueOf
   * @param {AccountRange} range
   */
  #sum(cells, valueOf, { first, count }) {
    const { accounts, accounts_each: each } = this.#sample;
    const known = this.#first_accounts;
    const end = Math.min(first + count, accounts);
    let total = 0;
    let index = first;
    for (; index < Math.min(end, known.length); index += 1) total += valueOf(known[index]);
    while (index < end) {
      const cell_first = Math.floor(index / each) * each;
      const cell_end = Math.min(cell_first + each, accounts);
      let rest = cells[cell_first / each];
      let others = cell_end - cell_first;
      for (let at = cell_first; at < Math.min(cell_end, known.length); at += 1) {
        rest -= valueOf(known[at]);
        others -= 1;
      }
      const part = Math.min(cell_end, end) - index;
      total += part === others ? rest : (rest * part) / others;
      index += part;
    }
    return Math.round(total);
  }
}
