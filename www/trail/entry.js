/** Entries of the trail in words: as rows of a table, and with all that they hold. */
/** @import { Amount, Cast, TrailEntry } from '../types.d.ts' */
import { nameOf } from '../cast.js';
import { amount, words } from '../format.js';

/**
 * The lines of an export, each an entry.
 * @param {string} text
 * @returns {TrailEntry[]}
 */
export function entriesOf(text) {
  const lines = text.split('\n');
  return lines.filter((line) => line !== '').map((line) => JSON.parse(line));
}

/**
 * The accounts that an entry concerns, with the side on which they stand.
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

/** Who wrote it: the set-up and whoever moves money by hand have the number 0. @param {number} writer */
export function writerOf(writer) {
  return writer === 0 ? 'Set-up or by hand' : `Worker ${writer}`;
}

/** @typedef {{ number: string, time: string, from: string, to: string, amount: string, status: string, who: string }} Cells */

/**
 * @param {TrailEntry} entry
 * @param {number} row from 0
 * @param {Cast | null} cast
 * @returns {Cells}
 */
export function cellsOf(entry, row, cast) {
  const told = { number: amount(row + 1), time: amount(entry.timestamp), status: statusOf(entry) };
  const who = entry.writer === 0 ? 'Set-up' : `Worker ${entry.writer}`;
  const debit = called(cast, entry.debit_account_id);
  const credit = called(cast, entry.credit_account_id);
  if (entry.kind === 'account') {
    return { ...told, from: 'new account', to: nameOf(cast, entry.id), amount: '', who };
  }
  const sum = isAmount(entry.amount) ? amount(entry.amount) : '';
  return { ...told, from: debit || entry.kind, to: credit, amount: sum, who };
}

/** The cells of a row that is not there yet. @param {number} row @returns {Cells} */
export function placeholder(row) {
  return {
    number: amount(row + 1),
    time: '…',
    from: '…',
    to: '…',
    amount: '…',
    status: '…',
    who: '',
  };
}

/** An entry in a few words. @param {TrailEntry} entry @param {Cast | null} cast */
export function brief(entry, cast) {
  const { from, to, amount: sum, status } = cellsOf(entry, 0, cast);
  if (entry.kind === 'account') return `New account ${to}, ${status}`;
  if (entry.kind === 'expiry') return `Expiry of ${entry.id}, ${status}`;
  return `${sum} from ${from} to ${to}, ${status}`;
}

/** A status, and what kind of transfer it was where that is not a plain one. @param {TrailEntry} entry */
function statusOf({ status, flags }) {
  const named = Array.isArray(flags) ? flags.filter((flag) => KINDS.has(flag)) : [];
  return [words(String(status)), ...named.map(words)].join(', ');
}

/** Flags that say what a transfer does. */
const KINDS = new Set(['pending', 'post_pending_transfer', 'void_pending_transfer']);

const LABELS = /** @type {Record<string, string>} */ ({
  id: 'Id',
  pending_id: 'Id of the pending transfer',
  debit_account_id: 'Debit account',
  credit_account_id: 'Credit account',
  debit_version: 'Changes of the debit account after it',
  credit_version: 'Changes of the credit account after it',
});

/**
 * All that an entry holds, in its order, the fields of its extension after its own.
 * @param {TrailEntry} entry
 * @param {Cast | null} cast
 * @returns {[string, string][]}
 */
export function holdingsOf({ extension, ...entry }, cast) {
  const rare = /** @type {Record<string, unknown>} */ (extension ?? {});
  return [...Object.entries(entry), ...Object.entries(rare)].map(([name, value]) => {
    const label = LABELS[name] ?? capital(words(name));
    return [label, worded(name, value, cast)];
  });
}

/** @param {string} name @param {unknown} value @param {Cast | null} cast */
function worded(name, value, cast) {
  if (name === 'writer') return writerOf(Number(value));
  if (Array.isArray(value)) return value.map((word) => words(String(word))).join(', ') || 'none';
  if (name === 'status' || name === 'kind') return words(String(value));
  if (name.endsWith('account_id')) {
    const called = nameOf(cast, /** @type {Amount} */ (value));
    return called === String(value) ? called : `${called} (id ${value})`;
  }
  if (name.endsWith('id')) return String(value);
  return isAmount(value) ? amount(value) : String(value);
}

/** @param {Cast | null} cast @param {unknown} id */
function called(cast, id) {
  return isId(id) ? nameOf(cast, /** @type {Amount} */ (id)) : '';
}

/** @param {unknown} id */
function isId(id) {
  return isAmount(id) && String(id) !== '0';
}

/** @param {unknown} value @returns {value is Amount} */
function isAmount(value) {
  return typeof value === 'number' || typeof value === 'string';
}

/** @param {string} text */
function capital(text) {
  return text.slice(0, 1).toUpperCase() + text.slice(1);
}
