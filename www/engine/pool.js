/**
 * A pool of workers over one shared memory. It has a fixed size, is started once and is used for
 * run after run: a worker that is ended leaves its stack behind in the memory.
 */
import { Trouble, sentence } from '../trouble.js';

/** A worker that takes longer than this to become ready is taken for one that never will. */
export const READY_LIMIT_MS = 9_000;

/** A call that the core answered with an error, after which it can go on. */
export class Refusal extends Error {}

/**
 * @typedef {object} Asked
 * @property {(value: any) => void} resolve
 * @property {(error: Error) => void} reject
 * @property {(done: number) => void} [progress]
 */

/** A run that was asked for over HTTP. @typedef {{ run: number, workers: number }} Wanted */

/** One worker, and the call it is busy with. */
class Seat {
  #worker;
  #broken;
  /** Called with a run that its service was asked for. @type {(wanted: Wanted) => void} */
  wanted = () => {};
  /** @type {Asked | null} */
  #asked = null;
  /** @type {Error | null} */
  #ended = null;

  /**
   * @param {number} index
   * @param {(reason: Error) => void} broken called when it traps at what nobody waits for
   */
  constructor(index, broken) {
    this.index = index;
    this.#broken = broken;
    this.#worker = new Worker(new URL('./worker.js', import.meta.url), {
      type: 'module',
      name: `ledger worker ${index}`,
    });
    this.#worker.onmessage = ({ data }) => this.#answer(data);
    this.#worker.onerror = (event) => {
      event.preventDefault();
      const nobodyWaits = this.#asked === null && this.#ended === null;
      this.end(brokenWorker(index, event.message));
      if (nobodyWaits) this.#broken(brokenWorker(index, event.message));
    };
    this.#worker.onmessageerror = () => this.end(brokenWorker(index, 'its message was unreadable'));
  }

  /**
   * @param {string} call
   * @param {unknown[]} parameters
   * @param {(done: number) => void} [progress] told how far a long call is
   * @returns {Promise<any>}
   */
  ask(call, parameters, progress) {
    if (this.#ended) return Promise.reject(this.#ended);
    if (this.#asked) throw new Error(`Worker ${this.index} is busy and was asked to ${call}.`);
    return new Promise((resolve, reject) => {
      this.#asked = { resolve, reject, progress };
      this.#worker.postMessage({ call, parameters, tells: progress !== undefined });
    });
  }

  /**
   * Hands something to the worker, which it deals with by itself.
   * @param {string} call
   * @param {unknown[]} parameters
   * @param {Transferable[]} transfer
   */
  pass(call, parameters, transfer) {
    if (this.#ended) throw this.#ended;
    this.#worker.postMessage({ call, parameters }, transfer);
  }

  /**
   * @param {{ value?: unknown, message?: string, trapped?: boolean, done?: number, wanted?: Wanted }}
   *   answer
   */
  #answer(answer) {
    if (answer.wanted) {
      this.wanted(answer.wanted);
      return;
    }
    if (answer.done !== undefined) {
      this.#asked?.progress?.(answer.done);
      return;
    }
    const asked = this.#asked;
    this.#asked = null;
    if (answer.message === undefined) asked?.resolve(answer.value);
    else if (answer.trapped && !asked) this.#broken(brokenWorker(this.index, answer.message));
    else if (answer.trapped) asked?.reject(brokenWorker(this.index, answer.message));
    else asked?.reject(new Refusal(sentence(answer.message)));
  }

  /** @param {Error} reason */
  end(reason) {
    this.#ended ??= reason;
    this.#worker.terminate();
    this.#asked?.reject(this.#ended);
    this.#asked = null;
  }
}

/**
 * Starts workers over one memory, which the first of them makes unless it is given.
 * @param {Seat[]} seats
 * @param {WebAssembly.Module} module
 * @param {WebAssembly.Memory} [given]
 * @returns {Promise<WebAssembly.Memory>}
 */
async function startAll(seats, module, given) {
  const waiting = new Set(seats);
  const late = setTimeout(() => {
    for (const seat of waiting) seat.end(lateWorker(seat.index));
  }, READY_LIMIT_MS);
  /** @param {Seat} seat @param {WebAssembly.Memory} [memory] */
  const ready = async (seat, memory) => {
    const shared = await seat.ask('start', [module, memory]);
    waiting.delete(seat);
    return shared;
  };
  try {
    // An ended seat refuses its call, so a second worker that fails early is found here too.
    const memory = await ready(seats[0], given);
    await Promise.all(seats.slice(1).map((seat) => ready(seat, memory)));
    return memory;
  } catch (error) {
    for (const seat of seats) seat.end(new Error('The pool did not start.'));
    throw error instanceof Refusal ? brokenWorker(seats[0].index, error.message) : error;
  } finally {
    clearTimeout(late);
  }
}

export class Pool {
  #seats;
  #module;
  #broken;
  /** @type {WebAssembly.Memory} */
  memory;
  /** Those beside the pool's, which have no share in runs. @type {Seat[]} */
  #others = [];
  /** The worker beside the others that answers requests. @type {Seat | null} */
  #clerk = null;
  /** The number of the service that it answers with. @type {Promise<number> | null} */
  #service = null;
  /** The worker beside the others that looks into ledgers. @type {Promise<Seat> | null} */
  #reader = null;
  /** What the reader was asked last: it does one thing at a time. @type {Promise<unknown>} */
  #read = Promise.resolve();

  /**
   * @param {Seat[]} seats
   * @param {WebAssembly.Module} module
   * @param {WebAssembly.Memory} memory
   * @param {(reason: Error) => void} broken
   */
  constructor(seats, module, memory, broken) {
    this.#seats = seats;
    this.#module = module;
    this.memory = memory;
    this.#broken = broken;
  }

  /**
   * @param {WebAssembly.Module} module
   * @param {number} size
   * @param {(reason: Error) => void} broken called when a worker traps at what nobody waits for
   */
  static async start(module, size, broken) {
    const seats = Array.from({ length: size }, (_, index) => new Seat(index, broken));
    return new Pool(seats, module, await startAll(seats, module), broken);
  }

  /**
   * Hands one end of a channel to the clerk, who is started with the first one.
   * @param {MessagePort} port
   * @param {object} host what runs that are asked for take place on
   * @param {(wanted: Wanted) => void} wanted called with each of them
   */
  async attend(port, host, wanted) {
    this.#service ??= this.#openService(host, wanted);
    const service = await this.#service;
    this.#clerk?.pass('attend', [service, port], [port]);
  }

  /**
   * Tells the clerk something of a run that was asked for.
   * @param {string} call
   * @param {...unknown} parameters
   */
  tell(call, ...parameters) {
    this.#clerk?.pass(call, parameters, []);
  }

  /** @param {object} host @param {(wanted: Wanted) => void} wanted */
  async #openService(host, wanted) {
    const clerk = (this.#clerk = new Seat(this.#seats.length, this.#broken));
    this.#others.push(clerk);
    try {
      await startAll([clerk], this.#module, this.memory);
      const service = await clerk.ask('open_service', [{}]);
      await clerk.ask('lend_workers', [service, host]);
      clerk.wanted = wanted;
      return service;
    } catch (error) {
      clerk.end(/** @type {Error} */ (error));
      this.#service = null;
      throw error;
    }
  }

  /**
   * Has the reader call one function of the core, when it has done what it was asked before. It is
   * started with the first call.
   * @param {string} call
   * @param {unknown[]} parameters
   * @param {(done: number) => void} [progress]
   * @returns {Promise<any>}
   */
  read(call, parameters, progress) {
    const answer = this.#read.then(async () => {
      this.#reader ??= this.#startReader();
      const reader = await this.#reader;
      return reader.ask(call, parameters, progress);
    });
    this.#read = answer.catch(() => {});
    return answer;
  }

  async #startReader() {
    const reader = new Seat(this.#seats.length + 1, this.#broken);
    this.#others.push(reader);
    try {
      await startAll([reader], this.#module, this.memory);
      return reader;
    } catch (error) {
      this.#reader = null;
      throw error;
    }
  }

  /**
   * Has one worker call one function of the core.
   * @param {number} worker
   * @param {string} call
   * @param {...unknown} parameters
   */
  ask(worker, call, ...parameters) {
    return this.#seats[worker].ask(call, parameters);
  }

  /**
   * Ends every worker at once. Nothing of the shared memory is used afterwards.
   * @param {Error} reason
   */
  end(reason) {
    for (const seat of [...this.#seats, ...this.#others]) seat.end(reason);
  }
}

/**
 * @param {number} index
 * @param {string} [message]
 */
function brokenWorker(index, message) {
  return new Trouble({
    what: `Worker ${index + 1} stopped.`,
    why: message
      ? `It reported: ${sentence(message)}`
      : 'Its script could not be loaded or failed before it could say why.',
    next: 'Try again: a fresh pool is started. If it stops again, the browser’s console says more.',
  });
}

/** @param {number} index */
function lateWorker(index) {
  return new Trouble({
    what: `Worker ${index + 1} did not start.`,
    why: `It was not ready after ${READY_LIMIT_MS / 1000} seconds.`,
    next: 'Try again; if it stays so, close tabs that keep the processor busy and reload the page.',
  });
}
