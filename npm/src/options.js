/** What a ledger is opened with, checked before anything is begun. */
import { LedgerArgumentError } from './errors.js';
import { U64, coins, guarded, list, oneOf, record, string, whole } from './shapes.js';

/** The most workers of a ledger. */
export const WORKERS_MAX = 64;

/** A million accounts, and 256 MiB of trail, taken as it is used: two million entries. */
const ACCOUNTS = 1 << 20;
const TRAIL_BYTES = 1 << 28;
/** All the memory that a module can have, less what else it holds. */
const TRAIL_BYTES_MAX = 0xc000_0000n;

/** @type {import('./shapes.js').Shape} */
const address = (value, field) => {
  if (typeof value === 'string' || value instanceof URL) return 'null';
  throw new LedgerArgumentError(`${field} must be a string or a URL.`, { code: 'bad_argument', field });
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
  accounts: holders,
  users: list(user, 100_000),
  accountsMax: whole(U64, 1n),
  trailBytes: whole(TRAIL_BYTES_MAX, 1n),
  wasmUrl: address,
  workerUrl: address,
  signal,
});

/**
 * @param {any} given
 * @returns {{ workers?: number, wasmUrl?: string | URL, workerUrl?: string | URL, signal?: AbortSignal, text(tellers: number): string }}
 */
export function openingOptions(given = {}) {
  return guarded(() => {
    shape(given, 'options');
    const { workers, accounts, users, accountsMax, trailBytes, wasmUrl, workerUrl, signal } = given;
    // With neither, the ledger is GoLedger's: aaron and bryan with 1000 coins each.
    const rows = accounts === undefined && users === undefined ? 'null' : usersText(users ?? []);
    const opened = accounts === undefined ? '[]' : holders(accounts, 'accounts');
    const most = whole(U64)(accountsMax ?? ACCOUNTS, 'accountsMax');
    const bytes = whole(U64)(trailBytes ?? TRAIL_BYTES, 'trailBytes');
    const text = (/** @type {number} */ tellers) =>
      `{"tellers":${tellers},"accounts_max":${most},"trail_bytes":${bytes},"users":${rows},"holders":${opened}}`;
    return { workers: workers === undefined ? undefined : Number(workers), wasmUrl, workerUrl, signal, text };
  });
}

/** @param {any[]} users */
function usersText(users) {
  return list(user)(users.map(({ role = 'user', coins: has = 0n, ...rest }) => ({ ...rest, role, coins: has })), 'users');
}
