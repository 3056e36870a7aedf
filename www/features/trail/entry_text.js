/** Entries of the trail as text: as rows of the grid, and with all their fields. */
/** @import { AccountLayout, Amount, TrailEntry } from '../../types.d.ts' */
import { amount, words } from '../../lib/format.js';
import { capitalized } from '../../lib/user_error.js';
import { accountName } from '../accounts/account_names.js';

/** Parses the lines of an export. @param {string} text @returns {TrailEntry[]} */
export function parseEntries(text) {
  const lines = text.split('\n');
  return lines.filter((line) => line !== '').map((line) => JSON.parse(line));
}

/**
 * Returns the accounts of an entry, each with its side.
 * @param {TrailEntry} entry
 * @returns {{ account_id: string, side: 'debit' | 'credit' | 'own' }[]}
 */
export function accountsOf(entry) {
  if (entry.kind === 'account') return [{ account_id: String(entry.id), side: 'own' }];
  const { debit_account_id: debit, credit_account_id: credit } = entry;
  const found = /** @type {{ account_id: string, side: 'debit' | 'credit' }[]} */ ([]);
  if (isId(debit)) found.push({ account_id: String(debit), side: 'debit' });
  if (isId(credit)) found.push({ account_id: String(credit), side: 'credit' });
  return found;
}

/** @typedef {Record<'number' | 'time' | 'from' | 'to' | 'amount' | 'status' | 'writer', string>} Cells */

/**
 * @param {TrailEntry} entry
 * @param {number} row from 0
 * @param {AccountLayout | null} layout
 * @returns {Cells}
 */
export function cellsOf(entry, row, layout) {
  const common = {
    number: amount(row + 1),
    time: amount(entry.timestamp),
    status: statusOf(entry),
    writer: entry.writer === 0 ? 'Setup' : `Worker ${entry.writer}`,
  };
  if (entry.kind === 'account') {
    return { ...common, from: 'new account', to: accountName(layout, entry.id), amount: '' };
  }
  const [from, to] = [entry.debit_account_id, entry.credit_account_id].map((id) => {
    return isId(id) ? accountName(layout, /** @type {Amount} */ (id)) : '';
  });
  const coins = isAmount(entry.amount) ? amount(entry.amount) : '';
  return { ...common, from: from || entry.kind, to, amount: coins };
}

/** Returns the cells of a row that is not read yet. @param {number} row @returns {Cells} */
export function placeholder(row) {
  const [time, from, to, coins, status] = Array.from({ length: 5 }, () => '…');
  return { number: amount(row + 1), time, from, to, amount: coins, status, writer: '' };
}

/** Returns an entry in a few words. @param {TrailEntry} entry @param {AccountLayout | null} layout */
export function summaryOfEntry(entry, layout) {
  const { from, to, amount: coins, status } = cellsOf(entry, 0, layout);
  if (entry.kind === 'account') return `New account ${to}, ${status}`;
  if (entry.kind === 'expiry') return `Expiry of ${entry.id}, ${status}`;
  return `${coins} from ${from} to ${to}, ${status}`;
}

/** Flags that change what a transfer does. */
const KIND_FLAGS = new Set(['pending', 'post_pending_transfer', 'void_pending_transfer']);

/** Returns the status, with the kind of transfer unless it is a plain one. @param {TrailEntry} entry */
function statusOf({ status, flags }) {
  const kinds = Array.isArray(flags) ? flags.filter((flag) => KIND_FLAGS.has(flag)) : [];
  return [String(status), ...kinds].map(words).join(', ');
}

const LABELS = /** @type {Record<string, string>} */ ({
  id: 'Id',
  pending_id: 'Id of the pending transfer',
  debit_account_id: 'Debit account',
  credit_account_id: 'Credit account',
  debit_version: 'Changes of the debit account so far',
  credit_version: 'Changes of the credit account so far',
});

/**
 * Returns the label and the text of each field of an entry, those of its extension last.
 * @param {TrailEntry} entry
 * @param {AccountLayout | null} layout
 * @returns {[string, string][]}
 */
export function entryFields({ extension, ...entry }, layout) {
  const rarer = /** @type {Record<string, unknown>} */ (extension ?? {});
  return Object.entries({ ...entry, ...rarer }).map(([name, value]) => {
    return [LABELS[name] ?? capitalized(words(name)), fieldText(name, value, layout)];
  });
}

/** @param {string} name @param {unknown} value @param {AccountLayout | null} layout */
function fieldText(name, value, layout) {
  if (name === 'writer') return value === 0 ? 'Setup or manual transfer' : `Worker ${value}`;
  if (Array.isArray(value)) return value.map((word) => words(String(word))).join(', ') || 'none';
  if (name === 'status' || name === 'kind') return words(String(value));
  if (name.endsWith('account_id')) {
    const account = accountName(layout, /** @type {Amount} */ (value));
    return account === String(value) ? account : `${account} (id ${value})`;
  }
  if (name.endsWith('id')) return String(value);
  return isAmount(value) ? amount(value) : String(value);
}

/** @param {unknown} id */
function isId(id) {
  return isAmount(id) && String(id) !== '0';
}

/** @param {unknown} value @returns {value is Amount} */
function isAmount(value) {
  return typeof value === 'number' || typeof value === 'string';
}
