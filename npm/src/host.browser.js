/** What browsers do their own way. */
import { LedgerStartError } from './errors.js';
import { READY_LIMIT_MS } from './pool.js';

/** Modules that were compiled before, by address. @type {Map<string, Promise<WebAssembly.Module>>} */
const compiled = new Map();

/** The same, for those who do not wait. @type {Map<string, WebAssembly.Module>} */
const compiledSync = new Map();

/** @type {any} */
const scope = globalThis;

/**
 * @param {Record<string, () => URL>} files where each module is, usually
 * @param {Record<string, () => Worker>} workers
 */
export function browserHost(files, workers) {
  const here = () => scope.document?.baseURI ?? scope.location?.href;

  /** @param {string} why @param {string} next @param {string} code @param {unknown} [cause] */
  const notStarted = (why, next, code, cause) => new LedgerStartError(`${why} ${next}`, { code, cause });

  /** @param {URL} file @param {Response} response */
  function check(file, response) {
    const next = 'Serve the package’s .wasm files beside the page, or name them by `wasmUrl`.';
    if (!response.ok) {
      throw notStarted(`The server answered ${response.status} for ${file}.`, next, 'module_not_loaded');
    }
    const type = response.headers.get('Content-Type') ?? 'no type at all';
    if (type.startsWith('application/wasm')) return;
    const why = `The server sent ${file} as ${type}.`;
    throw notStarted(why, `Have it sent as application/wasm; if that is a page, ${lower(next)}`, 'wrong_type');
  }

  /** @param {URL} file */
  async function load(file) {
    let response;
    try {
      response = await fetch(file, { signal: AbortSignal.timeout(READY_LIMIT_MS) });
    } catch (error) {
      const why = `The ledger's module ${file} could not be fetched: ${/** @type {any} */ (error).message}.`;
      throw notStarted(why, 'Look at the network, and whether the content security policy’s connect-src allows it.', 'module_not_loaded', error);
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
    const why = `The ledger's module ${file} could not be compiled: ${/** @type {any} */ (error).message}.`;
    return notStarted(why, 'If a content security policy forbids it, add \'wasm-unsafe-eval\' to its script-src.', 'module_not_compiled', error);
  }

  return {
    name: 'browser',
    canShare: () => scope.crossOriginIsolated === true,
    mayWait: () => typeof scope.importScripts === 'function' || (!scope.document && typeof scope.WorkerGlobalScope === 'function'),
    processors: () => scope.navigator?.hardwareConcurrency ?? 2,

    /** @param {string} name @param {string | URL} [url] */
    async compile(name, url) {
      const file = url === undefined ? files[name]() : new URL(url, here());
      let module = compiled.get(file.href);
      if (!module) {
        module = load(file);
        compiled.set(file.href, module);
        module.catch(() => compiled.delete(file.href));
      }
      return module;
    },

    /** In a worker only, where to wait for an answer is allowed. @param {string} name @param {string | URL} [url] */
    compileSync(name, url) {
      const file = url === undefined ? files[name]() : new URL(url, here());
      const known = compiledSync.get(file.href);
      if (known) return known;
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

    /** @param {string} name @param {string | URL} [url] @returns {import('./pool.js').Spawn} */
    spawn(name, url) {
      return (told, failed) => {
        /** @type {Worker | undefined} */
        let worker;
        try {
          worker = url === undefined ? workers[name]() : new Worker(new URL(url, here()), { type: 'module', name: 'ledgerlab' });
        } catch (error) {
          queueMicrotask(() => failed(/** @type {any} */ (error).message));
        }
        if (worker) {
          worker.onmessage = ({ data }) => told(data);
          worker.onmessageerror = () => failed('a message could not be read');
          worker.onerror = (event) => {
            event.preventDefault();
            failed(event.message || '');
          };
        }
        return {
          post: (message, moved = []) => worker?.postMessage(message, moved),
          end: () => worker?.terminate(),
          hold: () => {},
        };
      };
    },

    /** Looks for the reason, which a browser does not tell to the page. @param {any} error @param {string} _name @param {string | URL} [url] */
    async explain(error, _name, url) {
      if (error?.code !== 'worker_failed') return error;
      const why = 'A worker of the ledger did not start';
      if (error.message) return notStarted(`${why}: ${error.message}.`, 'Look at the console for more.', 'worker_failed', error);
      const next =
        'Look whether the content security policy’s worker-src allows it (worker-src \'self\'), whether its script is there, and whether it is sent as text/javascript';
      const asked = url && (await fetch(new URL(url, here())).catch(() => null));
      const type = asked && asked.headers.get('Content-Type');
      const found = asked ? `: the server answered ${asked.status} for ${url}, as ${type ?? 'no type at all'}` : '';
      return notStarted(`${why}${found}.`, `${next}; \`workerUrl\` names another place.`, 'worker_failed', error);
    },
  };
}

const lower = (/** @type {string} */ text) => text[0].toLowerCase() + text.slice(1);
