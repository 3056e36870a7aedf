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
  async receive({ start, calls, stored }) {
    if (start) this.#start(start);
    else await this.#answer(calls, stored);
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

  /** @param {any[]} calls @param {number} [stored] the ledger whose results wait until they are on the disk */
  async #answer(calls, stored) {
    const answers = [];
    for (const call of calls) answers.push(await this.#call(call));
    if (stored) {
      const [, , error] = await this.#call([0, 'call_ledger', [stored, 'sync', ''], false]);
      if (error) for (const answer of answers) answer[2] ??= error;
    }
    const bytes = answers.map(([, value]) => value).filter((value) => value instanceof Uint8Array);
    this.#post({ answers }, bytes.map(({ buffer }) => buffer));
  }

  /** Executes a call. @param {any} instance @param {string} name of the export @param {any[]} parameters */
  execute(instance, name, parameters) {
    return instance.call(name, ...parameters);
  }

  /** @param {[number, string, any[], boolean]} call its number, the export, and whether it reports progress */
  async #call([number, name, parameters, reports]) {
    const progress = (/** @type {unknown} */ value) => this.#post({ progress: value, number });
    try {
      return [number, await this.execute(this.#instance, name, reports ? [...parameters, progress] : parameters)];
    } catch (error) {
      return [number, undefined, packed(error)];
    }
  }
}
