/** The window on a run: numbers that workers write into the shared memory and this thread reads. */
/** @import { CounterLayout, Prepared, Reading } from '../types.d.ts' */

export class Counters {
  #view;
  #layout;
  /** What does not change while the block is this run's. @type {string | null} */
  #mark = null;

  /**
   * @param {WebAssembly.Memory} memory
   * @param {Prepared['counters']} block
   * @param {CounterLayout} layout
   */
  constructor(memory, block, layout) {
    this.#view = new BigUint64Array(memory.buffer, block.pointer, block.words);
    this.#layout = layout;
  }

  /** Asks every worker to stop: each looks at this word between its batches. */
  cancel() {
    Atomics.store(this.#view, indexOf(this.#layout.header, 'cancel'), 1n);
  }

  /**
   * The counters as they stand. Nothing, where they are no longer this run's: the core frees them
   * when it has made the report, which is a moment before the page holds it.
   * @returns {Reading | null}
   */
  read() {
    const kept = ['workers', 'operations', 'duration_ns', 'entry_bytes'];
    const mark = kept.map((name) => this.#header(name)).join();
    this.#mark ??= mark;
    return mark === this.#mark ? this.#read() : null;
  }

  /** @returns {Reading} */
  #read() {
    const phases = this.#layout.phases;
    const workers = [];
    const words = this.#view.length - this.#layout.header_words;
    for (let worker = 0; worker < words / this.#layout.worker_words; worker += 1) {
      workers.push({
        worker,
        attempts: this.#worker(worker, 'attempts'),
        accepted: this.#worker(worker, 'accepted'),
        refused: this.#worker(worker, 'refused'),
        interrupted: this.#worker(worker, 'interrupted'),
        waits: this.#worker(worker, 'waits'),
        conflicts: this.#worker(worker, 'conflicts'),
      });
    }
    return {
      phase: phases[this.#header('phase')] ?? 'unknown',
      operations: this.#header('operations'),
      duration_ns: this.#header('duration_ns'),
      setup_entries: this.#header('setup_entries'),
      replayed: this.#header('replayed'),
      replay_total: this.#header('replay_total'),
      entry_bytes: this.#header('entry_bytes'),
      workers,
    };
  }

  /** @param {string} name */
  #header(name) {
    return this.#word(indexOf(this.#layout.header, name));
  }

  /**
   * @param {number} worker
   * @param {string} name
   */
  #worker(worker, name) {
    const { header_words, worker_words, worker: names } = this.#layout;
    return this.#word(header_words + worker * worker_words + indexOf(names, name));
  }

  /** @param {number} index */
  #word(index) {
    return Number(Atomics.load(this.#view, index));
  }
}

/**
 * @param {string[]} names
 * @param {string} name
 */
function indexOf(names, name) {
  const index = names.indexOf(name);
  if (index < 0) throw new Error(`The core's counters have none called ${name}.`);
  return index;
}
