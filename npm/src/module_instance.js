/** One instance of the WebAssembly module in one thread. */
import { LedgerBrokenError, LedgerRefusedError, LedgerStartError, broken, refused } from './errors.js';

/** The stack size of each thread, enough for the deepest call of a run. */
const STACK_BYTES = 1_048_576;

/** Returns bytes in words. @param {number} bytes */
const mebibytes = (bytes) => `${Math.floor(bytes / (1 << 20))} MiB`;

/** @typedef {{ glue: (console: object) => any, module: WebAssembly.Module, memory?: WebAssembly.Memory, shared: boolean }} Parts */

export class ModuleInstance {
  #glue;
  /** The message of the last panic. The core prints it to the console and then traps. */
  #panic = '';
  /** @type {LedgerBrokenError | null} */
  #failure = null;
  #exports;
  /** @type {WebAssembly.Memory} */
  memory;

  /** @param {Parts} parts `memory` is shared with the threads that have started before */
  constructor({ glue, module, memory, shared }) {
    const error = (/** @type {unknown[]} */ ...words) => {
      this.#panic = words.join(' ').split('\n\nStack')[0];
    };
    this.#glue = glue({ error });
    const options = shared ? { module, memory, thread_stack_size: STACK_BYTES } : { module };
    try {
      this.#exports = this.#glue.initSync(options);
    } catch (error) {
      throw this.#notStarted(error, shared);
    }
    this.memory = this.#exports.memory;
  }

  /** Returns why the instance did not start, and the remedy. @param {any} error @param {boolean} shared */
  #notStarted(error, shared) {
    if (error instanceof WebAssembly.LinkError) {
      const message = `The module and the package's code are not of the same version: ${error.message}.`;
      return new LedgerStartError(message, { code: 'wrong_module', field: 'module', cause: error });
    }
    if (!this.#isMemoryError(error)) return error;
    const advice = shared
      ? 'Open it with fewer `workers`, each of which needs 1 MiB at once, or with `workers: 0`, which needs no shared memory'
      : 'Close other ledgers';
    const message = `There is not enough memory for the ledger. ${advice}.`;
    return new LedgerStartError(message, { code: 'no_memory', field: shared ? 'workers' : undefined, cause: error });
  }

  /**
   * Returns whether memory was refused. The core then stops without a panic, and the memory, which is not used again, cannot
   * grow by half.
   * @param {any} error
   */
  #isMemoryError(error) {
    if (error instanceof RangeError) return !/stack/.test(error.message);
    if (this.#panic || !/unreachable/i.test(error?.message)) return false;
    try {
      this.memory.grow(Math.max(256, this.memory.buffer.byteLength >>> 17));
      return false;
    } catch {
      return true;
    }
  }

  /** Says what fits into a memory that cannot grow. A trail of half of it leaves room for what grows with it. */
  #memoryAdvice() {
    const { byteLength } = this.memory.buffer;
    const limit = BigInt(byteLength >> 21 || 1) << 20n;
    const message = `The ledger's memory cannot grow beyond ${mebibytes(byteLength)} here. Open a ledger with \`trailBytes\` of at most ${limit} (${mebibytes(Number(limit))}).`;
    return { message, limit, field: 'trailBytes' };
  }

  /** Calls an export. @param {string} name @param {...any} parameters */
  call(name, ...parameters) {
    if (this.#failure) throw this.#failure;
    try {
      const value = this.#glue[name](...parameters);
      return value instanceof Promise ? value.catch((error) => this.#throw(error)) : value;
    } catch (error) {
      return this.#throw(error);
    }
  }

  /** @param {unknown} error @returns {never} */
  #throw(error) {
    // The core throws a string when it rejects a call. Anything else is a trap or an error within a call.
    if (typeof error !== 'string') throw this.fail(error);
    const refusal = refused(error);
    // A trail in a memory that is smaller than its budget is full because the memory could not grow.
    const { byteLength } = this.memory.buffer;
    if (refusal.code !== 'trail_full' || /** @type {bigint} */ (refusal.limit) <= byteLength) throw refusal;
    const { message, ...details } = this.#memoryAdvice();
    throw new LedgerRefusedError(`The trail is full. ${message}`, { code: 'trail_full', ...details });
  }

  /** Marks the instance as broken: its memory may be inconsistent. @param {any} error */
  fail(error) {
    if (this.#failure) return this.#failure;
    if (this.#isMemoryError(error)) {
      const { message, ...details } = this.#memoryAdvice();
      this.#failure = broken(message, undefined, { code: 'no_memory', ...details });
    } else this.#failure = broken(this.#panic || String(error?.message ?? error));
    return this.#failure;
  }

  /** Closes a ledger, unless the instance is broken. @param {number} ledger */
  release(ledger) {
    if (!this.#failure) this.call('close_service', ledger);
  }

  /** Frees this thread's stack in the shared memory. */
  leave() {
    if (!this.#failure) this.#exports.__wbindgen_thread_destroy();
  }
}
