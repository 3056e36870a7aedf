/** The options of a ledger. */
import { LedgerStartError, argumentError } from './errors.js';
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
  (value) => typeof value === 'string' || typeof value?.href === 'string' || typeof value === 'function',
);
/** @param {unknown} value */
export const isModule = (value) => Object.prototype.toString.call(value) === '[object WebAssembly.Module]';
const text = checked('a string', (value) => typeof value === 'string');
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
  module: checked('a WebAssembly.Module', isModule),
  path: text,
  opfs: text,
  durable: boolean,
  signal,
});

/** @typedef {string | URL | ((file: string) => string | URL)} Address */
/**
 * Where a ledger's files are. `modules` are those that the caller has compiled.
 * @typedef {{ wasmUrl?: Address, workerUrl?: Address, modules: Record<string, WebAssembly.Module> }} Sources
 */

/**
 * Returns the caller's address of a file. An address that is not a function applies to the ledger's
 * files, not to those of the laboratory and the store.
 * @param {Address | undefined} given
 * @param {string} file
 * @returns {string | URL | undefined}
 */
export function addressOf(given, file) {
  if (typeof given !== 'function') return /^(laboratory|store)/.test(file) ? undefined : given;
  return guarded(() => address(given(file), 'url'));
}

/**
 * Returns the files of a ledger, or of the laboratory, which also answers HTTP and runs scenarios.
 * @param {boolean} laboratory
 * @param {boolean} shared
 */
export const filesOf = (laboratory, shared, worker = `${laboratory ? 'laboratory-' : ''}worker.js`) => ({
  wasm: `${laboratory ? 'laboratory' : 'ledgerlab'}${shared ? '-threaded' : ''}.wasm`,
  worker,
});

/** Returns the file that a module was compiled from. @param {WebAssembly.Module} module */
function fileOf(module) {
  const names = WebAssembly.Module.exports(module).map(({ name }) => name);
  if (!names.includes('open_ledger')) {
    throw argumentError('module must be compiled from one of the package’s .wasm files.', 'wrong_module', 'module');
  }
  const shared = WebAssembly.Module.imports(module).some(({ kind }) => kind === 'memory');
  return filesOf(names.includes('handle'), shared).wasm;
}

/**
 * Returns the number of workers, after checking that the caller's module is the one for it.
 * @param {number | undefined} workers
 * @param {boolean} http
 * @param {Sources} sources
 * @param {() => number} usual the number if none is given
 */
export function chooseWorkers(workers, http, { modules }, usual) {
  const [given] = Object.keys(modules);
  const chosen = workers ?? (given && !given.includes('threaded') ? 0 : usual());
  const { wasm } = filesOf(http, chosen > 0);
  if (given && given !== wasm) {
    const message = `module must be compiled from ${wasm} for \`workers: ${chosen}\` and \`http: ${http}\`, not from ${given}.`;
    throw argumentError(message, 'wrong_module', 'module');
  }
  return chosen;
}

/** Throws if workers are to share a memory where they cannot. @param {number} workers @param {boolean} canShare */
export function requireSharing(workers, canShare) {
  if (workers === 0 || canShare) return;
  const message =
    'workers must be 0 here, which needs no shared memory: threads share memory only on a page that is cross-origin isolated. For threads serve it over https or from localhost, with the headers Cross-Origin-Opener-Policy: same-origin and Cross-Origin-Embedder-Policy: require-corp.';
  throw new LedgerStartError(message, { code: 'not_isolated', field: 'workers', limit: 0n });
}

/**
 * @param {any} options
 * @returns {{ workers?: number, http: boolean, sources: Sources, store?: { path?: string, opfs?: string, durable: boolean }, signal?: AbortSignal, bodyFor(sessions: number): string }} `bodyFor`
 * returns the core's options
 */
export const readOpenOptions = (options = {}) =>
  guarded(() => {
    const {
      workers, http = false, accounts = [], users = [], accounts_max = ACCOUNTS, trail_bytes = TRAIL_BYTES, wasm_url, worker_url, module, path,
      opfs, durable = true, signal,
    } = openOptions(options, 'options');
    const holders = accounts.map((/** @type {[string, any]} */ [name, coins]) => ({ name, coins }));
    const bodyFor = (/** @type {number} */ sessions) => JSON.stringify({ sessions, accounts_max, trail_bytes, users, holders });
    const sources = { wasmUrl: wasm_url, workerUrl: worker_url, modules: module ? { [fileOf(module)]: module } : {} };
    const store = (path ?? opfs) === undefined ? undefined : { path, opfs, durable };
    return { workers: workers === undefined ? undefined : Number(workers), http, sources, store, signal, bodyFor };
  });
