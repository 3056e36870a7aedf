/** The options of a ledger. */
import { U64, boolean, checked, coins, entries, guarded, list, oneOf, record, signal, string, whole } from './schema.js';

/** The maximum number of workers. */
export const WORKERS_MAX = 64;

/** The defaults: a million accounts, and 256 MiB for two million entries. Memory is allocated as it is used. */
const ACCOUNTS = 1 << 20;
const TRAIL_BYTES = 1 << 28;
/** The memory limit of a module, less what it needs for other data. */
const TRAIL_BYTES_MAX = 0xc000_0000n;

const address = checked(
  'a string, a URL, or a function that returns one',
  (value) => typeof value === 'string' || value instanceof URL || typeof value === 'function',
);
const user = record({ name: string, token: string, role: oneOf('user', 'auditor', 'operator'), coins }, ['name', 'token']);
const openOptions = record({
  workers: whole(BigInt(WORKERS_MAX)),
  http: boolean,
  accounts: entries(coins),
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
 * Returns the caller's address of a file. An address that is not a function applies to the ledger's
 * files, not to the laboratory's.
 * @param {Address | undefined} given
 * @param {string} file
 * @returns {string | URL | undefined}
 */
export function addressOf(given, file) {
  if (typeof given !== 'function') return file.startsWith('laboratory') ? undefined : given;
  return guarded(() => address(given(file), 'url'));
}

/** Returns the files of a ledger, or of the laboratory, which also answers HTTP and runs scenarios. @param {boolean} laboratory @param {boolean} shared */
export const filesOf = (laboratory, shared) => ({
  wasm: `${laboratory ? 'laboratory' : 'ledgerlab'}${shared ? '-threaded' : ''}.wasm`,
  worker: `${laboratory ? 'laboratory-' : ''}worker.js`,
});

/**
 * @param {any} options
 * @returns {{ workers?: number, http: boolean, urls: Urls, signal?: AbortSignal, bodyFor(sessions: number): string }} `bodyFor`
 * returns the core's options
 */
export const readOpenOptions = (options = {}) =>
  guarded(() => {
    const {
      workers, http = false, accounts = [], users = [], accounts_max = ACCOUNTS, trail_bytes = TRAIL_BYTES, wasm_url, worker_url, signal,
    } = openOptions(options, 'options');
    const holders = accounts.map((/** @type {[string, any]} */ [name, coins]) => ({ name, coins }));
    const bodyFor = (/** @type {number} */ sessions) => JSON.stringify({ sessions, accounts_max, trail_bytes, users, holders });
    const urls = { wasmUrl: wasm_url, workerUrl: worker_url };
    return { workers: workers === undefined ? undefined : Number(workers), http, urls, signal, bodyFor };
  });
