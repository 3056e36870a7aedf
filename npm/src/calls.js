/**
 * The calls that a ledger and its synchronous sister share: how arguments become a text, and a text an answer. `send`
 * is theirs: it hands a name and a text to the core, now or by a worker.
 */
import { LedgerArgumentError } from './errors.js';
import {
  EVENTS_MAX, account, accountFilter, answer, coins, guarded, ids, list, queryFilter, record, string, trailFilter,
  transfer, whole,
} from './shapes.js';

/** @typedef {(name: string, body: string, read: (text: string) => any, signal?: AbortSignal) => any} Send */

/** @type {import('./shapes.js').Shape} */
const signal = (value, field) => {
  if (value instanceof AbortSignal) return 'null';
  throw new LedgerArgumentError(`${field} must be an AbortSignal.`, { code: 'bad_argument', field });
};
const callOptions = record({ signal });
const openingOptions = record({ coins, signal });
const movement = record({ from: string, to: string, amount: coins }, ['from', 'to', 'amount']);
const gift = record({ to: string, amount: coins }, ['to', 'amount']);
const take = record({ from: string, amount: coins }, ['from', 'amount']);
const rows = record({ name: string, limit: whole(10_000n, 1n) });

/** Rows of a history, and results of a query, where nobody says how many. */
const ROWS = 100;
/** Entries of the trail that are asked for at once. */
const PAGE = 1000;

/** The signal of a call's options, once these are known to be sound. @param {any} options */
export function signalOf(options, shape = callOptions) {
  if (options === undefined) return undefined;
  shape(options, 'options');
  return options.signal;
}

/** A shape whose limit is this, where the caller gives none. @param {import('./shapes.js').Shape} shape @param {number} limit @returns {import('./shapes.js').Shape} */
const limited = (shape, limit) => (value, field) => {
  const text = shape(value, field);
  if (/"limit":/.test(text)) return text;
  return `{"limit":${limit}${text === '{}' ? '' : ','}${text.slice(1)}`;
};

/** What a text of the core says. @param {string} text */
const plain = (text) => answer(JSON.parse(text));
/** @param {string} text */
const digits = (text) => BigInt(JSON.parse(text));

/**
 * @param {Send} send
 * @returns {Record<string, (...parameters: any[]) => any>}
 */
export function calls(send) {
  /** A call whose argument is an object. @param {string} name @param {import('./shapes.js').Shape} shape @param {string} field */
  const call = (name, shape, field) => (/** @type {any} */ value, /** @type {any} */ options) =>
    guarded(() => send(name, shape(value, field), plain, signalOf(options)));
  /** A call about a holder. @param {string} name */
  const about = (name) => (/** @type {any} */ holder, /** @type {any} */ options) =>
    guarded(() => send(name, `{"name":${string(holder, 'name')}}`, digits, signalOf(options)));
  /** A call without an argument. @param {string} name */
  const whole = (name) => (/** @type {any} */ options) =>
    guarded(() => send(name, '{}', plain, signalOf(options)));
  /**
   * An operation of the model, under the reference's name.
   * @param {string} name
   * @param {string} field
   * @param {import('./shapes.js').Shape} shape
   * @param {string} argument
   * @param {string} result
   */
  const operation = (name, field, shape, argument, result) => {
    const read = (/** @type {string} */ text) => plain(text)[result];
    return (/** @type {any} */ value, /** @type {any} */ options) =>
      guarded(() => send(name, `{"${field}":${shape(value, argument)}}`, read, signalOf(options)));
  };
  const accountQuery = limited(accountFilter, EVENTS_MAX);
  const query = limited(queryFilter, EVENTS_MAX);
  const accounts = list(account);
  const transfers = list(transfer);
  const history = limited(rows, ROWS);
  const page = limited(trailFilter, PAGE);
  return {
    openAccount: (name, options = {}) =>
      guarded(() => {
        const signal = signalOf(options, openingOptions);
        const amount = options.coins ?? 0n;
        const body = `{"name":${string(name, 'name')},"amount":${coins(amount, 'coins')}}`;
        return send('open_account', body, digits, signal);
      }),
    accountId: about('account_id'),
    balance: about('balance'),
    transfer: call('transfer', movement, 'options'),
    deposit: (what, options) =>
      call('deposit', (value, field) => gift(value, field).replace('"to":', '"name":'), 'options')(what, options),
    withdraw: (what, options) =>
      call('withdraw', (value, field) => take(value, field).replace('"from":', '"name":'), 'options')(what, options),
    history: (what = {}, options) => call('history', history, 'options')(what, options),
    createAccounts: operation('create_accounts', 'events', accounts, 'accounts', 'results'),
    createTransfers: operation('create_transfers', 'events', transfers, 'transfers', 'results'),
    lookupAccounts: operation('lookup_accounts', 'ids', ids, 'ids', 'accounts'),
    lookupTransfers: operation('lookup_transfers', 'ids', ids, 'ids', 'transfers'),
    getAccountTransfers: operation('get_account_transfers', 'filter', accountQuery, 'filter', 'transfers'),
    getAccountBalances: operation('get_account_balances', 'filter', accountQuery, 'filter', 'balances'),
    queryAccounts: operation('query_accounts', 'filter', query, 'filter', 'accounts'),
    queryTransfers: operation('query_transfers', 'filter', query, 'filter', 'transfers'),
    snapshot: whole('snapshot'),
    verify: whole('verify'),
    health: whole('health'),
    trailPage: (filter = {}, options) => call('trail', page, 'filter')(filter, options),
  };
}
