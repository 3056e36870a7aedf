/** The filter of the trail: as texts of the form's fields, and as the core takes it. */
/** @import { AccountLayout, TrailFields, TrailFilter, TrailState } from '../../types.d.ts' */
import { accountId, accountName, decimalId } from '../accounts/account_names.js';

/** @type {TrailFields} */
export const EMPTY_FILTER = {
  account: '',
  status: '',
  kind: '',
  writer: '',
  from: '',
  to: '',
  id: '',
  newest_first: false,
};

/** The state before the first search. @type {TrailState} */
export const NO_TRAIL = {
  fields: EMPTY_FILTER,
  problems: {},
  search: 0,
  count: 0,
  searching: false,
  focus: null,
  entry: null,
  row: null,
  neighbours: null,
  divergence: null,
  stale_read: null,
  seal: null,
  task: null,
  status_text: '',
  error_text: '',
};

/** Common statuses. Any other can be typed. */
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

/** @typedef {Partial<Record<keyof TrailFields, string>>} Problems */

/**
 * Returns the filter, and the problem of each invalid field.
 * @param {TrailFields} fields
 * @param {AccountLayout | null} layout
 * @returns {{ filter: TrailFilter, problems: Problems }}
 */
export function parseFilter(fields, layout) {
  /** @type {TrailFilter} */
  const filter = {};
  /** @type {Problems} */
  const problems = {};
  const text = (/** @type {Exclude<keyof TrailFields, 'newest_first'>} */ name) => fields[name].trim();
  if (text('account')) {
    const id = accountId(layout, text('account'));
    if (id === null) problems.account = `There is no account “${text('account')}”.`;
    else filter.account_id = id;
  }
  if (text('status')) filter.status = text('status').toLowerCase().replaceAll(' ', '_');
  if (text('kind')) filter.kind = KINDS.find((kind) => kind === text('kind'));
  if (text('writer')) {
    if (/^\d{1,9}$/.test(text('writer'))) filter.writer = Number(text('writer'));
    else problems.writer = notWhole(text('writer'));
  }
  for (const [name, bound] of /** @type {const} */ ([
    ['from', 'timestamp_min'],
    ['to', 'timestamp_max'],
  ])) {
    if (!text(name)) continue;
    if (/^\d{1,20}$/.test(text(name))) filter[bound] = text(name);
    else problems[name] = notWhole(text(name));
  }
  if (!problems.from && !problems.to && filter.timestamp_min && filter.timestamp_max) {
    const is_empty = BigInt(filter.timestamp_min) > BigInt(filter.timestamp_max);
    if (is_empty) problems.to = `The end is before the beginning, ${text('from')}.`;
  }
  if (text('id')) {
    const id = decimalId(text('id'));
    if (id === null) problems.id = 'Enter a whole number or a UUID.';
    else filter.id = id;
  }
  if (fields.newest_first) filter.reversed = true;
  return { filter, problems };
}

/**
 * Returns fields that select one account.
 * @param {AccountLayout | null} layout
 * @param {string | number} account_id
 * @returns {TrailFields}
 */
export function accountFilter(layout, account_id) {
  return { ...EMPTY_FILTER, account: accountName(layout, account_id) };
}

/** Whether the fields select all entries. @param {TrailFields} fields */
export function isEmptyFilter(fields) {
  return Object.entries(fields).every(([name, value]) => name === 'newest_first' || value === '');
}

/** @param {string} text */
function notWhole(text) {
  return `Enter a whole number, not “${text.slice(0, 20)}”.`;
}
