/** One instance of the module in one thread: how it is started, called, and known to have failed. */
import { LedgerRefusedError, broken, refused } from './errors.js';

/** Enough for the deepest call of a run, and little beside what a ledger keeps. */
const STACK_BYTES = 1_048_576;

const LABORATORY = new Set([
  'handle', 'next_piece', 'close_body', 'describe', 'prepare', 'work_telling', 'finish',
  'lend_workers', 'wanted_run', 'work', 'look_at_run', 'end_run', 'fail_run',
]);

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
      return value instanceof Promise ? value.catch((error) => this.#fail(name, error)) : value;
    } catch (error) {
      return this.#fail(name, error);
    }
  }

  /** @param {string} name @param {any} error @returns {never} */
  #fail(name, error) {
    if (typeof error === 'string') throw refused(error);
    // The laboratory refuses by an error with a sentence. From all others an error is none of the core's own: a trap, or
    // something that broke in the middle of a call.
    if (LABORATORY.has(name) && error?.constructor === Error && !this.#panic) {
      throw new LedgerRefusedError(`${error.message}.`, { code: 'refused' });
    }
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
