/** What arguments may be, and how they and the answers cross: as JSON with all digits of every number. */
import { LedgerArgumentError, LedgerError, camel } from './errors.js';

/** The most events, ids or results of one call. */
export const EVENTS_MAX = 8189;

const U16 = (1n << 16n) - 1n;
const U32 = (1n << 32n) - 1n;
export const U64 = (1n << 64n) - 1n;
const U128 = (1n << 128n) - 1n;
const COINS = (1n << 63n) - 1n;

/**
 * @typedef {(value: unknown, field: string) => string} Shape writes a value as JSON, or throws
 */

/** @param {unknown} value */
function shown(value) {
  if (typeof value === 'bigint') return `${value}n`;
  if (typeof value === 'string') return JSON.stringify(value.slice(0, 48));
  if (typeof value === 'number') return String(value);
  return value === null ? 'null' : Array.isArray(value) ? 'an array' : `a value of type ${typeof value}`;
}

/**
 * @param {string} field
 * @param {string} expected
 * @param {unknown} value
 */
function wrong(field, expected, value) {
  const message = `${field} must be ${expected}, not ${shown(value)}.`;
  return new LedgerArgumentError(message, { code: 'bad_argument', field });
}

/**
 * @param {string} field
 * @param {bigint} least
 * @param {bigint} greatest
 * @param {unknown} value
 */
function outside(field, least, greatest, value) {
  const below = /** @type {any} */ (value) < least;
  const message = `${field} must be ${least} to ${greatest}, not ${shown(value)}.`;
  return new LedgerArgumentError(message, { code: 'out_of_range', field, limit: below ? least : greatest });
}

/**
 * A whole number, as a bigint or as a number that is exact.
 * @param {bigint} greatest
 * @returns {Shape}
 */
export const whole = (greatest, least = 0n) => (value, field) => {
  const exact = typeof value === 'bigint' || Number.isSafeInteger(value);
  if (!exact) throw wrong(field, 'a bigint, or a whole number of at most 2^53 - 1', value);
  if (/** @type {any} */ (value) < least || /** @type {any} */ (value) > greatest) {
    throw outside(field, least, greatest, value);
  }
  return String(BigInt(/** @type {any} */ (value)));
};

/** @type {Shape} */
const id = whole(U128);
/** @type {Shape} */
const newOrId = (value, field) => (value === 'new' ? '"new"' : id(value, field));
/** @type {Shape} */
export const yes = (value, field) => {
  if (typeof value !== 'boolean') throw wrong(field, 'true or false', value);
  return String(value);
};

/** @type {Shape} */
export const string = (value, field) => {
  if (typeof value !== 'string') throw wrong(field, 'a string', value);
  if (value.length > 256) {
    const message = `${field} must have at most 256 characters, not ${value.length}.`;
    throw new LedgerArgumentError(message, { code: 'out_of_range', field, limit: 256n });
  }
  return JSON.stringify(value);
};

/**
 * Flags: a list of their names, or the number of the wire format.
 * @param {string[]} names
 * @returns {Shape}
 */
const flags = (...names) => (value, field) => {
  if (typeof value === 'number') return whole(U16)(value, field);
  return list(oneOf(...names), names.length, `an array of ${names.join(', ')}`)(value, field);
};

/** @param {string[]} names @returns {Shape} */
export const oneOf = (...names) => (value, field) => {
  if (!names.includes(/** @type {any} */ (value))) throw wrong(field, names.join(' or '), value);
  return JSON.stringify(value);
};

/**
 * @param {Shape} shape
 * @returns {Shape}
 */
export const list = (shape, greatest = EVENTS_MAX, expected = 'an array') => (value, field) => {
  if (!Array.isArray(value)) throw wrong(field, expected, value);
  const { length } = value;
  if (length > greatest) {
    const message = `${field} must have at most ${greatest} elements, not ${length}.`;
    throw new LedgerArgumentError(message, { code: 'batch_too_large', field, limit: BigInt(greatest) });
  }
  const parts = [];
  for (let place = 0; place < length; place += 1) parts.push(shape(value[place], `${field}[${place}]`));
  return `[${parts}]`;
};

