/**
 * Workers that share one module, and one memory if it is shared. A call goes to a free worker. Calls that
 * wait while all workers are busy are sent in lists, many in one message. A waiting call can be aborted; a
 * call that was sent is completed.
 */
import { onAbort } from './abort.js';
import { LedgerBrokenError, LedgerStartError, broken, closed, unpacked } from './errors.js';

/** The maximum number of calls in one message. */
const LIST_MAX = 256;

/** The limit for a pool to become ready. */
export const READY_LIMIT_MS = 9_000;

/**
 * @typedef {object} Call
 * @property {string} name of the export
 * @property {any[]} parameters
 * @property {(value: any) => void} [progress] called with the progress of the export
 * @property {any[]} [moved]
 * @property {() => void} [forget] ends the watch for an abort
 * @property {(value: any) => void} resolve
 * @property {(error: unknown) => void} reject
 */

/** @typedef {{ post(message: any, moved?: any[]): void, end(): unknown, hold(busy: boolean): void }} Thread */
/** @typedef {{ code?: string, field?: string, cause?: unknown }} FailureDetails */
/** @typedef {(received: (message: any) => void, failed: (reason: string, details?: FailureDetails) => void) => Thread} Spawn */

/** In place of a thread that could not be created. @type {Thread} */
const NO_THREAD = { post() {}, end() {}, hold() {} };

/** One worker of a pool, and its pending calls. */
class WorkerHandle {
  /** @type {Map<number, Call>} */
  #calls = new Map();
  #lastNumber = 0;
  /** @type {{ resolve: (memory: any) => void, reject: (error: Error) => void } | null} */
  #starting = null;
  /** Why the worker cannot start. @type {Error | null} */
  #startError = null;

