/** One instance of the WebAssembly module in one thread. */
import { LedgerBrokenError, broken, refused } from './errors.js';

/** The stack size of each thread, enough for the deepest call of a run. */
const STACK_BYTES = 1_048_576;

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
    this.#exports = this.#glue.initSync(options);
    this.memory = this.#exports.memory;
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
    throw typeof error === 'string' ? refused(error) : this.fail(error);
  }

  /** Marks the instance as broken: its memory may be inconsistent. @param {any} error */
  fail(error) {
    this.#failure ??= broken(this.#panic || String(error?.message ?? error));
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
