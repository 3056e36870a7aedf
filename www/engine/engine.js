/**
 * Executes runs in the page's workers: prepare, work, finish. The engine owns the workers, reads their
 * counters, and cancels runs. It does not depend on the rest of the page.
 *
 * The ledger of the last run stays until the next one begins, and a `Reader` can inspect it.
 *
 * An `AbortSignal` cancels a run. If it was aborted before the call, `run` rejects with its reason. If
 * it is aborted later, even while the pool starts, `run` resolves: the work done until then is checked
 * like any other run, and the report's `ended_by` is `cancelled`.
 */
/** @import { Description, OpenedLedgerSummary, Prepared, Reader, Reading, Report, Request } from '../types.d.ts' */
/** @import { WorkerPool } from '../../npm/src/worker_pool.js' */
/** @import { WithWorkers } from './http_worker.js' */
import { LedgerRefusedError } from '../../npm/src/errors.js';
import { executeRun } from '../../npm/src/run_executor.js';
import { UserError } from '../lib/user_error.js';
import { withNumbers } from '../report/report_numbers.js';
import { Counters } from './counters.js';
import { HttpWorker } from './http_worker.js';
import { DurableRun } from './durable_run.js';
import { openReader } from './reader.js';
import { hostName } from './support.js';
import { busyWorkers, durableRunFailed, isLostWorker, notStored, refusedRun, stuckWorkers, workerError } from './worker_errors.js';
import { FILES_SCRIPT, startPool } from './workers.js';

const READ_INTERVAL_MS = 100;
/** A run may be short, so the counters are read more often at its beginning. */
const FIRST_READ_INTERVAL_MS = 20;
const BEGINNING_MS = 500;

/** Workers check the cancel word and the clock often. One that works for longer than this is stuck. */
const STOP_LIMIT_MS = 10_000;

/**
 * @typedef {object} RunOptions
 * @property {AbortSignal} [signal] cancels the run
 * @property {(reading: Reading, at_ms: number) => void} [reading] called with the counters, at most
 *   every 20 ms; the time does not advance while the run is paused
 * @property {(reader: Reader) => void} [opened] called when the ledger can be inspected
 * @property {Storing} [storing] if given, the ledger is stored in the browser's storage
 * @property {(at_ms: number) => void} [stopped] called when the last worker has returned, by the
 *   same time
 */

/**
 * @typedef {object} Storing
 * @property {() => void} begun called when the run's ledger has replaced the one that was stored before
 * @property {() => string} holder says what another tab writes
 */

/** The workers over one memory. They are lost together. */
class Workers {
  /** Workers beside the pool, by index. @type {Map<number, Promise<any>>} */
  #beside = new Map();
  /** @type {WorkerPool[]} */
  #pools;
  /** @type {Error | null} */
  #ended = null;

  /**
   * @param {WorkerPool} pool executes runs
   * @param {number} size
   * @param {Description} description
   * @param {(reason: Error) => void} lost called when a worker has failed
   */
  constructor(pool, size, description, lost) {
    this.pool = pool;
    this.size = size;
    this.description = description;
    this.lost = lost;
    this.memory = /** @type {WebAssembly.Memory} */ (pool.memory);
    this.#pools = [pool];
    pool.onEnd = lost;
  }

