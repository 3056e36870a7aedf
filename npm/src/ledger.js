/** The ledger as a promise of every answer: it lives in workers, and this thread neither waits nor executes it. */
import { TransferResults, bytesOf } from './batch.js';
import { calls, signalOf } from './calls.js';
import { LedgerArgumentError, LedgerStartError, closed } from './errors.js';
import { addressOf, filesOf, openingOptions } from './options.js';
import { Pool, READY_LIMIT_MS } from './pool.js';
import { runRequest } from './runs.js';
import { guarded } from './shapes.js';

/** The workers of a ledger, where nobody says how many. */
const WORKERS = 4;

/**
 * @typedef {object} Host what a browser and Node do differently
 * @property {string} name
 * @property {() => boolean} canShare whether threads can share a memory here
 * @property {() => number} processors
 * @property {(file: string, url?: string | URL) => Promise<WebAssembly.Module>} compile
 * @property {(file: string, url?: string | URL) => import('./pool.js').Spawn} spawn
 * @property {(error: unknown, file: string, url?: string | URL) => Promise<unknown>} explain why a worker did not start
 */

/** @param {Host} host */
export function ledgerOf(host) {
  /**
   * @param {{ laboratory: boolean, shared: boolean, size: number, memory?: WebAssembly.Memory }} kind
   * @param {import('./options.js').Urls} urls
   * @param {AbortSignal} [signal]
   */
  async function startPool({ laboratory, shared, size, memory }, { wasmUrl, workerUrl }, signal) {
    signal?.throwIfAborted();
    const begun_ms = performance.now();
    const { wasm, worker } = filesOf(laboratory, shared);
    const module = await host.compile(wasm, addressOf(wasmUrl, wasm));
    signal?.throwIfAborted();
    const left_ms = Math.max(1000, READY_LIMIT_MS - (performance.now() - begun_ms));
    const script = addressOf(workerUrl, worker);
    try {
      return await new Pool(host.spawn(worker, script), size).start(module, shared, left_ms, memory);
    } catch (error) {
      throw await host.explain(error, worker, script);
    }
  }

  /** @param {number | undefined} workers */
  function choose(workers) {
    const shared = host.canShare();
    if (workers === undefined) return shared ? Math.max(1, Math.min(WORKERS, host.processors())) : 0;
    if (workers > 0 && !shared) {
      const message =
        'workers must be 0 here: threads share memory only on a page that is cross-origin isolated. Serve it over https or from localhost, with the headers Cross-Origin-Opener-Policy: same-origin and Cross-Origin-Embedder-Policy: require-corp.';
      throw new LedgerStartError(message, { code: 'not_isolated', field: 'workers', limit: 0n });
    }
    return workers;
  }

  class Ledger {
    #pool;
    #ledger;
    #statuses;
    #urls;
    #calls;
    /** Workers of their own for runs that are asked for by `handle`, from the first one on. @type {Promise<Pool> | null} */
    #runners = null;

    /** @param {any} key @param {any} parts */
    constructor(key, parts) {
      if (key !== host) {
        throw new LedgerArgumentError('A ledger is opened with `await Ledger.open()`.', { code: 'bad_argument' });
      }
      const { pool, ledger, statuses, workers, urls, http } = parts;
      this.#pool = pool;
      this.#ledger = ledger;
      this.#statuses = statuses;
      this.#urls = urls;
      this.workers = workers;
      this.threaded = workers > 0;
      this.http = http;
      /** @type {import('./calls.js').Send} */
      const send = async (name, body, read, signal) =>
        read(await pool.call('call_ledger', [ledger, name, body], { signal }));
      this.#calls = calls(send);
      Object.freeze(this);
    }

    /** @param {any} [given] */
    static async open(given) {
      const { workers: asked, http, text, signal, urls } = openingOptions(given);
      const workers = choose(asked);
      const kind = { laboratory: http, shared: workers > 0, size: Math.max(1, workers) };
      const pool = await startPool(kind, urls, signal);
      try {
        const opened = JSON.parse(await pool.call('open_ledger', [text(Math.max(1, workers))], { signal }));
        // A ledger of one thread has none to lend: a run would keep it from answering.
        const lent = { host: host.name, workers_available: workers };
        if (http && workers > 0) await pool.call('lend_workers', [opened.ledger, lent]);
        return new Ledger(host, { pool, workers, urls, http, ...opened });
      } catch (error) {
        pool.end();
        throw error;
      }
    }

    /** @param {string} name @param {any[]} parameters */
    async #call(name, parameters) {
      return this.#calls[name](...parameters);
    }

    /** @param {unknown} batch @param {any} [options] */
    async createTransferBatch(batch, options) {
      // A copy, which the message takes along: the batch can be filled again at once.
      const bytes = bytesOf(batch).slice();
      const signal = guarded(() => signalOf(options));
      const moved = [bytes.buffer];
      const results = await this.#pool.call('create_transfers', [this.#ledger, bytes], { signal, moved });
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
      const { parameters, signal } = await taken(request, this.http);
      const answer = await this.#pool.call('handle', [this.#ledger, ...parameters], { signal });
      if (answer.status === ACCEPTED) this.#oblige();
      return response(answer, (name) => this.#pool.call(name, [answer.body]));
    }

    /** Does a run that was asked for, beside the ledger's own work. */
    async #oblige() {
      /** @param {string} name @param {...any} parameters */
      const tell = (name, ...parameters) => this.#pool.call(name, parameters).catch(() => null);
      const wanted = await tell('wanted_run', this.#ledger);
      if (!wanted) return;
      const { run, workers } = wanted;
      const looks = setInterval(() => tell('look_at_run', run), NEWS_INTERVAL_MS);
      try {
        const { memory } = this.#pool;
        const kind = { laboratory: true, shared: true, size: this.workers, memory };
        this.#runners ??= startPool(kind, this.#urls);
        const runners = await this.#runners;
        const shares = Array.from({ length: workers }, (_, place) => runners.ask(place, 'work', [run, place]));
        await Promise.all(shares);
        await runners.ask(0, 'end_run', [run]);
      } catch (error) {
        await tell('fail_run', run, String(/** @type {any} */ (error)?.message ?? error));
      } finally {
        clearInterval(looks);
      }
    }

    async scenarios() {
      const pool = await this.#laboratory(1);
      try {
        return (await pool.ask(0, 'describe', [])).scenarios;
      } finally {
        pool.end();
      }
    }

    /** @param {number} size @param {AbortSignal} [signal] */
    #laboratory(size, signal) {
      return startPool({ laboratory: true, shared: this.threaded, size }, this.#urls, signal);
    }

    /** @param {string} scenario @param {any} [options] */
    async run(scenario, options) {
      const available = this.threaded ? Math.max(this.workers, 1) : 1;
      const { request, workers, onProgress, signal } = runRequest(host.name, scenario, options, available);
      // Workers of its own: a run keeps its threads busy to its end, and the ledger is to answer meanwhile.
      const pool = await this.#laboratory(workers, signal);
      const abort = () => pool.end(signal?.reason);
      signal?.addEventListener('abort', abort);
      try {
        const { run } = await pool.ask(0, 'prepare', [request]);
        const told = onProgress && ((/** @type {string} */ text) => onProgress(JSON.parse(text)));
        const shares = Array.from({ length: workers }, (_, place) =>
          pool.ask(place, 'work_telling', [run, place], place === 0 ? told : undefined),
        );
        await Promise.all(shares);
        return await pool.ask(0, 'finish', [run]);
      } finally {
        signal?.removeEventListener('abort', abort);
        pool.end();
      }
    }

    async close() {
      this.#pool.end(closed());
      this.#runners?.then((runners) => runners.end(closed()), () => {});
    }

    async [Symbol.asyncDispose ?? Symbol.for('Symbol.asyncDispose')]() {
      await this.close();
    }

    static {
      for (const name of Object.keys(calls(() => {})).filter((one) => one !== 'trailPage')) {
        Object.defineProperty(this.prototype, name, {
          value(/** @type {any[]} */ ...parameters) {
            return /** @type {Ledger} */ (this).#call(name, parameters);
          },
          configurable: true,
          writable: true,
        });
      }
    }
  }
  return Ledger;
}

