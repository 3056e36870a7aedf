/** Who takes part in a run: which role an account has, and what people call it. Places count from 0. */
/** @import { AccountLayout } from '../types.d.ts' */
import { WORLD, accountName } from '../features/accounts/account_names.js';

/**
 * Neighbouring accounts of one role.
 * @typedef {object} AccountRange
 * @property {number} first place
 * @property {number} count
 */

/**
 * @typedef {AccountRange & { name: string, coins: number }} PlacedRole
 * with the coins that each of its accounts was given at the start
 */

export class AccountRoles {
  /** `@world` and the roles, in the order of their places. @type {PlacedRole[]} */
  roles;

  #layout;

  /** @param {AccountLayout} layout */
  constructor(layout) {
    const { worlds, roles } = layout;
    this.#layout = layout;
    let first = worlds;
    const placed = roles.map(({ name, count, coins }) => {
      const role = { name, count, coins, first };
      first += count;
      return role;
    });
    this.roles = [{ name: WORLD, first: 0, count: worlds, coins: 0 }, ...placed];
    this.size = first;
  }

  /** @param {string} name @returns {PlacedRole} one without accounts where there is none */
  role(name) {
    const found = this.roles.find((role) => role.name === name);
    return found ?? { name, first: this.size, count: 0, coins: 0 };
  }

  /** @param {number} place */
  name(place) {
    return place < this.size ? accountName(this.#layout, place + 1) : `account ${place + 1}`;
  }

  /** One account by its name, more by the first and the last. @param {AccountRange} group */
  names({ first, count }) {
    if (count === 1) return this.name(first);
    return `${this.name(first)} to ${this.name(first + count - 1)}`;
  }
}

/**
 * The accounts of a role in groups of one size, the last one smaller, so that there are not too many.
 * @param {AccountRange} role
 * @param {number} most
 * @returns {AccountRange[]}
 */
export function groupsOf({ first, count }, most) {
  const each = Math.max(1, Math.ceil(count / Math.max(1, most)));
  return Array.from({ length: Math.ceil(count / each) }, (_, index) => {
    const before = index * each;
    return { first: first + before, count: Math.min(each, count - before) };
  });
}
