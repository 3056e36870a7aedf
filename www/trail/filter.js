/** A filter of the trail: as texts of a form's fields, and as the core takes it. */
/** @import { Cast, TrailFields, TrailFilter, TrailState } from '../types.d.ts' */
import { idOf, nameOf } from '../cast.js';

/** @type {TrailFields} */
export const ALL = {
  account: '',
  status: '',
  kind: '',
  writer: '',
  from: '',
  to: '',
  id: '',
  latest: false,
};

/** What the explorer shows before it has looked. @type {TrailState} */
export const NO_TRAIL = {
  fields: ALL,
  problems: {},
  search: 0,
  count: 0,
  finding: false,
  focus: null,
  entry: null,
  row: null,
  neighbours: null,
  diverging: null,
  seal: null,
  task: null,
  said: '',
  problem: '',
};

/** Statuses that runs have often; any other can be typed. */
export const STATUSES = [
  'created',
  'exceeds_credits',
  'exceeds_debits',
  'exists',
  'cancelled',
  'deadline_exceeded',
  'linked_event_failed',
  'pending_transfer_not_pending',
  'pending_transfer_already_posted',
  'pending_transfer_already_voided',
  'pending_transfer_expired',
  'expired',
];

export const KINDS = /** @type {const} */ (['account', 'transfer', 'expiry']);

/** Ids of transfers are UUIDs, where the ledger has made them. */
const UUID = /^[\da-f]{8}-[\da-f]{4}-[\da-f]{4}-[\da-f]{4}-[\da-f]{12}$/i;

/** @typedef {Partial<Record<keyof TrailFields, string>>} Problems */

/**
 * The filter that the fields say, and a sentence for each that says none.
 * @param {TrailFields} fields
 * @param {Cast | null} cast
 * @returns {{ filter: TrailFilter, problems: Problems }}
 */
export function filterOf(fields, cast) {
  /** @type {TrailFilter} */
  const filter = {};
  /** @type {Problems} */
  const problems = {};
  const text = (/** @type {Exclude<keyof TrailFields, 'latest'>} */ name) => fields[name].trim();
  if (text('account')) {
    const id = idOf(cast, text('account'));
    if (id === null) problems.account = `No account is called “${text('account')}”.`;
    else filter.account_id = id;
  }
  if (text('status')) filter.status = text('status').toLowerCase().replaceAll(' ', '_');
  if (text('kind')) filter.kind = KINDS.find((kind) => kind === text('kind'));
  if (text('writer')) {
    if (/^\d{1,9}$/.test(text('writer'))) filter.writer = Number(text('writer'));
    else problems.writer = notWhole(text('writer'), 'A worker’s number');
  }
  for (const [name, place] of /** @type {const} */ ([
    ['from', 'timestamp_min'],
    ['to', 'timestamp_max'],
  ])) {
    if (!text(name)) continue;
    if (/^\d{1,20}$/.test(text(name))) filter[place] = text(name);
    else problems[name] = notWhole(text(name), 'A timestamp');
  }
  if (!problems.from && !problems.to && filter.timestamp_min && filter.timestamp_max) {
    const empty = BigInt(filter.timestamp_min) > BigInt(filter.timestamp_max);
    if (empty) problems.to = `Nothing is from ${text('from')} on and up to ${text('to')}.`;
  }
  if (text('id')) {
    const id = decimalId(text('id'));
    if (id === null) problems.id = 'An id is a whole number, or a UUID as the entries show it.';
    else filter.id = id;
  }
  if (fields.latest) filter.reversed = true;
  return { filter, problems };
}

/**
 * An id in decimal digits, whether it is written so or as a UUID.
 * @param {string} text
 * @returns {string | null}
 */
export function decimalId(text) {
  if (/^\d{1,39}$/.test(text)) return String(BigInt(text));
  return UUID.test(text) ? String(BigInt(`0x${text.replaceAll('-', '')}`)) : null;
}

/**
 * The fields that say no more than one account.
 * @param {Cast | null} cast
 * @param {string | number} account_id
 * @returns {TrailFields}
 */
export function ofAccount(cast, account_id) {
  return { ...ALL, account: nameOf(cast, account_id) };
}

/** Whether the fields leave nothing out. @param {TrailFields} fields */
export function isAll(fields) {
  return Object.entries(fields).every(([name, value]) => name === 'latest' || value === '');
}

/** @param {string} text @param {string} what */
function notWhole(text, what) {
  return `${what} is a whole number, not “${text.slice(0, 20)}”.`;
}