/**
 * What a request says, as it crosses.
 * @param {Request} request
 * @param {boolean} http whether the ledger answers requests
 */
export async function taken(request, http) {
  if (!http) {
    const message =
      'handle is for a ledger that answers HTTP: open it with `http: true`, which fetches a module of twice the size.';
    throw new LedgerArgumentError(message, { code: 'no_http', field: 'http' });
  }
  if (!(request instanceof Request)) {
    throw new LedgerArgumentError('request must be a Request.', { code: 'bad_argument', field: 'request' });
  }
  const body = request.body ? new Uint8Array(await request.arrayBuffer()) : undefined;
  const { method, url, signal } = request;
  const { pathname, search } = new URL(url);
  return { parameters: [method, pathname + search, [...request.headers], body], signal };
}

/** The answer to a run that was begun. */
const ACCEPTED = 202;

/** How often those who watch such a run are told of it. */
const NEWS_INTERVAL_MS = 200;

/** Statuses with which there is no body. */
const BODILESS = new Set([101, 204, 205, 304]);

/**
 * @param {any} answer
 * @param {(name: string) => Promise<any>} ask
 */
export function response({ status, headers }, ask) {
  const body = new ReadableStream({
    async pull(controller) {
      const piece = await ask('next_piece');
      if (piece) controller.enqueue(piece);
      else controller.close();
    },
    cancel: () => ask('close_body'),
  }, { highWaterMark: 0 });
  return new Response(BODILESS.has(status) ? null : body, { status, headers });
}
