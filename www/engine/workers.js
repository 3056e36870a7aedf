/** Starts the page's workers with the pool of the npm package. */
import { browserHost } from '../../npm/src/host.browser.js';
import { READY_LIMIT_MS, WorkerPool } from '../../npm/src/worker_pool.js';

const MODULE = 'ledgerlab_bg.wasm';
const SCRIPT = 'worker.js';
/** The script of the worker that owns the files of a ledger. */
export const FILES_SCRIPT = 'files_worker.js';

// Bundlers need the addresses as literals.
const host = browserHost(
  { [MODULE]: () => new URL('../generated/ledgerlab_bg.wasm', import.meta.url) },
  {
    [SCRIPT]: () =>
      new Worker(new URL('./worker.js', import.meta.url), { type: 'module', name: 'ledger worker' }),
    [FILES_SCRIPT]: () =>
      new Worker(new URL('./files_worker.js', import.meta.url), { type: 'module', name: 'stored ledger worker' }),
  },
);

/**
 * Starts workers over one memory. The first one creates it, unless it is given.
 * @param {number} size
 * @param {number} [first] the index that error messages give the first worker
 * @param {WebAssembly.Memory} [memory]
 * @param {string} [script]
 */
export async function startPool(size, first, memory, script = SCRIPT) {
  const module = await host.compile(MODULE);
  const pool = new WorkerPool(host.spawn(script), size, first);
  return pool.start(module, true, READY_LIMIT_MS, memory);
}
