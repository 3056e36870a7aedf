/** Which accounts are asked for, and the same asked of a report, which has no ledger. */
/** @import { AccountOrder, AccountQuery, AccountsState, Report, ShownAccount, Spread } from '../types.d.ts' */

/** Rows that are shown at a time. */
export const PAGE_ROWS = 50;

/** Bars of the spread of balances. */
export const BARS = 24;

/** @type {AccountQuery} */
const FIRST = { text: '', order: 'place', descending: false, first: 0, limit: PAGE_ROWS };

/** What the panel shows before it has asked. @type {AccountsState} */
export const NO_ACCOUNTS = {
  query: FIRST,
  lines: null,
  spread: null,
  opened: null,
  loading: false,
  said: '',
  problem: '',
  moved_since: false,
  judged: '',
};

/**
 * The query with its order changed: by the same once more the other way round. What counts comes
 * with the greatest first, what is read from the beginning.
 * @param {AccountQuery} query
 * @param {AccountOrder} order
 * @returns {AccountQuery}
 */
export function ordered(query, order) {
  const greatest = order !== 'place' && order !== 'name';
  const descending = order === query.order ? !query.descending : greatest;
  return { ...query, order, descending, first: 0 };
}

/**
 * The rows of a report as the table shows them.
 * @param {Report} report
 * @returns {ShownAccount[]}
 */
function rowsOf({ accounts }) {
  return accounts.rows.map((row) => {
    const balance = String(BigInt(row.credits_posted) - BigInt(row.debits_posted));
    return { ...row, balance, changes: null };
  });
}

/**
 * What the ledger would answer, as far as the report lists its accounts.
 * @param {Report} report
 * @param {AccountQuery} query
 * @returns {{ found: number, rows: ShownAccount[] }}
 */
export function find(report, { text, order, descending, first, limit }) {
  const part = text.trim().toLowerCase();
  const found = rowsOf(report).filter(({ id, name }) => {
    return part === '' || String(id) === part || name.toLowerCase().includes(part);
  });
  if (order === 'place' && descending) found.reverse();
  // Equal ones stay in the order in which they were opened, whichever comes first.
  if (order !== 'place') {
    const sign = descending ? -1 : 1;
    found.sort((one, other) => sign * compare(key(one, order), key(other, order)));
  }
  return { found: found.length, rows: found.slice(first, first + limit) };
}

/** @param {ShownAccount} account @param {AccountOrder} order */
function key({ name, balance, debits_pending }, order) {
  if (order === 'name') return name;
  return BigInt(order === 'pending' ? debits_pending : order === 'balance' ? balance : 0);
}

/** @param {string | bigint} one @param {string | bigint} other */
function compare(one, other) {
  return one < other ? -1 : one > other ? 1 : 0;
}

/**
 * How the balances of a report's accounts are spread, as the ledger has it.
 * @param {Report} report
 * @param {number} bars
 * @returns {Spread}
 */
export function spreadOf(report, bars) {
  const holders = rowsOf(report).filter(({ issuer }) => !issuer);
  const balances = holders.map(({ balance }) => BigInt(balance)).sort(compare);
  if (balances.length === 0) return { accounts: 0, minimum: 0, median: 0, maximum: 0, bars: [] };
  const minimum = balances[0];
  const maximum = balances[balances.length - 1];
  const width = (maximum - minimum) / BigInt(bars) + 1n;
  const sums = Array.from({ length: Number((maximum - minimum) / width) + 1 }, () => 0);
  for (const balance of balances) sums[Number((balance - minimum) / width)] += 1;
  const told = sums.map((accounts, index) => {
    const end = minimum + width * BigInt(index + 1) - 1n;
    return { up_to: String(end < maximum ? end : maximum), accounts };
  });
  const median = balances[Math.floor((balances.length - 1) / 2)];
  return {
    accounts: balances.length,
    minimum: String(minimum),
    median: String(median),
    maximum: String(maximum),
    bars: told,
  };
}
