/**
 * The life of a run: prepare, work, finish. The engine owns the pool, reads the counters while
 * workers are busy, and is the only one that cancels. It knows nothing of the page.
 *
 * The ledger of the last run stays until the next one begins, and can be looked into by a `Reader`.
 *
 * A run is cancelled by an `AbortSignal`. One that was aborted before the call rejects it with the
 * signal's reason, as everywhere: nothing was begun. One that aborts later, were it only while the
 * pool starts, does not reject: whoever cancels a run has attempts in the ledger and in the trail, so
 * they are checked like any others, and the call resolves with a report that was `ended_by`
 * `cancelled`. Once the workers have stopped there is nothing left to cancel.
 */
/** @import { Description, Prepared, Reading, Report, Request } from '../types.d.ts' */
import { Counters } from './counters.js';
import { compile } from './module.js';
import { Pool, Refusal } from './pool.js';
import { Reader } from './reader.js';
import { hostName } from './support.js';
import { busyWorkers, refusedRun, stuckWorkers } from './troubles.js';

const READ_INTERVAL_MS = 100;
/** How often those who watch a run over HTTP are told of it. */
const NEWS_INTERVAL_MS = 200;
/** A run may be over in a blink, so its beginning is looked at more often. */
const FIRST_READ_INTERVAL_MS = 20;
const BEGINNING_MS = 500;

/** Workers look at the cancel word and the clock often; past this they are taken to be stuck. */
const STOP_LIMIT_MS = 10_000;

/**
 * @typedef {object} RunOptions
 * @property {AbortSignal} [signal] cancels the run
 * @property {(reading: Reading, at_ms: number) => void} [reading] called with the counters, at most
 *   every 20 ms; while the run is paused the time stands still
 * @property {(reader: Reader) => void} [opened] called when there is a ledger to look into
 * @property {(at_ms: number) => void} [stopped] called when the last worker has returned, by the
 *   same time
 */

export class Engine {
  /** @type {WebAssembly.Module | null} */
  #module = null;
  /** @type {Pool | null} */
  #pool = null;
  /** @type {Description | null} */
  #description = null;
  /** Whether the workers have a run. */
  #busy = false;
  /** The counters of the run under way. @type {Counters | null} */
  #counters = null;
  /** The run whose ledger is kept. @type {number | null} */
  #kept = null;
  /** When the run under way was asked to end. */
  #cancelled_at_ms = 0;

  /** @type {Promise<Description> | null} */
  #starting = null;

  /**
   * @param {number} size
   * @param {(reason: Error) => void} [lost] called when all that the workers knew is gone
   */
  constructor(size, lost) {
    this.size = size;
    this.lost = lost;
  }

  /**
   * Starts the pool if none is running, and asks the core what it offers.
   * @returns {Promise<Description>}
   */
  start() {
    // A request may come while the page itself is still starting the pool.
    this.#starting ??= this.#begin().finally(() => (this.#starting = null));
    return this.#starting;
  }

  async #begin() {
    this.#module ??= await compile();
    if (!this.#pool) {
      /** @type {Pool | null} */
      let started = null;
      const pool = await Pool.start(this.#module, this.size, (reason) => {
        // What is left of an older pool says nothing about this one.
        if (started && this.#pool === started) this.#discardPool(reason);
      });
      started = pool;
      this.#description = await pool.ask(0, 'describe');
      this.#pool = pool;
    }
    return /** @type {Description} */ (this.#description);
  }

