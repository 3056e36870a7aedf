/**
 * Validates arguments, and converts arguments and results to and from the core's JSON, in which a bigint
 * is a string of its digits.
 */
import { LedgerError, LedgerArgumentError, argumentError, camel } from './errors.js';

/** The maximum number of events, ids or results of one call. */
export const EVENTS_MAX = 8189;

const U16 = (1n << 16n) - 1n;
const U32 = (1n << 32n) - 1n;
export const U64 = (1n << 64n) - 1n;
export const U128 = (1n << 128n) - 1n;
const COINS = (1n << 63n) - 1n;

/** @typedef {(value: any, field: string) => any} Schema validates a value and returns it as in JSON, or throws */

/** @param {unknown} value */
function shown(value) {
  if (typeof value === 'bigint') return `${value}n`;
  if (typeof value === 'string') return JSON.stringify(value.slice(0, 48));
  if (typeof value === 'number') return String(value);
  return value === null ? 'null' : Array.isArray(value) ? 'an array' : `a value of type ${typeof value}`;
}

/** @param {string} field @param {string} expected @param {unknown} value */
const invalid = (field, expected, value) => argumentError(`${field} must be ${expected}, not ${shown(value)}.`, 'bad_argument', field);

/**
 * A whole number, as a bigint or as a number that is exact.
 * @param {bigint} greatest
 * @returns {Schema}
 */
export const whole = (greatest, least = 0n) => (value, field) => {
  const exact = typeof value === 'bigint' || Number.isSafeInteger(value);
  if (!exact) throw invalid(field, 'a bigint, or a whole number of at most 2^53 - 1', value);
  if (value < least || value > greatest) {
    const message = `${field} must be ${least} to ${greatest}, not ${shown(value)}.`;
    throw argumentError(message, 'out_of_range', field, value < least ? least : greatest);
  }
  return typeof value === 'bigint' ? String(value) : value;
};

const wide = whole(U128);
const UUID = /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/i;

/** An id: a number, or a string with its decimal digits or with a UUID. @type {Schema} */
export const id = (value, field) => {
  if (typeof value !== 'string') return wide(value, field);
  if (UUID.test(value)) return wide(BigInt(`0x${value.replaceAll('-', '')}`), field);
  if (/^\d{1,64}$/.test(value)) return wide(BigInt(value), field);
  throw invalid(field, 'an id: a whole number, its digits as a string, or a UUID', value);
};
/** @type {Schema} */
const newOrId = (value, field) => (value === 'new' ? value : id(value, field));

/** A value that is not converted. @param {string} expected @param {(value: any) => boolean} holds @returns {Schema} */
export const checked = (expected, holds) => (value, field) => {
  if (!holds(value)) throw invalid(field, expected, value);
  return value;
};
export const boolean = checked('true or false', (value) => typeof value === 'boolean');
// Not by `instanceof`: a test runner with jsdom has other classes in each realm.
export const signal = checked(
  'an AbortSignal',
  (value) => typeof value?.aborted === 'boolean' && typeof value.addEventListener === 'function',
);
/** @param {string[]} names */
export const oneOf = (...names) => checked(names.join(' or '), (value) => names.includes(value));

/** @type {Schema} */
export const string = (value, field) => {
  if (typeof value !== 'string') throw invalid(field, 'a string', value);
  if (value.length > 256) {
    throw argumentError(`${field} must have at most 256 characters, not ${value.length}.`, 'out_of_range', field, 256n);
  }
  return value;
};

/**
 * Flags: a list of their names, or the number of the wire format.
 * @param {string[]} names
 * @returns {Schema}
 */
const flags = (...names) => {
  const number = whole(U16);
  const named = list(oneOf(...names), names.length, `an array of ${names.join(', ')}`);
  return (value, field) => (typeof value === 'number' ? number : named)(value, field);
};

/** @param {Schema} schema @returns {Schema} */
export const list = (schema, greatest = EVENTS_MAX, expected = 'an array') => (value, field) => {
  if (!Array.isArray(value)) throw invalid(field, expected, value);
  const { length } = value;
  if (length > greatest) {
    throw argumentError(`${field} must have at most ${greatest} elements, not ${length}.`, 'batch_too_large', field, BigInt(greatest));
  }
  return Array.from({ length }, (_, place) => schema(value[place], `${field}[${place}]`));
};

