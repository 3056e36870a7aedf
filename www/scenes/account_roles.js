/** The roles of a run's accounts, by index. Indexes count from 0. */
/** @import { AccountLayout } from '../types.d.ts' */
import { WORLD, accountName } from '../features/accounts/account_names.js';

/**
 * Neighbouring accounts.
 * @typedef {object} AccountRange
 * @property {number} first index
 * @property {number} count
 */

/**
 * The accounts of one role, with the coins that each of them got at the start.
 * @typedef {AccountRange & { name: string, coins: number }} RoleRange
 */

export class AccountRoles {
  /** `@world` and the roles, in the order of their indexes. @type {RoleRange[]} */
  all;

  #layout;

  /** @param {AccountLayout} layout */
  constructor(layout) {
    const { worlds, roles } = layout;
    this.#layout = layout;
    let first = worlds;
    const ranges = roles.map(({ name, count, coins }) => {
      const range = { name, count, coins, first };
      first += count;
      return range;
    });
    this.all = [{ name: WORLD, first: 0, count: worlds, coins: 0 }, ...ranges];
    this.size = first;
  }

  /** Returns the role with this name; an empty one if there is none. @param {string} name */
  role(name) {
    const found = this.all.find((role) => role.name === name);
    return found ?? { name, first: this.size, count: 0, coins: 0 };
  }

  /** @param {number} index */
  name(index) {
    return index < this.size ? accountName(this.#layout, index + 1) : `account ${index + 1}`;
  }

  /** Returns the name of one account, or the first and the last name. @param {AccountRange} range */
  names({ first, count }) {
    if (count === 1) return this.name(first);
    return `${this.name(first)} to ${this.name(first + count - 1)}`;
  }
}

/**
 * Divides accounts into at most so many ranges of one size, the last one smaller.
 * @param {AccountRange} accounts
 * @param {number} ranges_max
 * @returns {AccountRange[]}
 */
export function rangesOf({ first, count }, ranges_max) {
  const size = Math.max(1, Math.ceil(count / Math.max(1, ranges_max)));
  return Array.from({ length: Math.ceil(count / size) }, (_, index) => {
    const before = index * size;
    return { first: first + before, count: Math.min(size, count - before) };
  });
}
