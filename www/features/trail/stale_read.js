/**
 * Explains where a run first differs from the serial replay: an attempt was decided on an account as it was before
 * the last change, or as it was after a later one. All entries before it are as in a serial run.
 */
/** @import { AccountLayout, Reader, StaleRead, TrailEntry } from '../../types.d.ts' */
import { amount, words } from '../../lib/format.js';
import { capitalized } from '../../lib/user_error.js';
import { accountName } from '../accounts/account_names.js';
import { accountsOf, cellsOf } from './entry_text.js';
import { firstEntries } from './trail_queries.js';

const CREATED = 'created';
/** The change that an entry read too early is among this many that follow it. */
const FOLLOWING_MAX = 64;

/**
 * Returns the change that an entry missed or read too early; null if it did neither.
 * @param {Reader} reader
 * @param {TrailEntry} entry the first that differs
 * @returns {Promise<StaleRead | null>}
 */
export async function staleReadOf(reader, entry) {
  const at = BigInt(entry.timestamp);
  for (const { account_id, side } of accountsOf(entry)) {
    if (side === 'own') continue;
    const of_account = { account_id, status: CREATED };
    const before = { ...of_account, timestamp_max: String(at - 1n), reversed: true };
    const [last] = await firstEntries(reader, before, 1);
    if (last?.kind !== 'transfer') continue;
    const read = changeOf(entry, account_id) - (entry.status === CREATED ? 1 : 0);
    const change = changeOf(last, account_id);
    if (read >= 0 && read < change) return { account_id, entry, other: last, read, change };
    if (read <= change) continue;
    const after = { ...of_account, timestamp_min: String(at + 1n) };
    const following = await firstEntries(reader, after, FOLLOWING_MAX);
    const other = following.find((one) => changeOf(one, account_id) === read);
    if (other) return { account_id, entry, other, read, change: read };
  }
  return null;
}

/** Returns how often an account had changed with an entry. @param {TrailEntry} entry @param {string} account_id */
function changeOf(entry, account_id) {
  const is_debit = String(entry.debit_account_id) === account_id;
  return Number(is_debit ? entry.debit_version : entry.credit_version);
}

/** @param {TrailEntry} entry */
function writerOf({ writer }) {
  return writer === 0 ? 'the setup' : `worker ${writer}`;
}

/**
 * Returns the story in sentences: who wrote, who read what, who overwrote whom.
 * @param {StaleRead} stale_read
 * @param {AccountLayout | null} layout
 * @returns {string[]}
 */
export function storyOf({ account_id, entry, other, read, change }, layout) {
  const account = accountName(layout, account_id);
  const [first, second] = [writerOf(other), writerOf(entry)];
  const theirs = first === second ? 'its own change' : `the change of ${first}`;
  const wrote = `${capitalized(first)} ${movedText(other, layout)}: change ${amount(change)} of ${account}.`;
  const seen = `${account} as it was after change ${amount(read)}`;
  if (read === change) {
    const done = entry.status === CREATED ? movedText(entry, layout) : refusedText(entry, layout);
    return [
      wrote,
      `${capitalized(second)} decided on ${seen}, and ${done}. Its timestamp is earlier than that of ${theirs}.`,
      'Nothing can read a change that comes after it, so no serial order gives these two entries.',
    ];
  }
  const decided = `${capitalized(second)} decided on ${seen}, without ${theirs}`;
  if (entry.status !== CREATED) {
    return [wrote, `${decided}, and ${refusedText(entry, layout)}.`];
  }
  const overwrote = `${decided}, and ${movedText(entry, layout)}: it wrote change ${amount(read + 1)}`;
  const lost = `What it wrote replaced ${theirs}, so in ${account} the ${amountText(other)} of ${first} are lost.`;
  return [wrote, `${overwrote} over what was there.`, lost];
}

/** @param {TrailEntry} entry @param {AccountLayout | null} layout */
function movedText(entry, layout) {
  return `moved ${transferText(entry, layout)}`;
}

/** @param {TrailEntry} entry @param {AccountLayout | null} layout */
function refusedText(entry, layout) {
  return `refused ${transferText(entry, layout)}: ${words(String(entry.status))}`;
}

/** @param {TrailEntry} entry @param {AccountLayout | null} layout */
function transferText(entry, layout) {
  const { from, to } = cellsOf(entry, 0, layout);
  return `${amountText(entry)} from ${from} to ${to}`;
}

/** @param {TrailEntry} entry */
function amountText(entry) {
  return `${cellsOf(entry, 0, null).amount}\u00a0coins`;
}

/**
 * Returns the two entries side by side: a label and a text for each.
 * @param {StaleRead} stale_read
 * @param {AccountLayout | null} layout
 * @returns {[string, string, string][]}
 */
export function entriesSideBySide({ account_id, entry, other, read, change }, layout) {
  const [first, second] = [other, entry].map((one) => cellsOf(one, 0, layout));
  const account = accountName(layout, account_id);
  const wrote = entry.status === CREATED ? `change ${amount(read + 1)}` : 'nothing';
  return [
    ['Written by', first.writer, second.writer],
    ['Timestamp', first.time, second.time],
    ['From', first.from, second.from],
    ['To', first.to, second.to],
    ['Coins', first.amount, second.amount],
    ['Status', first.status, second.status],
    [`Read of ${account}`, `change ${amount(change - 1)}`, `change ${amount(read)}`],
    [`Written to ${account}`, `change ${amount(change)}`, wrote],
  ];
}
