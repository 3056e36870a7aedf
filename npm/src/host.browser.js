/** The host functions for browsers. */
import { LedgerStartError } from './errors.js';
import { READY_LIMIT_MS } from './worker_pool.js';

/** Compiled modules, by address. @type {Map<string, Promise<WebAssembly.Module>>} */
const compiled = new Map();

/** Modules that were compiled synchronously, by address. @type {Map<string, WebAssembly.Module>} */
const compiledSync = new Map();

/** @type {any} */
const scope = globalThis;

/** Where Vite's development server moves scripts, but not the files that they name. */
const MOVED = /\/node_modules\/\.(vite|cache)\/.*\//;

/** Returns the address of a file where it is. Another bundler's may be relative, so it stays as it is. @param {URL} file */
const unmoved = (file) => (MOVED.test(file.href) ? new URL(file.href.replace(MOVED, '/node_modules/ledgerlab/dist/')) : file);

/**
 * @param {Record<string, () => URL>} files the address of each module
 * @param {Record<string, () => Worker>} workers starts each script
 */
export function browserHost(files, workers) {
  const here = () => scope.document?.baseURI ?? scope.location?.href;

  /** Returns the address of a module beside this script. @param {string} name */
  function beside(name) {
    try {
      return files[name]();
    } catch (cause) {
      throw notStarted(`The bundler has left no address for ${name}.`, 'Set `wasmUrl` (or `module`) and `workerUrl`.', 'no_address', cause);
    }
  }

  /** Returns the address of a module. @param {string} name @param {string | URL} [url] */
  const locate = (name, url) => (url === undefined ? unmoved(beside(name)) : new URL(url, here()));

  /** Starts a worker. @param {string} name @param {string | URL} [url] */
  function startWorker(name, url) {
    const options = /** @type {const} */ ({ type: 'module', name: 'ledgerlab' });
    if (url !== undefined) return new Worker(new URL(url, here()), options);
    const module = beside(Object.keys(files)[0]);
    return MOVED.test(module.href) ? new Worker(new URL(name, unmoved(module)), options) : workers[name]();
  }

  /** @param {string} reason @param {string} advice @param {string} code @param {unknown} [cause] */
  const notStarted = (reason, advice, code, cause) => new LedgerStartError(`${reason} ${advice}`, { code, reason, cause });

  /** @param {URL} file @param {Response} response */
  function check(file, response) {
    const advice =
      'Serve the package’s .wasm files with the page, or set their addresses with `wasmUrl`. With Vite, set optimizeDeps.exclude to [\'ledgerlab\'].';
    if (!response.ok) {
      throw notStarted(`The server answered ${response.status} for ${file}.`, advice, 'module_not_loaded');
    }
    const type = response.headers.get('Content-Type') ?? 'no type at all';
    if (type.startsWith('application/wasm')) return;
    const reason = `${file} was served as ${type}; a browser compiles it only as application/wasm.`;
    throw notStarted(reason, `Configure the server. If the file is missing: ${advice}`, 'wrong_type');
  }

  /** @param {URL} file */
  async function load(file) {
    let response;
    try {
      response = await fetch(file, { signal: AbortSignal.timeout(READY_LIMIT_MS) });
    } catch (error) {
      const reason = `The ledger's module ${file} could not be fetched: ${/** @type {any} */ (error).message}.`;
      throw notStarted(reason, 'Check the network, and that the content security policy’s connect-src allows it.', 'module_not_loaded', error);
    }
    check(file, response);
    try {
      return await WebAssembly.compileStreaming(response);
    } catch (error) {
      throw notCompiled(file, error);
    }
  }

  /** @param {URL} file @param {unknown} error */
  function notCompiled(file, error) {
    const reason = `The ledger's module ${file} could not be compiled: ${/** @type {any} */ (error).message}.`;
    return notStarted(reason, 'If a content security policy forbids it, add \'wasm-unsafe-eval\' to its script-src.', 'module_not_compiled', error);
  }

  return {
    name: 'browser',
    canShare: () => scope.crossOriginIsolated === true,
    mayWait: () => typeof scope.importScripts === 'function' || (!scope.document && typeof scope.WorkerGlobalScope === 'function'),
    processors: () => scope.navigator?.hardwareConcurrency ?? 2,

    /** @param {string} name @param {string | URL} [url] */
    async compile(name, url) {
      const file = locate(name, url);
      let module = compiled.get(file.href);
      if (!module) {
        module = load(file);
        compiled.set(file.href, module);
        module.catch(() => compiled.delete(file.href));
      }
      return module;
    },

    /** For workers, which may wait for a response. @param {string} name @param {string | URL} [url] */
    compileSync(name, url) {
      if (typeof XMLHttpRequest !== 'function') {
        throw notStarted('A module cannot be fetched here while the thread waits.', 'Set `module` to a WebAssembly.Module.', 'module_not_loaded');
      }
      const file = locate(name, url);
      const existing = compiledSync.get(file.href);
      if (existing) return existing;
      const request = new XMLHttpRequest();
      request.open('GET', file, false);
      request.responseType = 'arraybuffer';
      request.send();
      check(file, new Response(null, { status: request.status || 500, headers: { 'Content-Type': request.getResponseHeader('Content-Type') ?? '' } }));
      try {
        const module = new WebAssembly.Module(request.response);
        compiledSync.set(file.href, module);
        return module;
      } catch (error) {
        throw notCompiled(file, error);
      }
    },

    /** @param {string} name @param {string | URL} [url] @returns {import('./worker_pool.js').Spawn} */
    spawn(name, url) {
      if (typeof Worker !== 'function') {
        throw notStarted('There are no workers here.', 'Use `LedgerSync` of `ledgerlab/sync`, which needs none.', 'no_workers');
      }
      return (received, failed) => {
        const worker = startWorker(name, url);
        worker.onmessage = ({ data }) => received(data);
        worker.onmessageerror = () => failed('a message could not be read');
        worker.onerror = (event) => {
          event.preventDefault();
          failed(event.message || '');
        };
        return {
          post: (message, moved = []) => worker.postMessage(message, moved),
          end: () => worker.terminate(),
          hold: () => {},
        };
      };
    },

    /** Explains why a worker did not start, which browsers do not report to the page. @param {any} error @param {string} _name @param {string | URL} [url] */
    async explain(error, _name, url) {
      if (error?.code !== 'worker_failed') return error;
      const failure = 'A worker of the ledger did not start';
      if (error.message) return notStarted(`${failure}: ${error.message}.`, 'See the browser’s console.', 'worker_failed', error);
      const advice =
        'Check that the content security policy’s worker-src allows it (worker-src \'self\'), that its script exists, and that it is served as text/javascript, on an isolated page with Cross-Origin-Embedder-Policy';
      const probe = url && (await fetch(new URL(url, here())).catch(() => null));
      const type = probe && probe.headers.get('Content-Type');
      const found = probe ? `: the server answered ${probe.status} for ${url}, as ${type ?? 'no type at all'}` : '';
      return notStarted(`${failure}${found}.`, `${advice}; \`workerUrl\` sets another address.`, 'worker_failed', error);
    },
  };
}
