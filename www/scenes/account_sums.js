/**
 * What neighbouring accounts hold together at a look. Where one cell of it stands for several
 * accounts, those at the beginning are known one by one, and the others share what is left alike.
 */
/** @import { AccountDetails, DetailedSample } from '../types.d.ts' */
/** @import { AccountRange } from './account_roles.js' */

export class AccountSums {
  #look;
  #heads;

  /** @param {DetailedSample} sight */
  constructor({ sample, first_accounts }) {
    this.#look = sample;
    this.#heads = first_accounts;
  }

  /** Coins. @param {AccountRange} group */
  balance(group) {
    return this.#sum(this.#look.balances, ({ balance }) => Number(balance), group);
  }

  /** Coins of them that are held. @param {AccountRange} group */
  pending(group) {
    const { held_pending } = this.#look;
    return this.#sum(held_pending, ({ debits_pending }) => Number(debits_pending), group);
  }

  /** How often the accounts have changed. @param {AccountRange} group */
  changes(group) {
    return this.#sum(this.#look.changes, ({ changes }) => Number(changes), group);
  }

  /** Whether every account is seen by itself. */
  get isExact() {
    return this.#look.accounts_each === 1;
  }

  /**
   * How many accounts of a group have something. Of a cell of several it is all or none.
   * @param {AccountRange} group
   */
  having({ first, count }) {
    if (this.isExact) {
      const balances = this.#look.balances.subarray(first, first + count);
      return balances.reduce((having, balance) => having + (balance > 0 ? 1 : 0), 0);
    }
    let having = 0;
    const each = this.#look.accounts_each;
    for (let place = first; place < first + count; ) {
      const size = Math.min(each - (place % each), first + count - place);
      if (this.balance({ first: place, count: size }) > 0) having += size;
      place += size;
    }
    return having;
  }

  /**
   * @param {Float64Array} cells
   * @param {(head: AccountDetails) => number} valueOf
   * @param {AccountRange} group
   */
  #sum(cells, valueOf, { first, count }) {
    const { accounts, accounts_each: each } = this.#look;
    const heads = this.#heads;
    const until = Math.min(first + count, accounts);
    let total = 0;
    let place = first;
    for (; place < Math.min(until, heads.length); place += 1) total += valueOf(heads[place]);
    while (place < until) {
      const begin = Math.floor(place / each) * each;
      const end = Math.min(begin + each, accounts);
      let rest = cells[begin / each];
      let others = end - begin;
      for (let head = begin; head < Math.min(end, heads.length); head += 1) {
        rest -= valueOf(heads[head]);
        others -= 1;
      }
      const part = Math.min(end, until) - place;
      total += part === others ? rest : (rest * part) / others;
      place += part;
    }
    return Math.round(total);
  }
}
