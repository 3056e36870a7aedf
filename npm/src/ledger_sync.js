/** A ledger in the calling thread. Its calls return directly, so the thread must be allowed to wait. */
import { LedgerStartError, argumentError, closed } from './errors.js';
import { readRequest, response } from './ledger.js';
import { defineCalls, ledgerCalls } from './ledger_calls.js';
import { ModuleInstance } from './module_instance.js';
import { addressOf, chooseWorkers, filesOf, isModule, readOpenOptions, requireSharing } from './options.js';
import { readRunOptions } from './scenario_run.js';
import { TransferResults, bytesOf } from './transfer_batch.js';

/** @typedef {{ single: (console: object) => any, threaded: (console: object) => any }} Glues */

/**
 * @typedef {object} SyncHost
 * @property {string} name
 * @property {() => boolean} mayWait whether this thread may wait
 * @property {() => boolean} canShare
 * @property {(file: string, url?: string | URL) => WebAssembly.Module} compileSync
 */

/** @param {SyncHost} host @param {{ ledger: Glues, laboratory: Glues }} glues */
export function ledgerSyncClass(host, glues) {
  class LedgerSync {
    /** @type {ModuleInstance | null} */
    #instance;
    #parts;
    #calls;

    /** @param {any} key @param {any} parts */
    constructor(key, parts) {
      if (key !== host) throw argumentError('Open a ledger with `LedgerSync.open()`.', 'bad_argument');
      this.#parts = parts;
      this.#instance = parts.instance;
      this.workers = parts.workers;
      this.threaded = parts.workers > 0;
      this.http = parts.http;
      this.#calls = ledgerCalls((name, body, read, signal) => {
        signal?.throwIfAborted();
        return read(this.#live().call('call_ledger', parts.ledger, name, JSON.stringify(body)));
      });
      Object.freeze(this);
    }

    /** @param {any} [options] */
    static open(options) {
      const { workers: given, http, bodyFor, signal, sources, store } = readOpenOptions(options);
      if (store) {
        const message = 'LedgerSync keeps nothing, because a worker of its own has to commit beside the calls. Use `Ledger`.';
        throw argumentError(message, 'no_store', store.path === undefined ? 'opfs' : 'path');
      }
      const workers = chooseWorkers(given, http, sources, () => 0);
      signal?.throwIfAborted();
      requireThread(workers);
      const module = compile(http, workers > 0, sources);
      const instance = start(http, { module, shared: workers > 0 });
      const opened = JSON.parse(instance.call('open_ledger', bodyFor(Math.max(1, workers))));
      return new LedgerSync(host, { instance, module, workers, http, sources, owns: true, ...opened });
    }

    /** Returns an object with which another thread of this process joins the ledger. `postMessage` can send it. */
    share() {
      const { module, workers, http, ledger, statuses } = this.#parts;
      if (workers === 0) {
        const message = 'Only a ledger with threads can be shared: open it with `workers`, the number of threads.';
        throw argumentError(message, 'not_shared', 'workers', 1n);
      }
      return { module, memory: this.#live().memory, workers, http, ledger, statuses };
    }

    /** @param {any} shared the result of `share` in another thread */
    static join(shared) {
      if (!(isModule(shared?.module) && Object.prototype.toString.call(shared.memory) === '[object WebAssembly.Memory]')) {
        throw argumentError('shared must be a result of `share()`.', 'bad_argument', 'shared');
      }
      requireThread(1);
      const { module, memory, workers, http, ledger, statuses } = shared;
      const instance = start(http, { module, memory, shared: true });
      return new LedgerSync(host, { instance, module, workers, http, sources: { modules: {} }, ledger, statuses, owns: false });
    }

    #live() {
      if (!this.#instance) throw closed();
      return this.#instance;
    }

    /** @param {unknown} batch */
    createTransferBatch(batch) {
      const { ledger, statuses } = this.#parts;
      return new TransferResults(this.#live().call('create_transfer_batch', ledger, bytesOf(batch)), statuses);
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
      const { parameters } = await readRequest(request, this.http);
      const head = await this.#live().call('handle', this.#parts.ledger, ...parameters);
      return response(head, async (name) => this.#live().call(name, head.body));
    }

    /** Starts the module that runs scenarios, with separate memory. */
    #startLaboratory() {
      this.#live();
      return start(true, { module: compile(true, false, this.#parts.sources), shared: false });
    }

    scenarios() {
      return this.#startLaboratory().call('describe').scenarios;
    }

    /** @param {string} scenario @param {any} [options] */
    run(scenario, options) {
      const { request, progress, signal } = readRunOptions(host.name, scenario, options, 1);
      signal?.throwIfAborted();
      const laboratory = this.#startLaboratory();
      const { run } = laboratory.call('prepare', request);
      if (progress) laboratory.call('work_with_progress', run, 0, progress);
      else laboratory.call('work', run, 0);
      return laboratory.call('finish', run);
    }

    close() {
      if (!this.#instance) return;
      // The thread that opened the ledger closes it. A thread that joined frees only its stack.
      if (this.#parts.owns) this.#instance.release(this.#parts.ledger);
      else this.#instance.leave();
      this.#instance = null;
      this.#parts = { ...this.#parts, instance: null, module: null };
    }

    [Symbol.dispose ?? Symbol.for('Symbol.dispose')]() {
      this.close();
    }

    static {
      defineCalls(this, (ledger, name, parameters) => ledger.#calls[name](...parameters));
    }
  }

  /** Throws if this thread cannot execute a ledger. @param {number} workers */
  function requireThread(workers) {
    if (!host.mayWait()) {
      const message = 'LedgerSync waits, which a browser’s window must not do. Use Ledger there, or LedgerSync in a worker.';
      throw new LedgerStartError(message, { code: 'window_thread' });
    }
    requireSharing(workers, host.canShare());
  }

  /** @param {boolean} laboratory @param {boolean} shared @param {import('./options.js').Sources} sources */
  function compile(laboratory, shared, { wasmUrl, modules }) {
    const { wasm } = filesOf(laboratory, shared);
    return modules[wasm] ?? host.compileSync(wasm, addressOf(wasmUrl, wasm));
  }

  /** @param {boolean} laboratory @param {{ module: WebAssembly.Module, memory?: WebAssembly.Memory, shared: boolean }} parts */
  function start(laboratory, parts) {
    const { single, threaded } = laboratory ? glues.laboratory : glues.ledger;
    return new ModuleInstance({ glue: parts.shared ? threaded : single, ...parts });
  }

  return LedgerSync;
}