  /**
   * Starts one more worker over the same memory, unless it has started.
   * @template Opened
   * @param {number} index
   * @param {(pool: WorkerPool) => Opened | Promise<Opened>} open
   * @param {string} [script]
   * @returns {Promise<Opened>}
   */
  #startBeside(index, open, script) {
    const start = async () => {
      const pool = await startPool(1, index, this.memory, script);
      this.#pools.push(pool);
      if (this.#ended) pool.end(this.#ended);
      pool.onEnd = this.lost;
      return open(pool);
    };
    const started = this.#beside.get(index) ?? start();
    this.#beside.set(index, started);
    started.catch(() => this.#beside.delete(index));
    return started;
  }

  /** Returns the worker that inspects ledgers. */
  reader() {
    return this.#startBeside(this.size + 1, (pool) => pool);
  }

  /** Returns the worker that owns the files of a ledger. */
  files() {
    return this.#startBeside(this.size + 2, (pool) => pool, FILES_SCRIPT);
  }

  /** Returns the worker that answers HTTP requests. @param {WithWorkers} withWorkers */
  http(withWorkers) {
    const environment = { host: hostName(), workers_available: this.size, user_agent: navigator.userAgent };
    return this.#startBeside(this.size, (pool) => HttpWorker.open(pool, environment, withWorkers));
  }

  /** @param {Error} reason */
  end(reason) {
    this.#ended = reason;
    for (const pool of this.#pools) pool.end(reason);
  }
}

export class Engine {
  /** @type {Workers | null} */
  #workers = null;
  /** Whether the workers have a run. */
  #busy = false;
  /** The counters of the active run. @type {Counters | null} */
  #counters = null;
  /** The run whose ledger is stored. @type {number | null} */
  #stored = null;
  /** When the active run was cancelled. */
  #cancelled_at_ms = 0;

  /** @type {Promise<Workers> | null} */
  #starting = null;

  /**
   * @param {number} size
   * @param {(reason: Error) => void} [lost] called when the workers have failed and their ledgers are lost
   */
  constructor(size, lost) {
    this.size = size;
    this.lost = lost;
  }

  /**
   * Starts the workers, unless they have started, and returns the core's description.
   * @returns {Promise<Description>}
   */
  async start() {
    return (await this.#start()).description;
  }

  #start() {
    // A request may come while the page is starting the pool.
    this.#starting ??= this.#begin().finally(() => (this.#starting = null));
    return this.#starting;
  }

  async #begin() {
    if (this.#workers) return this.#workers;
    try {
      const pool = await startPool(this.size);
      const description = await pool.ask(0, 'describe');
      const workers = new Workers(pool, this.size, description, (reason) => this.#discard(workers, reason));
      this.#workers = workers;
      return workers;
    } catch (error) {
      throw workerError(error);
    }
  }

  /**
   * Serves a request that comes through a port, during a run as well. Its ledger lives as long as the
   * workers.
   * @param {MessagePort} port
   */
  async serveRequest(port) {
    const workers = await this.#start();
    try {
      const http = await workers.http((execute) => this.#whileBusy(() => execute(workers.pool)));
      http.serveRequest(port);
    } catch (error) {
      throw workerError(error);
    }
  }

  /**
   * Executes a run that was requested over HTTP. Throws if the workers are busy.
   * @param {() => Promise<void>} execute
   */
  async #whileBusy(execute) {
    if (this.#busy) throw new Error('the workers are executing a run of the page; try again later');
    this.#busy = true;
    try {
      await execute();
    } finally {
      this.#busy = false;
    }
  }

  /**
   * Pauses the workers of the active run before their next batch, or resumes them.
   * @param {boolean} pauses
   */
  pause(pauses) {
    this.#counters?.pause(pauses);
  }

  /**
   * Returns a report in the current version of the format, after recomputing what it allows.
   * @param {string} json of the current version or of one of the two before
   * @returns {Promise<Report>} rejects with a `LedgerRefusedError` if the report is not valid
   */
  async verifyReport(json) {
    const workers = await this.#start();
    return withNumbers((await this.#inspect(workers, 'verifyReport', [json])).report);
  }

  /** @returns {Promise<number>} */
  async randomSeed() {
    const { pool } = await this.#start();
    return pool.ask(0, 'random_seed');
  }

  /**
   * Executes one run from its request to its report. There is one at a time.
   * @param {Request} request
   * @param {RunOptions} [options]
   * @returns {Promise<Report>} the report, even if the run was cancelled
   */
  async run(request, options = {}) {
    options.signal?.throwIfAborted();
    this.#cancelled_at_ms = 0;
    const workers = await this.#start();
    if (this.#busy) throw busyWorkers();
    this.#busy = true;
    try {
      return await this.#execute(workers, request, options);
    } catch (error) {
      // After a rejection the core is intact. After any other error its memory cannot be trusted.
      if (error instanceof LedgerRefusedError) throw options.storing ? durableRunFailed(error.message) : refusedRun(error.message);
      if (error instanceof UserError) throw error;
      this.#discard(workers, /** @type {Error} */ (error));
      throw workerError(error);
    } finally {
      this.#busy = false;
    }
  }

  /** @param {Workers} workers @param {Request} request @param {RunOptions} options */
  async #execute(workers, request, { signal, reading, opened, stopped, storing }) {
    const { pool, memory, description } = workers;
    await this.#discardStored(pool);
    /** @type {Prepared} */
    const { run, counters: block } = await pool.ask(0, 'prepare', [request]);
    const counters = new Counters(memory, block, description.counters);
    this.#stored = run;
    const durable_run = storing ? await this.#store(workers, run, storing) : null;
    opened?.(openReader(run, (...call) => this.#inspect(workers, ...call)));
    const cancel = () => {
      this.#cancelled_at_ms ||= performance.now();
      counters.cancel();
    };
    signal?.addEventListener('abort', cancel);
    this.#counters = counters;
    // A signal that was aborted before the counters existed fires no further event.
    if (signal?.aborted) cancel();

    const watch = this.#readRegularly(counters, reading);
    try {
      await executeRun(pool, run, request.parameters.workers, cancel);
      stopped?.(watch.working_ms());
      const report = withNumbers(await pool.ask(0, 'finish', [run]));
      await durable_run?.end();
      return report;
    } catch (error) {
      counters.cancel();
      if (error instanceof LedgerRefusedError) {
        // What it wrote until then is stored. Why it failed is known.
        await durable_run?.end().catch(() => {});
        await this.#discardStored(pool);
      }
      throw error;
    } finally {
      watch.end();
      this.#counters = null;
      // The counters are freed with the run, so a later abort must not write into them.
      signal?.removeEventListener('abort', cancel);
    }
  }

  /** Stores the ledger of a prepared run, or discards the run. @param {Workers} workers @param {number} run @param {Storing} storing */
  async #store(workers, run, storing) {
    try {
      const durable_run = await DurableRun.begin(workers.pool, await workers.files(), run);
      storing.begun();
      return durable_run;
    } catch (error) {
      if (isLostWorker(error)) throw error;
      await this.#discardStored(workers.pool);
      throw notStored(/** @type {any} */ (error), storing.holder());
    }
  }

  /**
   * Opens a ledger in files for inspection, and verifies it. It replaces the ledger of the last run.
   * @param {[string, Blob][]} files
   * @param {Request | null} request of the run that wrote it
   * @returns {Promise<{ reader: Reader, summary: OpenedLedgerSummary }>} rejects with a `LedgerRefusedError` if the ledger is damaged
   */
  async openLedger(files, request) {
    const workers = await this.#start();
    if (this.#busy) throw busyWorkers();
    this.#busy = true;
    try {
      const owner = await workers.files();
      const { run, summary } = await owner.ask(0, 'open_ledger_files', [files, request]);
      await this.#discardStored(workers.pool);
      this.#stored = run;
      return { reader: openReader(run, (...call) => this.#inspect(workers, ...call)), summary };
    } catch (error) {
      if (!(error instanceof LedgerRefusedError)) this.#discard(workers, /** @type {Error} */ (error));
      throw workerError(error);
    } finally {
      this.#busy = false;
    }
  }

  /** Discards the run whose ledger is stored, if there is one. @param {WorkerPool} pool */
  async #discardStored(pool) {
    if (this.#stored !== null) await pool.ask(0, 'discard', [this.#stored]);
    this.#stored = null;
  }

  /** @param {Counters} counters @param {RunOptions['reading']} show */
  #readRegularly(counters, show) {
    const begun_ms = performance.now();
    let running_since_ms = 0;
    let last_ms = begun_ms;
    /** The total time of all pauses. */
    let paused_ms = 0;
    let timer = 0;
    const read = () => {
      const now_ms = performance.now();
      const reading = counters.read();
      if (!reading) return;
      if (reading.phase !== 'preparing') running_since_ms ||= now_ms;
      if (reading.paused) paused_ms += now_ms - last_ms;
      last_ms = now_ms;
      const working_ms = now_ms - paused_ms;
      if (reading.phase === 'running' || reading.phase === 'preparing') {
        this.#endIfStuck(now_ms, running_since_ms && running_since_ms + paused_ms, reading);
      }
      show?.(reading, working_ms);
      const beginning = now_ms - begun_ms < BEGINNING_MS;
      timer = window.setTimeout(read, beginning ? FIRST_READ_INTERVAL_MS : READ_INTERVAL_MS);
    };
    read();
    return { end: () => clearTimeout(timer), working_ms: () => performance.now() - paused_ms };
  }

  /** @param {number} now_ms @param {number} running_since_ms @param {Reading} reading */
  #endIfStuck(now_ms, running_since_ms, reading) {
    const cancelled = this.#cancelled_at_ms > 0;
    const allowed_ms = running_since_ms + reading.duration_ns / 1e6;
    const since_ms = cancelled ? this.#cancelled_at_ms : running_since_ms && allowed_ms;
    if (since_ms && now_ms - since_ms > STOP_LIMIT_MS) {
      const reason = stuckWorkers(cancelled ? 'the cancel' : 'the end of the run', STOP_LIMIT_MS);
      if (this.#workers) this.#discard(this.#workers, reason);
    }
  }

  /** Ends the workers after one has failed. @param {Workers} workers @param {Error} reason */
  #discard(workers, reason) {
    if (this.#workers !== workers) return;
    this.#workers = null;
    this.#stored = null;
    workers.end(reason);
    this.lost?.(/** @type {Error} */ (workerError(reason)));
  }

  /**
   * Calls an export in the worker that inspects ledgers. The caller handles a rejection by the core.
   * @param {Workers} workers
   * @param {string} call
   * @param {any[]} parameters
   * @param {(done: number) => void} [progress]
   */
  async #inspect(workers, call, parameters, progress) {
    try {
      const reader = await workers.reader();
      return await reader.ask(0, call, parameters, { progress });
    } catch (error) {
      if (!(error instanceof LedgerRefusedError)) this.#discard(workers, /** @type {Error} */ (error));
      throw workerError(error);
    }
  }
}