/** @param {string} name */
const snake = (name) => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`).replace(/([a-z])(\d)/g, '$1_$2');

/**
 * An object of these fields, of which some must be there. What is undefined is absent.
 * @param {Record<string, Shape>} shapes
 * @param {string[]} [needed]
 * @returns {Shape}
 */
export const record = (shapes, needed = []) => (value, field) => {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw wrong(field, 'an object', value);
  }
  const within = (/** @type {string} */ name) => (field === 'options' ? name : `${field}.${name}`);
  const parts = [];
  const found = new Set();
  for (const name of Object.keys(value)) {
    if (!Object.hasOwn(shapes, name)) {
      const message = `${within(name)} is no field here; the fields are ${Object.keys(shapes).join(', ')}.`;
      throw new LedgerArgumentError(message, { code: 'unknown_field', field: within(name) });
    }
    const one = /** @type {any} */ (value)[name];
    if (one === undefined) continue;
    found.add(name);
    parts.push(`"${snake(name)}":${shapes[name](one, within(name))}`);
  }
  for (const name of needed) {
    if (found.has(name)) continue;
    throw new LedgerArgumentError(`${within(name)} is missing.`, { code: 'missing_field', field: within(name) });
  }
  return `{${parts}}`;
};

/**
 * Reads arguments by `read`. Whatever they throw themselves, from getters and proxies, is told as a typed error.
 * @template T
 * @param {() => T} read
 * @returns {T}
 */
export function guarded(read) {
  try {
    return read();
  } catch (error) {
    if (error instanceof LedgerError) throw error;
    throw new LedgerArgumentError('An argument could not be read: it has thrown an error itself.', {
      code: 'unreadable_argument',
      cause: error,
    });
  }
}

const ACCOUNT_FLAGS = flags(
  'linked', 'debits_must_not_exceed_credits', 'credits_must_not_exceed_debits', 'history', 'imported', 'closed',
);
/** In the order of their bits. */
const TRANSFER_FLAG_NAMES = [
  'linked', 'pending', 'post_pending_transfer', 'void_pending_transfer', 'balancing_debit', 'balancing_credit',
  'closing_debit', 'closing_credit', 'imported',
];
const TRANSFER_FLAGS = flags(...TRANSFER_FLAG_NAMES);

/** Flags of a transfer as the number of the wire format. @param {any} value @param {string} field @returns {number} */
export function flagBits(value, field) {
  if (typeof value === 'number') return value;
  const names = JSON.parse(TRANSFER_FLAGS(value, field));
  return names.reduce((/** @type {number} */ bits, /** @type {string} */ name) => bits | (1 << TRANSFER_FLAG_NAMES.indexOf(name)), 0);
}
const userData = { userData128: id, userData64: whole(U64), userData32: whole(U32) };
const period = { timestampMin: whole(U64), timestampMax: whole(U64) };
const page = { limit: whole(U32) };

export const account = record({
  id: newOrId, debitsPending: id, debitsPosted: id, creditsPending: id, creditsPosted: id, ...userData,
  reserved: whole(U32), ledger: whole(U32), code: whole(U16), flags: ACCOUNT_FLAGS, timestamp: whole(U64),
}, ['id', 'ledger', 'code']);

export const transfer = record({
  id: newOrId, debitAccountId: id, creditAccountId: id, amount: id, pendingId: id, ...userData, timeout: whole(U32),
  ledger: whole(U32), code: whole(U16), flags: TRANSFER_FLAGS, timestamp: whole(U64),
  expectedDebitVersion: whole(U64), expectedCreditVersion: whole(U64),
}, ['id']);

export const accountFilter = record({
  accountId: id, ...userData, code: whole(U16), ...period, ...page, flags: flags('debits', 'credits', 'reversed'),
}, ['accountId']);

export const queryFilter = record({
  ...userData, ledger: whole(U32), code: whole(U16), ...period, ...page, flags: flags('reversed'),
});

export const trailFilter = record({
  accountId: id, id, status: string, kind: oneOf('account', 'transfer', 'expiry'), writer: whole(255n), ...period,
  after: whole(U64), limit: whole(BigInt(EVENTS_MAX), 1n), reversed: yes,
});

export const ids = list(id);
export const coins = whole(COINS);

/** Fields that are bigints here, whatever their size. */
const WIDE = new Set(
  `id debitAccountId creditAccountId amount pendingId userData128 userData64 timestamp debitsPending debitsPosted
  creditsPending creditsPosted version debitVersion creditVersion expectedDebitVersion expectedCreditVersion
  askedTimestamp fromBalance toBalance entries time next`.split(/\s+/),
);

/** @param {string | number} value digits, or a UUID in its usual form */
const wide = (value) =>
  BigInt(typeof value === 'string' && value.includes('-', 1) ? `0x${value.replaceAll('-', '')}` : value);

/**
 * An answer as JavaScript has it: names in camel case, wide numbers as bigints.
 * @param {any} value
 * @returns {any}
 */
export function answer(value, name = '') {
  if (Array.isArray(value)) return value.map((one) => answer(one));
  if (typeof value === 'object' && value !== null) {
    const fields = Object.entries(value).map(([key, one]) => [camel(key), answer(one, camel(key))]);
    return Object.fromEntries(fields);
  }
  return WIDE.has(name) && value !== null ? wide(value) : value;
}
