/**
 * The calls that `Ledger` and `LedgerSync` share: their arguments, the export of the core, and how the
 * result is read.
 */
import {
  EVENTS_MAX, account, accountFilter, coins, fromJson, guarded, ids, list, queryFilter, record, signal, string,
  trailFilter, transfer, whole,
} from './schema.js';

/** @typedef {(name: string, body: object, read: (json: string) => any, signal?: AbortSignal) => any} Send */

const callOptions = record({ signal });
const openAccountOptions = record({ coins, signal });
const transferFields = record({ from: string, to: string, amount: coins }, ['from', 'to', 'amount']);
const depositFields = record({ to: string, amount: coins }, ['to', 'amount']);
const withdrawalFields = record({ from: string, amount: coins }, ['from', 'amount']);
const historyFields = record({ name: string, limit: whole(10_000n, 1n) });
const accounts = list(account);
const transfers = list(transfer);

/** The default maximum of rows of a history. */
const HISTORY_ROWS = 100;
/** Entries of the trail in one page. */
const TRAIL_PAGE = 1000;

/** Returns the signal of a call's options. @param {any} options @returns {AbortSignal | undefined} */
export const signalOf = (options) => (options === undefined ? undefined : callOptions(options, 'options').signal);

/** @param {string} json */
const result = (json) => fromJson(JSON.parse(json));
/** @param {string} json */
const digits = (json) => BigInt(JSON.parse(json));

/**
 * Returns the calls of a ledger.
 * @param {Send} send calls an export of the core, now or in a worker, and reads the result
 * @returns {Record<string, (...parameters: any[]) => any>}
 */
export function ledgerCalls(send) {
  /**
   * A call whose body is made from its first argument.
   * @param {string} name
   * @param {(value: any) => object} body
   * @param {(json: string) => any} [read]
   */
  const call = (name, body, read = result) => (/** @type {any} */ value, /** @type {any} */ options) =>
    guarded(() => send(name, body(value), read, signalOf(options)));
  /** A call about the account with a name. @param {string} name */
  const named = (name) => call(name, (holder) => ({ name: string(holder, 'name') }), digits);
  /** A call without arguments. @param {string} name */
  const plain = (name) => (/** @type {any} */ options) => guarded(() => send(name, {}, result, signalOf(options)));
  /** @param {string} part of the result */
  const pick = (part) => (/** @type {string} */ json) => result(json)[part];
  /** @param {string} name @param {import('./schema.js').Schema} schema @param {string} part */
  const query = (name, schema, part) =>
    call(name, (filter) => ({ filter: { limit: EVENTS_MAX, ...schema(filter, 'filter') } }), pick(part));
  return {
    openAccount: (name, options = {}) =>
      guarded(() => {
        const { coins: amount = 0, signal } = openAccountOptions(options, 'options');
        return send('open_account', { name: string(name, 'name'), amount }, digits, signal);
      }),
    accountId: named('account_id'),
    balance: named('balance'),
    transfer: call('transfer', (fields) => transferFields(fields, 'options')),
    deposit: call('deposit', (fields) => depositFields(fields, 'options')),
    withdraw: call('withdraw', (fields) => withdrawalFields(fields, 'options')),
    history: call('history', (fields = {}) => ({ limit: HISTORY_ROWS, ...historyFields(fields, 'options') })),
    createAccounts: call('create_accounts', (value) => ({ events: accounts(value, 'accounts') }), pick('results')),
    createTransfers: call('create_transfers', (value) => ({ events: transfers(value, 'transfers') }), pick('results')),
    lookupAccounts: call('lookup_accounts', (value) => ({ ids: ids(value, 'ids') }), pick('accounts')),
    lookupTransfers: call('lookup_transfers', (value) => ({ ids: ids(value, 'ids') }), pick('transfers')),
    getAccountTransfers: query('get_account_transfers', accountFilter, 'transfers'),
    getAccountBalances: query('get_account_balances', accountFilter, 'balances'),
    queryAccounts: query('query_accounts', queryFilter, 'accounts'),
    queryTransfers: query('query_transfers', queryFilter, 'transfers'),
    snapshot: plain('snapshot'),
    verify: plain('verify'),
    health: plain('health'),
    trailPage: call('trail', (filter = {}) => ({ limit: TRAIL_PAGE, ...trailFilter(filter, 'filter') })),
  };
}

/**
 * Gives a class these calls as its methods.
 * @param {any} Class
 * @param {(ledger: any, name: string, parameters: any[]) => any} call
 */
export function defineCalls(Class, call) {
  for (const name of Object.keys(ledgerCalls(() => {})).filter((name) => name !== 'trailPage')) {
    Object.defineProperty(Class.prototype, name, {
      value(/** @type {any[]} */ ...parameters) {
        return call(this, name, parameters);
      },
      configurable: true,
      writable: true,
    });
  }
}
