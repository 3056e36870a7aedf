/** Queries of accounts, and their results from a report, which has no ledger. */
/** @import { AccountOrder, AccountQuery, AccountsState } from '../../types.d.ts' */
/** @import { BalanceDistribution, DisplayedAccount, Report } from '../../types.d.ts' */

const PAGE_ROWS = 50;

/** The bars of the balance distribution. */
export const BARS = 24;

/** The state before the first query. @type {AccountsState} */
export const NO_ACCOUNTS = {
  query: { text: '', order: 'place', descending: false, first: 0, limit: PAGE_ROWS },
  page: null,
  distribution: null,
  selected: null,
  status_text: '',
  error_text: '',
  changed_since_report: false,
  replay_result: '',
};

/**
 * Returns the query with another order; the same order again is reversed. Figures begin with the
 * greatest, names with the first.
 * @param {AccountQuery} query
 * @param {AccountOrder} order
 * @returns {AccountQuery}
 */
export function sortedBy(query, order) {
  const is_figure = order !== 'place' && order !== 'name';
  const descending = order === query.order ? !query.descending : is_figure;
  return { ...query, order, descending, first: 0 };
}

/** @param {Report} report @returns {DisplayedAccount[]} */
function rowsOf({ accounts }) {
  return accounts.rows.map((row) => {
    const balance = String(BigInt(row.credits_posted) - BigInt(row.debits_posted));
    return { ...row, balance, changes: null };
  });
}

/**
 * Returns what the ledger would return, among the accounts that the report lists.
 * @param {Report} report
 * @param {AccountQuery} query
 * @returns {{ found: number, rows: DisplayedAccount[] }}
 */
export function queryReport(report, { text, order, descending, first, limit }) {
  const part = text.trim().toLowerCase();
  const found = rowsOf(report).filter(({ id, name }) => {
    return part === '' || String(id) === part || name.toLowerCase().includes(part);
  });
  if (order === 'place' && descending) found.reverse();
  // Equal accounts stay in the order in which they were opened, in both directions.
  if (order !== 'place') {
    const sign = descending ? -1 : 1;
    found.sort((a, b) => sign * compare(keyOf(a, order), keyOf(b, order)));
  }
  return { found: found.length, rows: found.slice(first, first + limit) };
}

/** @param {DisplayedAccount} account @param {AccountOrder} order */
function keyOf({ name, balance, debits_pending }, order) {
  if (order === 'name') return name;
  return BigInt(order === 'pending' ? debits_pending : order === 'balance' ? balance : 0);
}

/** @param {string | bigint} a @param {string | bigint} b */
function compare(a, b) {
  return a < b ? -1 : a > b ? 1 : 0;
}

/**
 * Returns the distribution of the balances of a report's accounts.
 * @param {Report} report
 * @param {number} bars
 * @returns {BalanceDistribution}
 */
export function distributionOf(report, bars) {
  const holders = rowsOf(report).filter(({ issuer }) => !issuer);
  const balances = holders.map(({ balance }) => BigInt(balance)).sort(compare);
  if (balances.length === 0) return { accounts: 0, minimum: 0, median: 0, maximum: 0, bars: [] };
  const minimum = balances[0];
  const maximum = balances[balances.length - 1];
  const width = (maximum - minimum) / BigInt(bars) + 1n;
  const counts = Array.from({ length: Number((maximum - minimum) / width) + 1 }, () => 0);
  for (const balance of balances) counts[Number((balance - minimum) / width)] += 1;
  const median = balances[Math.floor((balances.length - 1) / 2)];
  return {
    accounts: balances.length,
    minimum: String(minimum),
    median: String(median),
    maximum: String(maximum),
    bars: counts.map((accounts, index) => {
      const end = minimum + width * BigInt(index + 1) - 1n;
      return { up_to: String(end < maximum ? end : maximum), accounts };
    }),
  };
}
