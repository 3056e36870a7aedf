/** What a ledger is opened with, checked before anything is begun. */
import { LedgerArgumentError } from './errors.js';
import { U64, coins, guarded, list, oneOf, record, string, whole, yes } from './shapes.js';

/** The most workers of a ledger. */
export const WORKERS_MAX = 64;

/** A million accounts, and 256 MiB of trail, taken as it is used: two million entries. */
const ACCOUNTS = 1 << 20;
const TRAIL_BYTES = 1 << 28;
/** All the memory that a module can have, less what else it holds. */
const TRAIL_BYTES_MAX = 0xc000_0000n;

/** @type {import('./shapes.js').Shape} */
const address = (value, field) => {
  if (typeof value === 'string' || value instanceof URL || typeof value === 'function') return 'null';
  throw new LedgerArgumentError(`${field} must be a string, a URL, or a function that answers one.`, { code: 'bad_argument', field });
};
/** @type {import('./shapes.js').Shape} */
const signal = (value, field) => {
  if (value instanceof AbortSignal) return 'null';
  throw new LedgerArgumentError(`${field} must be an AbortSignal.`, { code: 'bad_argument', field });
};
const user = record(
  { name: string, token: string, role: oneOf('user', 'auditor', 'operator'), coins },
  ['name', 'token'],
);
/** @type {import('./shapes.js').Shape} */
const holders = (value, field) => {
  record({})(Array.isArray(value) || value === null || typeof value !== 'object' ? value : {}, field);
  const given = Object.entries(/** @type {object} */ (value));
  return `[${given.map(([name, has]) => `{"name":${string(name, field)},"coins":${coins(has, `${field}.${name}`)}}`)}]`;
};
const shape = record({
  workers: whole(BigInt(WORKERS_MAX)),
  http: yes,
  accounts: holders,
  users: list(user, 100_000),
  accountsMax: whole(U64, 1n),
  trailBytes: whole(TRAIL_BYTES_MAX, 1n),
  wasmUrl: address,
  workerUrl: address,
  signal,
});

/** @typedef {string | URL | ((file: string) => string | URL)} Address */
/** @typedef {{ wasmUrl?: Address, workerUrl?: Address }} Urls */

/**
 * The address of a file that was given by hand. One that is no function is that of the ledger's own file.
 * @param {Address | undefined} given
 * @param {string} file
 */
export function addressOf(given, file) {
  if (typeof given !== 'function') return file.startsWith('laboratory') ? undefined : given;
  const found = guarded(() => given(file));
  address(found, 'url');
  return /** @type {string | URL} */ (found);
}

/** The files of a ledger, or of the laboratory, which answers HTTP and runs scenarios too. @param {boolean} laboratory @param {boolean} shared */
export const filesOf = (laboratory, shared) => ({
  wasm: `${laboratory ? 'laboratory' : 'ledgerlab'}${shared ? '-threaded' : ''}.wasm`,
  worker: `${laboratory ? 'laboratory-' : ''}worker.js`,
});

/**
 * @param {any} given
 * @returns {{ workers?: number, http: boolean, urls: Urls, signal?: AbortSignal, text(tellers: number): string }}
 */
export function openingOptions(given = {}) {
  return guarded(() => {
    shape(given, 'options');
    const { workers, http = false, accounts, users, accountsMax, trailBytes, wasmUrl, workerUrl, signal } = given;
    // With neither, the ledger is GoLedger's: aaron and bryan with 1000 coins each.
    const rows = accounts === undefined && users === undefined ? '' : `"users":${usersText(users ?? [])},`;
    const opened = accounts === undefined ? '[]' : holders(accounts, 'accounts');
    const most = whole(U64)(accountsMax ?? ACCOUNTS, 'accountsMax');
    const bytes = whole(U64)(trailBytes ?? TRAIL_BYTES, 'trailBytes');
    const text = (/** @type {number} */ tellers) =>
      `{"tellers":${tellers},"accounts_max":${most},"trail_bytes":${bytes},${rows}"holders":${opened}}`;
    return { workers: workers === undefined ? undefined : Number(workers), http, urls: { wasmUrl, workerUrl }, signal, text };
  });
}

/** @param {any[]} users */
function usersText(users) {
  return list(user)(users.map(({ role = 'user', coins: has = 0n, ...rest }) => ({ ...rest, role, coins: has })), 'users');
}
