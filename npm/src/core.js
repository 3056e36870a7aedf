/** One instance of the module in one thread: how it is started, called, and known to have failed. */
import { LedgerError, LedgerRefusedError, broken, refused } from './errors.js';

/** Enough for the deepest call of a run, and little beside what a ledger keeps. */
const STACK_BYTES = 1_048_576;

/** @typedef {{ glue: (console: object) => any, module: WebAssembly.Module, memory?: WebAssembly.Memory, shared: boolean }} Parts */

export class Core {
  #glue;
  /** What a panic has said last: it goes to the console, and after it comes a bare trap. */
  #panic = '';
  /** @type {Error | null} */
  #broken = null;
  #exports;
  /** @type {WebAssembly.Memory} */
  memory;

  /** @param {Parts} parts a module, its glue, and the memory of the threads that were there before, if any */
  constructor({ glue, module, memory, shared }) {
    const error = (/** @type {unknown[]} */ ...words) => {
      this.#panic = words.join(' ').split('\n\nStack')[0];
    };
    this.#glue = glue({ error });
    const options = shared ? { module, memory, thread_stack_size: STACK_BYTES } : { module };
    this.#exports = this.#glue.initSync(options);
    this.memory = this.#exports.memory;
  }

  /**
   * @param {string} name of an export
   * @param {...any} parameters
   */
  call(name, ...parameters) {
    if (this.#broken) throw this.#broken;
    try {
      const value = this.#glue[name](...parameters);
      return value instanceof Promise ? value.catch((error) => this.#fail(error)) : value;
    } catch (error) {
      return this.#fail(error);
    }
  }

  /** @param {any} error @returns {never} */
  #fail(error) {
    if (typeof error === 'string') throw refused(error);
    // What the core refuses by itself is a plain error; a trap, of the module or of its stack, is not.
    if (error instanceof Error && error.constructor === Error) {
      throw new LedgerRefusedError(`${error.message}.`, { code: 'refused' });
    }
    if (error instanceof LedgerError) throw error;
    this.#broken = broken(this.#panic || String(error?.message ?? error));
    throw this.#broken;
  }

  /** Closes a ledger, unless nothing works here any more. @param {number} ledger */
  release(ledger) {
    if (!this.#broken) this.call('close_service', ledger);
  }

  /** Gives back what this thread has of a memory that others share. */
  leave() {
    if (!this.#broken) this.#exports.__wbindgen_thread_destroy();
  }
}
