/** The main object of a pool's worker: it starts the module and then answers lists of calls in order. */
import { ModuleInstance } from './module_instance.js';
import { LedgerError, packed } from './errors.js';

/** @typedef {{ single?: (console: object) => any, threaded: (console: object) => any }} Glues */

export class WorkerMain {
  #glues;
  #post;
  /** @type {ModuleInstance | null} */
  #instance = null;

  /**
   * @param {Glues} glues
   * @param {(message: any, transfer?: any[]) => void} post sends a message to the pool
   */
  constructor(glues, post) {
    this.#glues = glues;
    this.#post = post;
  }

  /** Handles a message of the pool: first `{ start }`, then `{ calls }`. @param {any} message */
  async receive({ start, calls }) {
    if (start) this.#start(start);
    else await this.#answer(calls);
  }

  /** Reports an error outside of a call: a trap after an `await`. @param {unknown} error */
  fail(error) {
    if (this.#instance) this.#post({ failed: this.#instance.fail(error).reason });
  }

  /** @param {{ module: WebAssembly.Module, memory?: WebAssembly.Memory, shared: boolean }} parts */
  #start({ module, memory, shared }) {
    try {
      const glue = /** @type {any} */ (shared ? this.#glues.threaded : this.#glues.single);
      this.#instance = new ModuleInstance({ glue, module, memory, shared });
      this.#post({ started: true, memory: shared ? this.#instance.memory : undefined });
    } catch (error) {
      const { message, code, field } = packed(error instanceof LedgerError ? error : { message: String(/** @type {any} */ (error)?.message ?? error) });
      this.#post({ failed: message, code, field });
    }
  }

  /** @param {any[]} calls */
  async #answer(calls) {
    const answers = [];
    for (const call of calls) answers.push(await this.#call(call));
    const bytes = answers.map(([, value]) => value).filter((value) => value instanceof Uint8Array);
    this.#post({ answers }, bytes.map(({ buffer }) => buffer));
  }

  /** @param {[number, string, any[], boolean]} call its number, the export, and whether it reports progress */
  async #call([number, name, parameters, reports]) {
    const progress = (/** @type {unknown} */ value) => this.#post({ progress: value, number });
    try {
      const instance = /** @type {ModuleInstance} */ (this.#instance);
      return [number, await instance.call(name, ...parameters, ...(reports ? [progress] : []))];
    } catch (error) {
      return [number, undefined, packed(error)];
    }
  }
}
