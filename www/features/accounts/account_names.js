/** The names of a run's accounts. The id of an account is its index in the layout plus 1. */
/** @import { AccountLayout, Amount, Role } from '../../types.d.ts' */

/** The account that issues coins. */
export const WORLD = '@world';

/** @param {AccountLayout} layout */
export function accountCount({ worlds, roles }) {
  return roles.reduce((sum, { count }) => sum + count, worlds);
}

/**
 * Returns the name of the account with this id, or the id if the layout does not have it.
 * @param {AccountLayout | null} layout
 * @param {Amount} id
 */
export function accountName(layout, id) {
  let index = indexOf(id);
  if (layout === null || index === null || index >= accountCount(layout)) return String(id);
  if (index < layout.worlds) return index === 0 ? WORLD : `${WORLD}_${index}`;
  index -= layout.worlds;
  for (const role of layout.roles) {
    if (index < role.count) return isUnnumbered(role) ? role.name : `${role.name}_${index + 1}`;
    index -= role.count;
  }
  return String(id);
}

const UUID = /^[\da-f]{8}-[\da-f]{4}-[\da-f]{4}-[\da-f]{4}-[\da-f]{12}$/i;

/**
 * Returns an id in decimal digits; null if the text is neither a number nor a UUID.
 * @param {string} text
 * @returns {string | null}
 */
export function decimalId(text) {
  if (/^\d{1,39}$/.test(text)) return String(BigInt(text));
  return UUID.test(text) ? String(BigInt(`0x${text.replaceAll('-', '')}`)) : null;
}

/**
 * Returns the id of the account with this name; the text itself if it is an id; null otherwise.
 * @param {AccountLayout | null} layout
 * @param {string} text
 * @returns {string | null}
 */
export function accountId(layout, text) {
  const name = text.trim();
  const id = decimalId(name);
  if (id !== null) return id;
  if (layout === null) return null;
  const [, stem, digits] = /^(.+)_([1-9]\d{0,15})$/.exec(name) ?? [];
  const number = Number(digits);
  if (name === WORLD) return '1';
  if (stem === WORLD) return number < layout.worlds ? String(number + 1) : null;
  let before = layout.worlds;
  for (const role of layout.roles) {
    if (isUnnumbered(role)) {
      if (name === role.name) return String(before + 1);
    } else if (stem === role.name && number <= role.count) {
      return String(before + number);
    }
    before += role.count;
  }
  return null;
}

/** Returns the first names, up to a limit. @param {AccountLayout} layout @param {number} limit */
export function accountNames(layout, limit) {
  const length = Math.min(limit, accountCount(layout));
  return Array.from({ length }, (_, index) => accountName(layout, index + 1));
}

/** @param {Role} role */
function isUnnumbered({ alone, count }) {
  return alone && count === 1;
}

/** @param {Amount} id */
function indexOf(id) {
  const number = Number(id);
  return Number.isSafeInteger(number) && number >= 1 ? number - 1 : null;
}
