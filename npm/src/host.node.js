/** The host functions for Node. */
import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { pathToFileURL } from 'node:url';
import { Worker } from 'node:worker_threads';

import { LedgerStartError } from './errors.js';

/** Compiled modules, by address. @type {Map<string, Promise<WebAssembly.Module>>} */
const compiled = new Map();
/** Modules that were compiled synchronously, by address. @type {Map<string, WebAssembly.Module>} */
const compiledSync = new Map();

/** @param {URL} folder of the package's files */
export function nodeHost(folder) {
  const locate = (/** @type {string | URL | undefined} */ url, /** @type {URL} */ otherwise) =>
    url === undefined ? otherwise : /^[a-z]{2,}:/i.test(String(url)) ? new URL(url) : pathToFileURL(String(url));

  /** @param {URL} file @param {unknown} error */
  const unreadable = (file, error) =>
    new LedgerStartError(
      `The ledger's module ${file} cannot be used: ${/** @type {any} */ (error)?.message ?? error}. Install the package again, or set \`wasmUrl\`.`,
      { code: 'module_not_loaded', field: 'wasmUrl', cause: error },
    );

  return {
    name: 'node',
    canShare: () => true,
    mayWait: () => true,
    processors: availableParallelism,

    /** @param {string} name @param {string | URL} [url] */
    async compile(name, url) {
      const file = locate(url, new URL(name, folder));
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
      const file = locate(url, new URL(name, folder));
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
      const script = locate(url, new URL(name.replace('.js', '.node.js'), folder));
      return (received, failed) => {
        // The worker does not take the program's options.
        const worker = new Worker(script, { name: 'ledgerlab', execArgv: [] });
        worker.on('message', received);
        worker.on('messageerror', () => failed('A message could not be read.'));
        worker.on('error', (error) => failed(error.message));
        worker.on('exit', () => failed('A worker of the ledger has ended.'));
        return {
          post: (message, moved) => worker.postMessage(message, moved),
          end() {
            // Without a listener a late error would crash the process.
            worker.removeAllListeners().on('error', () => {});
            void worker.terminate();
          },
          // An idle ledger does not keep the process alive.
          hold: (busy) => (busy ? worker.ref() : worker.unref()),
        };
      };
    },

    /** @param {any} error @param {string} _name @param {string | URL} [url] */
    async explain(error, _name, url) {
      if (error?.code !== 'worker_failed') return error;
      const message = `A worker of the ledger did not start: ${error.message}. ${
        url === undefined ? 'Install the package again, or set `workerUrl`.' : 'Check the file at `workerUrl`.'
      }`;
      return new LedgerStartError(message, { code: 'worker_failed', field: 'workerUrl', cause: error });
    },
  };
}