/** Throws if a value is not an object with fields. @param {unknown} value @param {string} field */
export function needObject(value, field) {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw invalid(field, 'an object', value);
}

/** An object with arbitrary names. @param {Schema} schema @returns {(value: any, field: string) => [string, any][]} its entries */
export const entries = (schema) => (value, field) => {
  needObject(value, field);
  return Object.entries(value).map(([name, item]) => [string(name, field), schema(item, `${field}.${name}`)]);
};

/** Returns `user_data_128` for `userData128`. @param {string} name */
const snake = (name) => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`).replace(/([a-z])(\d)/g, '$1_$2');

/**
 * An object with these fields, of which some are required. An undefined field is absent. Names are
 * converted to snake case, as in the core.
 * @param {Record<string, Schema>} schemas
 * @param {string[]} [required]
 * @returns {Schema}
 */
export function record(schemas, required = []) {
  const fields = new Map(Object.entries(schemas).map(([name, schema]) => [name, { snake_name: snake(name), schema }]));
  return (value, field) => {
    needObject(value, field);
    const within = (/** @type {string} */ name) => (field === 'options' ? name : `${field}.${name}`);
    /** @type {Record<string, any>} */
    const found = {};
    for (const name of Object.keys(value)) {
      const known = fields.get(name);
      if (!known) {
        const message = `${within(name)} is not a known field; the fields are ${[...fields.keys()].join(', ')}.`;
        throw argumentError(message, 'unknown_field', within(name));
      }
      const item = value[name];
      if (item !== undefined) found[known.snake_name] = known.schema(item, within(name));
    }
    for (const name of required) {
      if (!(snake(name) in found)) throw argumentError(`${within(name)} is missing.`, 'missing_field', within(name));
    }
    return found;
  };
}

/**
 * Reads arguments. Errors of their getters and proxies become typed errors.
 * @template T
 * @param {() => T} read
 * @returns {T}
 */
export function guarded(read) {
  try {
    return read();
  } catch (error) {
    if (error instanceof LedgerError) throw error;
    const details = { code: 'unreadable_argument', cause: error };
    throw new LedgerArgumentError('An argument could not be read: reading it threw an error.', details);
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

/** Transfer's flags, as the number used in the wire format. @type {Schema} */
export function flagBits(value, field) {
  const flags = TRANSFER_FLAGS(value, field);
  if (!Array.isArray(flags)) return flags;
  return flags.reduce((bits, name) => bits | (1 << TRANSFER_FLAG_NAMES.indexOf(name)), 0);
}
const userData = { userData128: wide, userData64: whole(U64), userData32: whole(U32) };
const period = { timestampMin: whole(U64), timestampMax: whole(U64) };
const page = { limit: whole(U32) };

export const account = record({
  id: newOrId, debitsPending: wide, debitsPosted: wide, creditsPending: wide, creditsPosted: wide, ...userData,
  reserved: whole(U32), ledger: whole(U32), code: whole(U16), flags: ACCOUNT_FLAGS, timestamp: whole(U64),
}, ['id', 'ledger', 'code']);

export const transfer = record({
  id: newOrId, debitAccountId: id, creditAccountId: id, amount: wide, pendingId: id, ...userData, timeout: whole(U32),
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
  after: whole(U64), limit: whole(BigInt(EVENTS_MAX), 1n), reversed: boolean,
});

export const ids = list(id);
export const coins = whole(COINS);

/** Fields that are always bigints. */
const WIDE = new Set(
  `id debitAccountId creditAccountId amount pendingId userData128 userData64 timestamp debitsPending debitsPosted
  creditsPending creditsPosted version debitVersion creditVersion expectedDebitVersion expectedCreditVersion
  askedTimestamp fromBalance toBalance entries time next position uptimeNs operations used limit usedBytes budgetBytes windowNs
  waits conflicts ranAtNs attempts accepted refused`.split(/\s+/),
);

/**
 * Converts a result of the core: names to camel case, wide numbers to bigints.
 * @param {any} value
 * @returns {any}
 */
export function fromJson(value, name = '') {
  if (Array.isArray(value)) return value.map((item) => fromJson(item));
  if (typeof value === 'object' && value !== null) {
    const fields = Object.entries(value).map(([key, item]) => [camel(key), fromJson(item, camel(key))]);
    return Object.fromEntries(fields);
  }
  return WIDE.has(name) && value !== null ? BigInt(value) : value;
}