  /** @param {WorkerPool} pool @param {Spawn} spawn @param {number} index */
  constructor(pool, spawn, index) {
    this.pool = pool;
    this.index = index;
    const failed = (/** @type {string} */ reason, /** @type {FailureDetails | undefined} */ details) => this.#fail(reason, details);
    try {
      this.thread = spawn((message) => this.#receive(message), failed);
    } catch (error) {
      this.thread = NO_THREAD;
      if (error instanceof LedgerStartError) this.#startError = error;
      else this.#fail(/** @type {any} */ (error).message, { cause: error });
    }
  }

  /** @param {any} parts @returns {Promise<WebAssembly.Memory | undefined>} */
  async start(parts) {
    try {
      return await new Promise((resolve, reject) => {
        if (this.#startError) throw this.#startError;
        this.#starting = { resolve, reject };
        this.thread.post({ start: parts });
      });
    } finally {
      this.#starting = null;
    }
  }

  get isStarting() {
    return this.#starting !== null;
  }

  get isIdle() {
    return this.#calls.size === 0;
  }

  /** @param {Call[]} list */
  send(list) {
    const calls = list.map((call) => {
      call.forget?.();
      this.#lastNumber += 1;
      this.#calls.set(this.#lastNumber, call);
      return [this.#lastNumber, call.name, call.parameters, call.progress !== undefined];
    });
    this.thread.hold(true);
    this.thread.post({ calls, stored: this.pool.stored }, list.flatMap(({ moved }) => moved ?? []));
  }

  /** @param {any} message */
  #receive(message) {
    if (message.answers) this.#settle(message.answers);
    else if (message.started) this.#starting?.resolve(message.memory);
    else if (message.failed !== undefined) this.#fail(message.failed, message);
    else this.#calls.get(message.number)?.progress?.(message.progress);
  }

  /** @param {[number, any, any?][]} answers */
  #settle(answers) {
    for (const [number, value, packedError] of answers) {
      const { resolve, reject } = /** @type {Call} */ (this.#calls.get(number));
      this.#calls.delete(number);
      if (packedError) {
        const error = unpacked(packedError, this.index);
        reject(error);
        // This rejects all other calls as well, including those of this list.
        if (error instanceof LedgerBrokenError) return this.pool.end(error);
      } else resolve(value);
    }
    if (this.isIdle) this.thread.hold(false);
    this.pool.pump();
  }

  /** @param {string} reason @param {FailureDetails} [details] */
  #fail(reason, { code = 'worker_failed', field, cause } = {}) {
    if (this.pool.isReady) return this.pool.end(broken(reason, this.index));
    this.#startError = new LedgerStartError(reason, { code, field, reason, worker: this.index, cause });
    this.#starting?.reject(this.#startError);
  }

  /** @param {Error} error */
  end(error) {
    this.#starting?.reject(error);
    for (const { reject } of this.#calls.values()) reject(error);
    this.#calls.clear();
    return this.thread.end();
  }
}

export class WorkerPool {
  isReady = false;
  /** @type {WorkerHandle[]} */
  #workers;
  /** In order. @type {Set<Call>} */
  #waiting = new Set();
  /** @type {Error | null} */
  #ended = null;
  /** @type {WebAssembly.Memory | undefined} */
  memory;
  /** The ledger whose results wait until they are on the disk. @type {number | undefined} */
  stored;
  /** Called once with the error that ends the pool. @type {(error: Error) => unknown} */
  onEnd = () => {};

  /** @param {Spawn} spawn @param {number} size @param {number} [first] the index that error messages give the first worker */
  constructor(spawn, size, first = 0) {
    this.#workers = Array.from({ length: size }, (_, place) => new WorkerHandle(this, spawn, first + place));
  }

  /**
   * Starts the workers. The first one creates the shared memory, unless it is given.
   * @param {WebAssembly.Module} module
   * @param {boolean} shared
   * @param {number} limit_ms
   * @param {WebAssembly.Memory} [memory]
   */
  async start(module, shared, limit_ms, memory) {
    const late = setTimeout(() => this.end(this.#lateStart()), limit_ms);
    try {
      const [first, ...others] = this.#workers;
      this.memory = await first.start({ module, shared, memory });
      await Promise.all(others.map((worker) => worker.start({ module, shared, memory: this.memory })));
      if (this.#ended) throw this.#ended;
      this.isReady = true;
      this.hold(false);
      return this;
    } catch (error) {
      this.end(/** @type {Error} */ (error));
      throw error;
    } finally {
      clearTimeout(late);
    }
  }

  /** Sets whether the workers keep the process alive. A call does until it is answered. @param {boolean} busy */
  hold(busy) {
    for (const { thread } of this.#workers) thread.hold(busy);
  }

  #lateStart() {
    const message = `The ledger's workers were not ready after ${READY_LIMIT_MS / 1000} seconds. Try again when the machine is less busy, or with fewer workers.`;
    const worker = this.#workers.find(({ isStarting }) => isStarting)?.index;
    return new LedgerStartError(message, { code: 'timeout', limit: BigInt(READY_LIMIT_MS), worker });
  }

  /**
   * Calls an export in a free worker.
   * @param {string} name
   * @param {any[]} parameters
   * @param {{ signal?: AbortSignal, moved?: any[] }} [options]
   * @returns {Promise<any>}
   */
  call(name, parameters, { signal, moved } = {}) {
    return new Promise((resolve, reject) => {
      if (this.#ended) return reject(this.#ended);
      if (signal?.aborted) return reject(signal.reason);
      /** @type {Call} */
      const call = { name, parameters, resolve, reject, moved };
      if (signal) {
        call.forget = onAbort(signal, () => {
          this.#waiting.delete(call);
          reject(signal.reason);
        });
      }
      this.#waiting.add(call);
      // Calls of the same task share a message.
      if (this.#waiting.size === 1) queueMicrotask(() => this.pump());
    });
  }

  /**
   * Calls an export in one worker, even if it is busy.
   * @param {number} place
   * @param {string} name
   * @param {any[]} [parameters]
   * @param {{ progress?: (value: any) => void, moved?: any[] }} [options]
   * @returns {Promise<any>}
   */
  ask(place, name, parameters = [], { progress, moved } = {}) {
    return new Promise((resolve, reject) => {
      if (this.#ended) return reject(this.#ended);
      this.#workers[place].send([{ name, parameters, progress, moved, resolve, reject }]);
    });
  }

  /** Sends waiting calls to free workers. */
  pump() {
    if (this.#waiting.size === 0) return;
    const idle = this.#workers.filter(({ isIdle }) => isIdle);
    for (const [place, worker] of idle.entries()) {
      const share = Math.min(LIST_MAX, Math.ceil(this.#waiting.size / (idle.length - place)));
      if (share === 0) return;
      const list = [...this.#first(share)];
      for (const call of list) this.#waiting.delete(call);
      worker.send(list);
    }
  }

  /** The first of the waiting calls. @param {number} count */
  *#first(count) {
    for (const call of this.#waiting) {
      yield call;
      count -= 1;
      if (count === 0) return;
    }
  }

  /** Terminates all workers and rejects all calls. */
  async end(/** @type {Error} */ error = closed()) {
    if (this.#ended) return;
    this.#ended = error;
    const ends = this.#workers.map((worker) => worker.end(error));
    for (const { reject, forget } of this.#waiting) {
      forget?.();
      reject(error);
    }
    this.#waiting.clear();
    this.memory = undefined;
    await Promise.all([...ends, this.onEnd(error)]);
  }
}
