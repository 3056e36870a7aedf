/** A ledger in workers. Its calls return promises; the calling thread neither waits nor runs WebAssembly. */
import { onAbort } from './abort.js';
import { LedgerStartError, argumentError, closed } from './errors.js';
import { defineCalls, ledgerCalls, signalOf } from './ledger_calls.js';
import { addressOf, chooseWorkers, filesOf, readOpenOptions, requireSharing } from './options.js';
import { executeHttpRun, executeRun } from './run_executor.js';
import { readRunOptions } from './scenario_run.js';
import { guarded } from './schema.js';
import { TransferResults, bytesOf } from './transfer_batch.js';
import { READY_LIMIT_MS, WorkerPool } from './worker_pool.js';

/** The default maximum of workers. */
const WORKERS = 4;

/**
 * @typedef {object} Host the functions that differ between browsers and Node
 * @property {string} name
 * @property {() => boolean} canShare whether threads can share a memory here
 * @property {() => number} processors
 * @property {(file: string, url?: string | URL) => Promise<WebAssembly.Module>} compile
 * @property {(file: string, url?: string | URL) => import('./worker_pool.js').Spawn} spawn
 * @property {() => Promise<ReturnType<typeof import('./store.js').storeOpener>>} loadStore
 * @property {(error: unknown, file: string, url?: string | URL) => Promise<unknown>} explain why a worker did not start
 */

