/** Names of a run's accounts: an account's id is its place among all, from 0, and 1. */
/** @import { Amount, Cast, Role } from '../../types.d.ts' */

/** The account that money comes from and goes to. */
export const WORLD = '@world';

/** How many accounts there are. @param {Cast} cast */
export function sizeOf({ worlds, roles }) {
  return roles.reduce((sum, { count }) => sum + count, worlds);
}

/** Whether money comes from the account of this id. @param {Cast} cast @param {Amount} id */
export function isWorld(cast, id) {
  const place = placeOf(id);
  return place !== null && place < cast.worlds;
}

/**
 * What people call the account of this id; the id itself where it is nobody's.
 * @param {Cast | null} cast
 * @param {Amount} id
 */
export function nameOf(cast, id) {
  let number = placeOf(id);
  if (cast === null || number === null || number >= sizeOf(cast)) return String(id);
  if (number < cast.worlds) return number === 0 ? WORLD : `${WORLD}_${number}`;
  number -= cast.worlds;
  for (const role of cast.roles) {
    if (number < role.count) return isAlone(role) ? role.name : `${role.name}_${number + 1}`;
    number -= role.count;
  }
  return String(id);
}

/**
 * The id of the account of this name, or the id that the text is; nothing where it is neither.
 * @param {Cast | null} cast
 * @param {string} text
 * @returns {string | null}
 */
export function idOf(cast, text) {
  const name = text.trim();
  if (/^\d+$/.test(name)) return String(BigInt(name));
  if (cast === null) return null;
  const [, stem, digits] = /^(.+)_([1-9]\d{0,15})$/.exec(name) ?? [];
  const number = Number(digits);
  if (name === WORLD) return '1';
  if (stem === WORLD) return number < cast.worlds ? String(number + 1) : null;
  let before = cast.worlds;
  for (const role of cast.roles) {
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
 * @param {Cast} cast
 * @param {number} limit
 */
export function namesOf(cast, limit) {
  const length = Math.min(limit, sizeOf(cast));
  return Array.from({ length }, (_, place) => nameOf(cast, place + 1));
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