  /**
   * Has a request answered that comes by a port, whether or not a run is under way. The ledger that
   * answers lives as long as the pool.
   * @param {MessagePort} port
   */
  async attend(port) {
    await this.start();
    const pool = /** @type {Pool} */ (this.#pool);
    const host = { host: hostName(), workers_available: this.size, user_agent: navigator.userAgent };
    await pool.attend(port, host, (wanted) => this.#oblige(pool, wanted));
  }

  /**
   * Does a run that was asked for over HTTP, unless the workers have one already.
   * @param {Pool} pool
   * @param {import('./pool.js').Wanted} wanted
   */
  async #oblige(pool, { run, workers }) {
    if (this.#busy) {
      pool.tell('fail_run', run, 'the workers have a run of the page already; try again later');
      return;
    }
    this.#busy = true;
    const looks = setInterval(() => pool.tell('look_at_run', run), NEWS_INTERVAL_MS);
    try {
      await this.#work(pool, run, workers, ({ message }) => pool.tell('fail_run', run, message));
      await pool.ask(0, 'end_run', run);
    } catch (error) {
      // A refused run was told of at once, and let go.
      if (!(error instanceof Refusal)) this.#discardPool(/** @type {Error} */ (error));
    } finally {
      clearInterval(looks);
      this.#busy = false;
    }
  }

  /**
   * Has the workers of the run under way rest between two batches, or go on.
   * @param {boolean} pauses
   */
  pause(pauses) {
    this.#counters?.pause(pauses);
  }

  /** @returns {Promise<number>} */
  async randomSeed() {
    await this.start();
    return /** @type {Pool} */ (this.#pool).ask(0, 'random_seed');
  }

  /**
   * One run from its request to its report. There is one at a time.
   * @param {Request} request
   * @param {RunOptions} [options]
   * @returns {Promise<Report>} also of a run that was cancelled; see the top of this file
   */
  async run(request, options = {}) {
    options.signal?.throwIfAborted();
    this.#cancelled_at_ms = 0;
    const description = await this.start();
    const pool = /** @type {Pool} */ (this.#pool);
    if (this.#busy) throw busyWorkers();
    this.#busy = true;
    try {
      return await this.#conduct(pool, description, request, options);
    } catch (error) {
      // After a refusal the core is whole; after anything else its memory is not to be trusted.
      if (error instanceof Refusal) throw refusedRun(error.message);
      this.#discardPool(/** @type {Error} */ (error));
      throw error;
    } finally {
      this.#busy = false;
    }
  }

  /**
   * @param {Pool} pool
   * @param {Description} description
   * @param {Request} request
   * @param {RunOptions} options
   */
  async #conduct(pool, description, request, { signal, reading, opened, stopped }) {
    if (this.#kept !== null) await pool.ask(0, 'discard', this.#kept);
    this.#kept = null;
    /** @type {Prepared} */
    const { run, counters: block } = await pool.ask(0, 'prepare', request);
    const counters = new Counters(pool.memory, block, description.counters);
    this.#kept = run;
    opened?.(new Reader(run, (call, parameters, progress) => this.#read(pool, call, parameters, progress)));
    const cancel = () => {
      this.#cancelled_at_ms ||= performance.now();
      counters.cancel();
    };
    signal?.addEventListener('abort', cancel);
    this.#counters = counters;
    // It may have been aborted before there were counters, and then tells nobody any more.
    if (signal?.aborted) cancel();

    const watch = this.#readRegularly(counters, reading);
    try {
      await this.#work(pool, run, request.parameters.workers, cancel);
      stopped?.(watch.working_ms());
      return await pool.ask(0, 'finish', run);
    } catch (error) {
      // Whatever it was, no worker is to go on with a run that nobody waits for.
      counters.cancel();
      throw error;
    } finally {
      watch.end();
      this.#counters = null;
      // The counters are freed with the run: a signal that lives on must not write into them.
      signal?.removeEventListener('abort', cancel);
    }
  }

  /**
   * Has every worker do its share. When one refuses, the others stop, and then the run is discarded.
   * @param {Pool} pool
   * @param {number} run
   * @param {number} workers
   * @param {(refusal: Refusal) => void} cancel has the others stop
   */
  async #work(pool, run, workers, cancel) {
    const indexes = Array.from({ length: workers }, (_, index) => index);
    const shares = indexes.map((index) => pool.ask(index, 'work', run, index));
    try {
      await Promise.all(shares);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      cancel(error);
      const ends = await Promise.allSettled(shares);
      await pool.ask(0, 'discard', run);
      if (this.#kept === run) this.#kept = null;
      // The first worker opens the accounts: what it has to say explains what the others say.
      throw ends.find((end) => end.status === 'rejected')?.reason ?? error;
    }
  }

  /**
   * @param {Counters} counters
   * @param {RunOptions['reading']} show
   */
  #readRegularly(counters, show) {
    const begun_ms = performance.now();
    let running_since_ms = 0;
    let last_ms = begun_ms;
    /** How long it was paused altogether. */
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

  /**
   * @param {number} now_ms
   * @param {number} running_since_ms
   * @param {Reading} reading
   */
  #endIfStuck(now_ms, running_since_ms, reading) {
    const cancelled = this.#cancelled_at_ms > 0;
    const allowed_ms = running_since_ms + reading.duration_ns / 1e6;
    const since_ms = cancelled ? this.#cancelled_at_ms : running_since_ms && allowed_ms;
    if (since_ms && now_ms - since_ms > STOP_LIMIT_MS) {
      this.#discardPool(stuckWorkers(cancelled ? 'the cancel' : 'the end of the run', STOP_LIMIT_MS));
    }
  }

  /** @param {Error} reason */
  #discardPool(reason) {
    if (!this.#pool) return;
    this.#pool.end(reason);
    this.#pool = null;
    this.#kept = null;
    this.lost?.(reason);
  }

  /**
   * Asks the reader. A sentence that the core answers is an ordinary error to whoever asked.
   * @param {Pool} pool
   * @param {string} call
   * @param {unknown[]} parameters
   * @param {(done: number) => void} [progress]
   */
  async #read(pool, call, parameters, progress) {
    try {
      return await pool.read(call, parameters, progress);
    } catch (error) {
      if (!(error instanceof Refusal)) this.#discardPool(/** @type {Error} */ (error));
      throw error;
    }
  }
}