/** @param {Host} host */
export function ledgerClass(host) {
  /**
   * @param {{ laboratory: boolean, shared: boolean, size: number, memory?: WebAssembly.Memory, script?: string }} kind
   * @param {import('./options.js').Sources} sources
   * @param {AbortSignal} [signal]
   */
  async function startPool({ laboratory, shared, size, memory, script: own }, { wasmUrl, workerUrl, modules }, signal) {
    signal?.throwIfAborted();
    const begun_ms = performance.now();
    const { wasm, worker } = filesOf(laboratory, shared, own);
    const script = addressOf(workerUrl, worker);
    const spawn = host.spawn(worker, script);
    const module = modules[wasm] ?? (await host.compile(wasm, addressOf(wasmUrl, wasm)));
    signal?.throwIfAborted();
    const left_ms = Math.max(1000, READY_LIMIT_MS - (performance.now() - begun_ms));
    try {
      return await new WorkerPool(spawn, size).start(module, shared, left_ms, memory);
    } catch (error) {
      throw await host.explain(error, worker, script);
    }
  }

  /** The number of workers if none is given. */
  const usual = () => (host.canShare() ? Math.max(1, Math.min(WORKERS, host.processors())) : 0);

  class Ledger {
    #pool;
    #ledger;
    #statuses;
    #sources;
    #calls;
    /** The workers of runs that were requested over HTTP, started with the first. @type {Promise<WorkerPool> | null} */
    #runWorkers = null;
    #closeStore;

    /** @param {any} key @param {any} parts */
    constructor(key, parts) {
      if (key !== host) throw argumentError('Open a ledger with `await Ledger.open()`.', 'bad_argument');
      const { pool, ledger, statuses, workers, sources, http, closeStore } = parts;
      this.#pool = pool;
      this.#ledger = ledger;
      this.#statuses = statuses;
      this.#sources = sources;
      this.#closeStore = closeStore;
      this.workers = workers;
      this.threaded = workers > 0;
      this.http = http;
      this.#calls = ledgerCalls(async (name, body, read, signal) =>
        read(await pool.call('call_ledger', [ledger, name, JSON.stringify(body)], { signal })),
      );
      Object.freeze(this);
    }

    /** @param {any} [options] */
    static async open(options) {
      const { workers: given, http, bodyFor, signal, sources, store } = readOpenOptions(options);
      const workers = chooseWorkers(given, http, sources, usual);
      requireSharing(workers, host.canShare());
      const kind = { laboratory: http, shared: workers > 0, size: Math.max(1, workers) };
      const pool = await startPool(kind, sources, signal);
      try {
        const body = bodyFor(Math.max(1, workers));
        const start = (/** @type {string} */ script) => startPool({ ...kind, size: 1, memory: pool.memory, script }, sources, signal);
        const opened = store
          ? await (await host.loadStore())({ store, kind, pool, start, body, signal, StartError: LedgerStartError })
          : JSON.parse(await pool.call('open_ledger', [body], { signal }));
        // A ledger with one thread cannot execute runs, because it could not answer meanwhile.
        const environment = { host: host.name, workers_available: workers };
        if (http && workers > 0) await pool.call('enable_runs', [opened.ledger, environment]);
        return new Ledger(host, { pool, workers, sources, http, ...opened });
      } catch (error) {
        pool.end();
        throw error;
      }
    }

    /** @param {unknown} batch @param {any} [options] */
    async createTransferBatch(batch, options) {
      // The message carries a copy, so the caller can fill the batch again at once.
      const bytes = bytesOf(batch).slice();
      const signal = guarded(() => signalOf(options));
      const moved = [bytes.buffer];
      const results = await this.#pool.call('create_transfer_batch', [this.#ledger, bytes], { signal, moved });
      return new TransferResults(results, this.#statuses);
    }

    /** @param {any} [filter] @param {any} [options] */
    async *trail(filter, options) {
      let after = filter?.after;
      do {
        const page = await this.#calls.trailPage({ ...filter, after }, options);
        yield* page.entries;
        after = page.next;
      } while (after !== null);
    }

    /** @param {Request} request */
    async handle(request) {
      const { parameters, signal } = await readRequest(request, this.http);
      const head = await this.#pool.call('handle', [this.#ledger, ...parameters], { signal });
      if (head.status === ACCEPTED) this.#executeHttpRun();
      return response(head, (name) => this.#pool.call(name, [head.body]));
    }

    /** Executes a run that was requested over HTTP in separate workers, so the ledger answers meanwhile. */
    #executeHttpRun() {
      const kind = { laboratory: true, shared: true, size: this.workers, memory: this.#pool.memory };
      const call = (/** @type {string} */ name, /** @type {any[]} */ parameters) => this.#pool.call(name, parameters);
      return executeHttpRun(this.#ledger, call, async (execute) => {
        this.#runWorkers ??= startPool(kind, this.#sources);
        await execute(await this.#runWorkers);
      });
    }

    async scenarios() {
      const pool = await this.#startLaboratory(1);
      try {
        return (await pool.ask(0, 'describe')).scenarios;
      } finally {
        pool.end();
      }
    }

    /** @param {number} size @param {AbortSignal} [signal] */
    #startLaboratory(size, signal) {
      return startPool({ laboratory: true, shared: this.threaded, size }, this.#sources, signal);
    }

    /** @param {string} scenario @param {any} [options] */
    async run(scenario, options) {
      const available = Math.max(this.workers, 1);
      const { request, workers, progress, signal } = readRunOptions(host.name, scenario, options, available);
      // The run has separate workers, so the ledger answers meanwhile.
      const pool = await this.#startLaboratory(workers, signal);
      const forget = signal && onAbort(signal, () => pool.end(signal.reason));
      try {
        const { run } = await pool.ask(0, 'prepare', [request]);
        await executeRun(pool, run, workers, (error) => pool.end(/** @type {Error} */ (error)), progress);
        return await pool.ask(0, 'finish', [run]);
      } finally {
        forget?.();
        pool.end();
      }
    }

    /** Waits until everything that was decided is on the disk. */
    async sync() {
      await this.#pool.call('call_ledger', [this.#ledger, 'sync', '']);
    }

    async close() {
      try {
        if (this.#closeStore) await this.#closeStore();
      } finally {
        await this.#pool.end(closed());
      }
      this.#runWorkers?.then((pool) => pool.end(closed()), () => {});
    }

    async [Symbol.asyncDispose ?? Symbol.for('Symbol.asyncDispose')]() {
      await this.close();
    }

    static {
      defineCalls(this, async (ledger, name, parameters) => ledger.#calls[name](...parameters));
    }
  }
  return Ledger;
}

/**
 * Returns the parameters of the core's `handle` for a request.
 * @param {Request} request
 * @param {boolean} http whether the ledger answers requests
 */
export async function readRequest(request, http) {
  if (!http) {
    const message = '`handle` needs a ledger that answers HTTP: open it with `http: true`, which fetches a larger module.';
    throw argumentError(message, 'no_http', 'http');
  }
  if (typeof Response !== 'function') {
    const message = '`handle` needs the classes Request and Response, which jsdom lacks. Test it in the environment `node`.';
    throw argumentError(message, 'no_http', 'http');
  }
  // Not by `instanceof`: a framework may bring its own class.
  if (typeof request?.url !== 'string' || typeof request.arrayBuffer !== 'function') {
    throw argumentError('request must be a Request.', 'bad_argument', 'request');
  }
  const body = request.body ? new Uint8Array(await request.arrayBuffer()) : undefined;
  const { method, url, signal } = request;
  const { pathname, search } = new URL(url);
  return { parameters: [method, pathname + search, [...request.headers], body], signal };
}

/** The status of a response that reports a started run. */
const ACCEPTED = 202;

/** Statuses of responses without a body. */
const BODILESS = new Set([101, 204, 205, 304]);

/**
 * Returns the response for a result of the core's `handle`.
 * @param {any} head
 * @param {(name: string) => Promise<any>} call calls an export about the response's body
 */
export function response({ status, headers }, call) {
  const body = new ReadableStream({
    async pull(controller) {
      const chunk = await call('next_chunk');
      if (chunk) controller.enqueue(chunk);
      else controller.close();
    },
    cancel: () => call('close_body'),
  }, { highWaterMark: 0 });
  return new Response(BODILESS.has(status) ? null : body, { status, headers });
}
