/** The counters of a run, which workers write into the shared memory and this thread reads. */
/** @import { CounterLayout, Prepared, Reading, WorkerReading } from '../types.d.ts' */

/** The words that stay the same as long as the block belongs to one run. */
const CONSTANT = ['workers', 'operations', 'duration_ns', 'entry_bytes'];

export class Counters {
  #view;
  #layout;
  /** The values of the constant words. @type {string | null} */
  #identity = null;

  /** @param {WebAssembly.Memory} memory @param {Prepared['counters']} block @param {CounterLayout} layout */
  constructor(memory, block, layout) {
    this.#view = new BigUint64Array(memory.buffer, block.pointer, block.words);
    this.#layout = layout;
  }

  /** Stops every worker after its current batch. */
  cancel() {
    this.#write('cancel', 1n);
  }

  /** Pauses every worker before its next batch, or resumes it. @param {boolean} pauses */
  pause(pauses) {
    this.#write('pause', pauses ? 1n : 0n);
  }

  /** @param {string} name @param {bigint} value */
  #write(name, value) {
    const index = this.#layout.header.indexOf(name);
    if (index < 0) throw new Error(`The core's counters have no word ${name}.`);
    Atomics.store(this.#view, index, value);
  }

  /**
   * Returns the counters, or null when they no longer belong to this run: the core frees them when it
   * has made the report, a moment before the page receives it.
   * @returns {Reading | null}
   */
  read() {
    const { header, header_words, worker_words, worker, phases } = this.#layout;
    const { phase, pause, ...numbers } = this.#group(0, header);
    const identity = CONSTANT.map((name) => numbers[name]).join();
    this.#identity ??= identity;
    if (identity !== this.#identity) return null;
    const workers = Math.floor((this.#view.length - header_words) / worker_words);
    const readings = Array.from({ length: workers }, (_, index) => {
      const totals = this.#group(header_words + index * worker_words, worker);
      return { ...totals, worker: index + 1 };
    });
    return {
      .../** @type {Omit<Reading, 'phase' | 'paused' | 'workers' | 'events'>} */ (numbers),
      phase: phases[phase] ?? 'unknown',
      paused: pause !== 0,
      workers: /** @type {WorkerReading[]} */ (readings),
      events: this.#events(),
    };
  }

  /** The events so far. The time of each is stored with 1 added, because 0 means never. */
  #events() {
    const { header_words, events_begin, event: names } = this.#layout;
    const kinds = Math.floor((header_words - events_begin) / names.length);
    const events = Array.from({ length: kinds }, (_, place) => {
      const { count, first_at_ns } = this.#group(events_begin + place * names.length, names);
      return { place, count, first_at_ns: first_at_ns - 1 };
    });
    return events.filter(({ count, first_at_ns }) => count > 0 && first_at_ns >= 0);
  }

  /** Returns the words of a group by name. @param {number} begin @param {string[]} names */
  #group(begin, names) {
    const words = names.map((name, index) => [name, Number(Atomics.load(this.#view, begin + index))]);
    return /** @type {Record<string, number>} */ (Object.fromEntries(words));
  }
}
