/**
 * Workers over one memory. A call goes to whichever is free, and calls that were made while all were busy go in lists, so
 * that a message carries many. What a worker has been sent is begun, and is finished; what waits can be taken back.
 */
import { LedgerStartError, broken, closed, unpacked } from './errors.js';

/** The most calls in one message. */
const LIST_MAX = 256;

/** All that it takes to be ready must be done by then. */
export const READY_LIMIT_MS = 9_000;

/**
 * @typedef {object} Waiting
 * @property {[string, any[]]} call
 * @property {any[]} [moved]
 * @property {AbortSignal} [signal]
 * @property {() => void} [abort]
 * @property {(value: any) => void} resolve
 * @property {(error: unknown) => void} reject
 */

/** @typedef {{ post(message: any, moved?: any[]): void, end(): void, hold(busy: boolean): void }} Thread */
/** @typedef {(told: (message: any) => void, failed: (why: string) => void) => Thread} Spawn */

class Seat {
  /** @type {Map<number, Waiting>} */
  calls = new Map();
  /** @type {((text: string) => void) | null} */
  progress = null;
  /** @type {{ resolve: (memory: any) => void, reject: (error: Error) => void } | null} */
  #starting = null;

  /** @param {Spawn} spawn @param {Pool} pool */
  constructor(spawn, pool) {
    this.pool = pool;
    this.thread = spawn((message) => this.#told(message), (why) => this.#failed(why));
  }

  /** @param {any} parts @returns {Promise<WebAssembly.Memory | undefined>} */
  start(parts) {
    return new Promise((resolve, reject) => {
      this.#starting = { resolve, reject };
      this.thread.post({ start: parts });
    });
  }

  get idle() {
    return this.calls.size === 0;
  }

  /** @param {Waiting[]} list */
  send(list) {
    const calls = list.map((waiting) => {
      const number = this.pool.number();
      waiting.signal?.removeEventListener('abort', /** @type {any} */ (waiting.abort));
      this.calls.set(number, waiting);
      return [number, ...waiting.call];
    });
    this.thread.hold(true);
    this.thread.post({ calls }, list.flatMap(({ moved }) => moved ?? []));
  }

  /** @param {any} message */
  #told(message) {
    if (message.progress !== undefined) this.progress?.(message.progress);
    else if (message.started) this.#starting?.resolve(message.memory);
    else if (message.failed !== undefined) this.#failed(message.failed);
    else this.#answered(message.answers);
  }

  /** @param {any[]} answers */
  #answered(answers) {
    for (const [number, value, error, isBroken] of answers) {
      const { resolve, reject } = /** @type {Waiting} */ (this.calls.get(number));
      this.calls.delete(number);
      if (!error) resolve(value);
      else {
        reject(unpacked(error));
        // Everything else that waits hears of it there, the rest of this list included.
        if (isBroken) return this.pool.end(unpacked(error));
      }
    }
    if (this.idle) this.thread.hold(false);
    this.pool.pump();
  }

  /** @param {string} why */
  #failed(why) {
    const error = new LedgerStartError(why, { code: 'worker_failed' });
    this.#starting?.reject(error);
    if (this.pool.ready) this.pool.end(broken(why));
  }

  /** @param {Error} error */
  end(error) {
    this.#starting?.reject(error);
    for (const { reject } of this.calls.values()) reject(error);
    this.calls.clear();
    this.thread.end();
  }
}

export class Pool {
  ready = false;
  /** @type {Seat[]} */
  #seats;
  /** @type {Waiting[]} */
  #waiting = [];
  /** @type {Error | null} */
  #ended = null;
  #last = 0;
  /** @type {WebAssembly.Memory | undefined} */
  memory;

  /** @param {Spawn} spawn @param {number} size */
  constructor(spawn, size) {
    this.#seats = Array.from({ length: size }, () => new Seat(spawn, this));
  }

  /**
   * The first worker makes the memory that all others share, unless it is given.
   * @param {WebAssembly.Module} module
   * @param {boolean} shared
   * @param {number} limit_ms
   * @param {WebAssembly.Memory} [memory]
   */
  async start(module, shared, limit_ms, memory) {
    const late = setTimeout(() => this.end(lateStart()), limit_ms);
    try {
      const [first, ...others] = this.#seats;
      this.memory = await first.start({ module, shared, memory });
      await Promise.all(others.map((seat) => seat.start({ module, shared, memory: this.memory })));
      if (this.#ended) throw this.#ended;
      this.ready = true;
      for (const { thread } of this.#seats) thread.hold(false);
      return this;
    } catch (error) {
      this.end(/** @type {Error} */ (error));
      throw error;
    } finally {
      clearTimeout(late);
    }
  }

  number() {
    this.#last += 1;
    return this.#last;
  }

  /**
   * Has any worker call an export.
   * @param {string} name
   * @param {any[]} parameters
   * @param {{ signal?: AbortSignal, moved?: any[] }} [options]
   * @returns {Promise<any>}
   */
  call(name, parameters, { signal, moved } = {}) {
    return new Promise((resolve, reject) => {
      if (this.#ended) return reject(this.#ended);
      if (signal?.aborted) return reject(signal.reason);
      /** @type {Waiting} */
      const waiting = { call: [name, parameters], resolve, reject, signal, moved };
      if (signal) {
        waiting.abort = () => {
          this.#waiting = this.#waiting.filter((other) => other !== waiting);
          reject(signal.reason);
        };
        signal.addEventListener('abort', waiting.abort, { once: true });
      }
      this.#waiting.push(waiting);
      // Calls that are made in one go share a message.
      if (this.#waiting.length === 1) queueMicrotask(() => this.pump());
    });
  }

  /**
   * Has one worker call an export, beside whatever it does.
   * @param {number} place
   * @param {string} name
   * @param {any[]} parameters
   * @param {(text: string) => void} [progress]
   * @returns {Promise<any>}
   */
  ask(place, name, parameters, progress) {
    return new Promise((resolve, reject) => {
      if (this.#ended) return reject(this.#ended);
      const seat = this.#seats[place];
      seat.progress = progress ?? null;
      seat.send([{ call: [name, parameters], resolve, reject }]);
    });
  }

  /** Gives what waits to those who are free. */
  pump() {
    if (this.#waiting.length === 0) return;
    const idle = this.#seats.filter((seat) => seat.idle);
    for (const [place, seat] of idle.entries()) {
      const share = Math.min(LIST_MAX, Math.ceil(this.#waiting.length / (idle.length - place)));
      if (share === 0) return;
      seat.send(this.#waiting.splice(0, share));
    }
  }

  /** Ends every worker at once, and all that waits with this error. */
  end(/** @type {Error} */ error = closed()) {
    if (this.#ended) return;
    this.#ended = error;
    for (const seat of this.#seats) seat.end(error);
    for (const { reject, signal, abort } of this.#waiting) {
      signal?.removeEventListener('abort', /** @type {any} */ (abort));
      reject(error);
    }
    this.#waiting = [];
    this.memory = undefined;
  }
}

function lateStart() {
  const message = `The ledger's workers were not ready after ${READY_LIMIT_MS / 1000} seconds. Try again when the machine is less busy, or with fewer workers.`;
  return new LedgerStartError(message, { code: 'timeout', limit: BigInt(READY_LIMIT_MS) });
}
