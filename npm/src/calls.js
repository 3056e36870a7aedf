/**
 * The calls that a ledger and its synchronous sister share: how arguments become a text, and a text an answer. `send`
 * is theirs: it hands a name and a text to the core, now or by a worker.
 */
import * as shapes from './shapes.js';

const { answer, coins, guarded, list, record, string, whole } = shapes;

const holder = record({ name: string, amount: coins }, ['name', 'amount']);
const movement = record({ from: string, to: string, amount: coins }, ['from', 'to', 'amount']);
const rows = record({ name: string, limit: whole(10_000n, 1n) });

/** What a text of the core says. @param {string} text */
const plain = (text) => answer(JSON.parse(text));
/** @param {string} field @returns {(text: string) => any} */
const only = (field) => (text) => plain(text)[field];
/** @param {string} text */
const digits = (text) => BigInt(JSON.parse(text));

/** Entries of the trail that are asked for at once. */
const PAGE = 1000;

/**
 * @param {any} options
 * @param {Record<string, string>} names what the caller calls a field, and the core
 */
function renamed(options, names) {
  if (typeof options !== 'object' || options === null || Array.isArray(options)) return options;
  return Object.fromEntries(Object.keys(options).map((name) => [names[name] ?? name, options[name]]));
}

/** @param {(name: string, body: string, read: (text: string) => any, signal?: AbortSignal) => any} send */
export function calls(send) {
  /**
   * @param {string} name
   * @param {() => string} body
   * @param {(text: string) => any} read
   * @param {any} [options]
   */
  const call = (name, body, read, options) =>
    guarded(() => send(name, body(), read, signalOf(options)));
  /** A call of the model, under the reference's name. */
  const operation = (/** @type {string} */ name, /** @type {string} */ field, /** @type {shapes.Shape} */ shape, /** @type {string} */ its) =>
    (/** @type {unknown} */ value, /** @type {any} */ options) =>
      call(name, () => `{"${field}":${shape(value, its)}}`, only(its === 'results' ? 'results' : its), options);
  void operation;

  /** @param {string} name @param {string} field @param {shapes.Shape} shape @param {string} argument @param {string} result */
  const model = (name, field, shape, argument, result) =>
    (/** @type {unknown} */ value, /** @type {any} */ options) =>
      call(name, () => `{"${field}":${shape(value, argument)}}`, only(result), options);

  return {
    openAccount: (/** @type {unknown} */ name, /** @type {any} */ options = {}) =>
      call('open_account', () => {
        record({ coins, signal: () => '0' })(options, 'options');
        return holder({ name, amount: options.coins ?? 0n }, 'options');
      }, digits, options),
    accountId: (/** @type {unknown} */ name, /** @type {any} */ options) =>
      call('account_id', () => `{"name":${string(name, 'name')}}`, digits, options),
    balance: (/** @type {unknown} */ name, /** @type {any} */ options) =>
      call('balance', () => `{"name":${string(name, 'name')}}`, digits, options),
    transfer: (/** @type {any} */ what, /** @type {any} */ options) =>
      call('transfer', () => movement(what, 'options'), plain, options),
    deposit: (/** @type {any} */ what, /** @type {any} */ options) =>
      call('deposit', () => named(what, 'to'), plain, options),
    withdraw: (/** @type {any} */ what, /** @type {any} */ options) =>
      call('withdraw', () => named(what, 'from'), plain, options),
    history: (/** @type {any} */ what = {}, /** @type {any} */ options) =>
      call('history', () => rows({ limit: 100, ...what }, 'options'), plain, options),

    createAccounts: model('create_accounts', 'events', list(shapes.account), 'accounts', 'results'),
    createTransfers: model('create_transfers', 'events', list(shapes.transfer), 'transfers', 'results'),
    lookupAccounts: model('lookup_accounts', 'ids', shapes.ids, 'ids', 'accounts'),
    lookupTransfers: model('lookup_transfers', 'ids', shapes.ids, 'ids', 'transfers'),
    getAccountTransfers: model('get_account_transfers', 'filter', paged(shapes.accountFilter), 'filter', 'transfers'),
    getAccountBalances: model('get_account_balances', 'filter', paged(shapes.accountFilter), 'filter', 'balances'),
    queryAccounts: model('query_accounts', 'filter', paged(shapes.queryFilter), 'filter', 'accounts'),
    queryTransfers: model('query_transfers', 'filter', paged(shapes.queryFilter), 'filter', 'transfers'),

    snapshot: (/** @type {any} */ options) => call('snapshot', () => '{}', plain, options),
    verify: (/** @type {any} */ options) => call('verify', () => '{}', plain, options),
    health: (/** @type {any} */ options) => call('health', () => '{}', plain, options),
    /** One page of the trail. */
    page: (/** @type {any} */ filter, /** @type {any} */ options) =>
      call('trail', () => shapes.trailFilter({ limit: PAGE, ...filter }, 'filter'), plain, options),
  };
}
