/** The host functions for Node. */
import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { pathToFileURL } from 'node:url';
import { Worker } from 'node:worker_threads';

import { LedgerStartError } from './errors.js';
import { openStore } from './store.node.js';

const MOVED = 'If a bundler has moved the package’s code, keep `ledgerlab` out of the bundle, or set `wasmUrl` (or `module`) and `workerUrl`.';

/** What to do about an error of the system. @param {any} error @param {string} [otherwise] */
function remedy(error, otherwise = MOVED) {
  switch (error?.code ?? error?.name) {
    case 'ERR_ACCESS_DENIED':
      return `Node’s permission model forbids it: add ${error.permission === 'WorkerThreads' ? '--allow-worker' : '--allow-fs-read with the package’s folder'}.`;
    case 'NotCapable':
      return 'Run Deno with --allow-read for the package’s folder.';
    case 'EACCES':
    case 'EPERM':
      return 'Let the user of this process read the file.';
    case 'EMFILE':
    case 'ENFILE':
      return 'Close other files, or raise the limit of open files (ulimit -n).';
    case 'EAGAIN':
    case 'ERR_WORKER_INIT_FAILED':
    case 'ERR_WORKER_OUT_OF_MEMORY':
      return 'The system allows no more threads or memory: set `workers` to a smaller number, or close other ledgers.';
    default:
      return otherwise;
  }
}

/** Compiled modules, by address. @type {Map<string, Promise<WebAssembly.Module>>} */
const compiled = new Map();
/** Modules that were compiled synchronously, by address. @type {Map<string, WebAssembly.Module>} */
const compiledSync = new Map();

/** @param {() => URL} folder returns that of the package's files */
export function nodeHost(folder) {
  /** Returns the address of a file. @param {string} name @param {string | URL} [url] */
  function locate(name, url) {
    if (url !== undefined) return /^[a-z]{2,}:/i.test(String(url)) ? new URL(url) : pathToFileURL(String(url));
    try {
      return new URL(name, folder());
    } catch (cause) {
      const field = name.endsWith('.wasm') ? 'wasmUrl' : 'workerUrl';
      const message = `The package's file ${name} cannot be found, because this code does not know its own address. ${MOVED}`;
      throw new LedgerStartError(message, { code: 'no_address', field, cause });
    }
  }

  /** @param {URL} file @param {unknown} error */
  const unreadable = (file, error) =>
    new LedgerStartError(
      `The ledger's module ${file} cannot be used: ${/** @type {any} */ (error)?.message ?? error}. ${remedy(error)}`,
      { code: 'module_not_loaded', field: 'wasmUrl', cause: error },
    );

  return {
    name: 'node',
    loadStore: async () => openStore,
    canShare: () => true,
    mayWait: () => true,
    processors: availableParallelism,

    /** @param {string} name @param {string | URL} [url] */
    async compile(name, url) {
      const file = locate(name, url);
      try {
        let module = compiled.get(file.href);
        if (!module) {
          module = readFile(file).then((bytes) => WebAssembly.compile(bytes));
          compiled.set(file.href, module);
        }
        return await module;
      } catch (error) {
        compiled.delete(file.href);
        throw unreadable(file, error);
      }
    },

    /** @param {string} name @param {string | URL} [url] */
    compileSync(name, url) {
      const file = locate(name, url);
      try {
        const module = compiledSync.get(file.href) ?? new WebAssembly.Module(readFileSync(file));
        compiledSync.set(file.href, module);
        return module;
      } catch (error) {
        throw unreadable(file, error);
      }
    },

    /** @param {string} name @param {string | URL} [url] @returns {import('./worker_pool.js').Spawn} */
    spawn(name, url) {
      const script = locate(name.replace('.js', '.node.js'), url);
      return (received, failed) => {
        // The worker does not take the program's options.
        const worker = new Worker(script, { name: 'ledgerlab', execArgv: [] });
        worker.on('message', received);
        worker.on('messageerror', () => failed('A message could not be read.'));
        worker.on('error', (error) => failed(error.message, { cause: error }));
        worker.on('exit', () => failed('A worker of the ledger has ended.'));
        return {
          post: (message, moved) => worker.postMessage(message, moved),
          end() {
            // Without a listener a late error would crash the process.
            worker.removeAllListeners().on('error', () => {});
            return worker.terminate();
          },
          // An idle ledger does not keep the process alive.
          hold: (busy) => (busy ? worker.ref() : worker.unref()),
        };
      };
    },

    /** @param {any} error @param {string} _name @param {string | URL} [url] */
    async explain(error, _name, url) {
      if (error?.code !== 'worker_failed') return error;
      const advice = remedy(error.cause, url === undefined ? MOVED : 'Check the file at `workerUrl`.');
      const message = `A worker of the ledger did not start: ${error.message}. ${advice}`;
      return new LedgerStartError(message, { code: 'worker_failed', field: 'workerUrl', cause: error });
    },
  };
}
