/** Threads of Node that share one WebAssembly memory, as the page's workers do. */
import { readFile } from 'node:fs/promises';
import { Worker } from 'node:worker_threads';

const script = new URL('./worker.mjs', import.meta.url);
const bytes = new URL('../../www/generated/ledgerlab_bg.wasm', import.meta.url);

/** A thread that has not answered for so long never will. */
const ANSWER_LIMIT_MS = 60_000;

/** One thread, and the call that it is busy with. */
class Thread {
  #worker = new Worker(script);
  #asked = null;

  constructor() {
    this.#worker.on('message', ({ value, error }) =>
      error === undefined ? this.#settle('resolve', value) : this.#fail(error),
    );
    this.#worker.on('error', (error) => this.#fail(error.message));
    this.#worker.on('exit', (code) => this.#fail(`the thread ended with ${code}`));
  }

  ask(call, parameters) {
    return new Promise((resolve, reject) => {
      const late = () => this.#fail(`no answer to ${call} within ${ANSWER_LIMIT_MS / 1000} s`);
      this.#asked = { resolve, reject, timer: setTimeout(late, ANSWER_LIMIT_MS) };
      this.#worker.postMessage({ call, parameters });
    });
  }

  #fail(sentence) {
    this.#settle('reject', new Error(sentence));
  }

  #settle(how, value) {
    const asked = this.#asked;
    this.#asked = null;
    clearTimeout(asked?.timer);
    asked?.[how](value);
  }

  end() {
    return this.#worker.terminate();
  }
}

export class Pool {
  #threads;

  constructor(threads) {
    this.#threads = threads;
  }

  /** Compiles the module once; the first thread makes the memory that all others share. */
  static async start(size) {
    const module = await WebAssembly.compile(await readFile(bytes));
    const pool = new Pool(Array.from({ length: size }, () => new Thread()));
    try {
      const memory = await pool.ask(0, 'start', module);
      if (!(memory.buffer instanceof SharedArrayBuffer)) throw new Error('its memory is not shared');
      const others = Array.from({ length: size - 1 }, (_, place) => place + 1);
      await Promise.all(others.map((thread) => pool.ask(thread, 'start', module, memory)));
      return pool;
    } catch (error) {
      await pool.end();
      throw error;
    }
  }

  get size() {
    return this.#threads.length;
  }

  /** Has one thread call one export of the module. */
  ask(thread, call, ...parameters) {
    return this.#threads[thread].ask(call, parameters);
  }

  /**
   * Runs a scenario with as many workers as there are threads, and answers its report. Without a
   * preset its first one gives what the parameters do not.
   */
  async run(scenario, parameters, preset) {
    const environment = { host: 'node', workers_available: this.size };
    const { run } = await this.ask(0, 'prepare', { scenario, preset, parameters, environment });
    const shares = Array.from({ length: this.size }, (_, worker) =>
      this.ask(worker, 'work', run, worker),
    );
    await Promise.all(shares);
    return this.ask(0, 'finish', run);
  }

  async end() {
    await Promise.all(this.#threads.map((thread) => thread.end()));
  }
}
