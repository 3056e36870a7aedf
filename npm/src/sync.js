/** The ledger in this very thread: direct returns, where waiting is allowed, in Node and in workers. */
import { TransferResults, bytesOf } from './batch.js';
import { calls } from './calls.js';
import { Core } from './core.js';
import { LedgerArgumentError, LedgerStartError, closed } from './errors.js';
import { response, taken } from './ledger.js';
import { addressOf, filesOf, openingOptions } from './options.js';
import { runRequest } from './runs.js';

/** @typedef {{ single: (console: object) => any, threaded: (console: object) => any }} Glues */

/**
 * @typedef {object} SyncHost
 * @property {string} name
 * @property {() => boolean} mayWait whether this thread may wait, and so execute the ledger
 * @property {() => boolean} canShare
 * @property {(file: string, url?: string | URL) => WebAssembly.Module} compileSync
 */

/** @param {SyncHost} host @param {{ ledger: Glues, laboratory: Glues }} glues */
export function ledgerSyncOf(host, glues) {
  class LedgerSync {
    /** @type {Core | null} */
    #core;
    #parts;
    #calls;

    /** @param {any} key @param {any} parts */
    constructor(key, parts) {
      if (key !== host) {
        throw new LedgerArgumentError('A ledger is opened with `LedgerSync.open()`.', { code: 'bad_argument' });
      }
      this.#parts = parts;
      this.#core = parts.core;
      this.workers = parts.workers;
      this.threaded = parts.workers > 0;
      this.http = parts.http;
      /** @type {import('./calls.js').Send} */
      const send = (name, body, read, signal) => {
        signal?.throwIfAborted();
        return read(this.#ask('call_ledger', parts.ledger, name, body));
      };
      this.#calls = calls(send);
      Object.freeze(this);
    }

    /** @param {any} [given] */
    static open(given) {
      const { workers = 0, http, text, signal, urls } = openingOptions(given);
      signal?.throwIfAborted();
      mayBegin(workers > 0);
      const module = compile(http, workers > 0, urls);
      const core = start(http, { module, shared: workers > 0 });
      const opened = JSON.parse(core.call('open_ledger', text(Math.max(1, workers))));
      return new LedgerSync(host, { core, module, workers, http, urls, owns: true, ...opened });
    }

    /** What another thread of this process joins the ledger with. It can be sent by `postMessage`. */
    share() {
      const { module, workers, http, ledger, statuses } = this.#parts;
      if (workers === 0) {
        const message = 'Only a ledger with threads can be shared: open it with `workers`, the number of threads.';
        throw new LedgerArgumentError(message, { code: 'not_shared', field: 'workers', limit: 1n });
      }
      return { module, memory: this.#live().memory, workers, http, ledger, statuses };
    }

    /** @param {any} shared what `share` has answered in another thread */
    static join(shared) {
      if (!(shared?.module instanceof WebAssembly.Module && shared.memory instanceof WebAssembly.Memory)) {
        const message = 'shared must be what `share()` has answered.';
        throw new LedgerArgumentError(message, { code: 'bad_argument', field: 'shared' });
      }
      mayBegin(true);
      const { module, memory, workers, http, ledger, statuses } = shared;
      const core = start(http, { module, memory, shared: true });
      return new LedgerSync(host, { core, module, workers, http, urls: {}, ledger, statuses, owns: false });
    }

    #live() {
      if (!this.#core) throw closed();
      return this.#core;
    }

    /** @param {string} name @param {...any} parameters */
    #ask(name, ...parameters) {
      return this.#live().call(name, ...parameters);
    }

    /** @param {string} name @param {any[]} parameters */
    #call(name, parameters) {
      return this.#calls[name](...parameters);
    }

    /** @param {unknown} batch */
    createTransferBatch(batch) {
      const { ledger, statuses } = this.#parts;
      return new TransferResults(this.#ask('create_transfers', ledger, bytesOf(batch)), statuses);
    }

    /** @param {any} [filter] */
    *trail(filter) {
      let after = filter?.after;
      do {
        const page = this.#calls.trailPage({ ...filter, after });
        yield* page.entries;
        after = page.next;
      } while (after !== null);
    }

    /** @param {Request} request */
    async handle(request) {
      const { parameters } = await taken(request, this.http);
      const answer = await this.#ask('handle', this.#parts.ledger, ...parameters);
      return response(answer, async (name) => this.#ask(name, answer.body));
    }

    /** Where scenarios run: an instance of its own, with a memory of its own. */
    #laboratory() {
      this.#live();
      return start(true, { module: compile(true, false, this.#parts.urls), shared: false });
    }

    scenarios() {
      return this.#laboratory().call('describe').scenarios;
    }

    /** @param {string} scenario @param {any} [options] */
    run(scenario, options) {
      const { request, onProgress, signal } = runRequest(host.name, scenario, options, 1);
      signal?.throwIfAborted();
      const core = this.#laboratory();
      const { run } = core.call('prepare', request);
      core.call('work_telling', run, 0, (/** @type {string} */ text) => onProgress?.(JSON.parse(text)));
      return core.call('finish', run);
    }

    close() {
      if (!this.#core) return;
      // Whoever has opened it lets go of the whole memory; who has joined gives back what is the thread's own.
      if (this.#parts.owns) this.#core.release(this.#parts.ledger);
      else this.#core.leave();
      this.#core = null;
      this.#parts = { ...this.#parts, core: null, module: null };
    }

    [Symbol.dispose ?? Symbol.for('Symbol.dispose')]() {
      this.close();
    }

    static {
      for (const name of Object.keys(calls(() => {})).filter((one) => one !== 'trailPage')) {
        Object.defineProperty(this.prototype, name, {
          value(/** @type {any[]} */ ...parameters) {
            return /** @type {LedgerSync} */ (this).#call(name, parameters);
          },
          configurable: true,
          writable: true,
        });
      }
    }
  }

  /** @param {boolean} shared */
  function mayBegin(shared) {
    if (!host.mayWait()) {
      const message = 'LedgerSync waits, which a browser’s window must not: use Ledger there, or LedgerSync in a worker.';
      throw new LedgerStartError(message, { code: 'window_thread' });
    }
    if (shared && !host.canShare()) {
      const message = 'workers must be 0 here: threads share memory only where the page is cross-origin isolated.';
      throw new LedgerStartError(message, { code: 'not_isolated', field: 'workers', limit: 0n });
    }
  }

  /** @param {boolean} laboratory @param {boolean} shared @param {import('./options.js').Urls} urls */
  function compile(laboratory, shared, { wasmUrl }) {
    const { wasm } = filesOf(laboratory, shared);
    return host.compileSync(wasm, addressOf(wasmUrl, wasm));
  }

  /** @param {boolean} laboratory @param {{ module: WebAssembly.Module, memory?: WebAssembly.Memory, shared: boolean }} parts */
  function start(laboratory, parts) {
    const { single, threaded } = laboratory ? glues.laboratory : glues.ledger;
    return new Core({ glue: parts.shared ? threaded : single, ...parts });
  }

  return LedgerSync;
}
