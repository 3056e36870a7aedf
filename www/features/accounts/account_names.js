/** Names of a run's accounts: an account's id is its place among all, from 0, and 1. */
/** @import { Amount, AccountLayout, Role } from '../../types.d.ts' */

/** The account that money comes from and goes to. */
export const WORLD = '@world';

/** How many accounts there are. @param {AccountLayout} layout */
export function accountCount({ worlds, roles }) {
  return roles.reduce((sum, { count }) => sum + count, worlds);
}

/** Whether money comes from the account of this id. @param {AccountLayout} layout @param {Amount} id */
export function isWorld(layout, id) {
  const place = placeOf(id);
  return place !== null && place < layout.worlds;
}

/**
 * What people call the account of this id; the id itself where it is nobody's.
 * @param {AccountLayout | null} layout
 * @param {Amount} id
 */
export function accountName(layout, id) {
  let number = placeOf(id);
  if (layout === null || number === null || number >= accountCount(layout)) return String(id);
  if (number < layout.worlds) return number === 0 ? WORLD : `${WORLD}_${number}`;
  number -= layout.worlds;
  for (const role of layout.roles) {
    if (number < role.count) return isAlone(role) ? role.name : `${role.name}_${number + 1}`;
    number -= role.count;
  }
  return String(id);
}

/**
 * The id of the account of this name, or the id that the text is; nothing where it is neither.
 * @param {AccountLayout | null} layout
 * @param {string} text
 * @returns {string | null}
 */
export function accountId(layout, text) {
  const name = text.trim();
  if (/^\d+$/.test(name)) return String(BigInt(name));
  if (layout === null) return null;
  const [, stem, digits] = /^(.+)_([1-9]\d{0,15})$/.exec(name) ?? [];
  const number = Number(digits);
  if (name === WORLD) return '1';
  if (stem === WORLD) return number < layout.worlds ? String(number + 1) : null;
  let before = layout.worlds;
  for (const role of layout.roles) {
    if (isAlone(role)) {
      if (name === role.name) return String(before + 1);
    } else if (stem === role.name && number <= role.count) {
      return String(before + number);
    }
    before += role.count;
  }
  return null;
}

/**
 * The first so many names.
 * @param {AccountLayout} layout
 * @param {number} limit
 */
export function accountNames(layout, limit) {
  const length = Math.min(limit, accountCount(layout));
  return Array.from({ length }, (_, place) => accountName(layout, place + 1));
}

/** @param {Role} role */
function isAlone({ alone, count }) {
  return alone && count === 1;
}

/** @param {Amount} id */
function placeOf(id) {
  const number = Number(id);
  return Number.isSafeInteger(number) && number >= 1 ? number - 1 : null;
}
