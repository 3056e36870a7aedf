/** The counters of a run, which workers write into the shared memory and this thread reads. */
/** @import { CounterLayout, Prepared, Reading } from '../types.d.ts' */

export class Counters {
  #view;
  #layout;
  /** The words that stay the same as long as the block belongs to this run. @type {string | null} */
  #identity = null;

  /**
   * @param {WebAssembly.Memory} memory
   * @param {Prepared['counters']} block
   * @param {CounterLayout} layout
   */
  constructor(memory, block, layout) {
    this.#view = new BigUint64Array(memory.buffer, block.pointer, block.words);
    this.#layout = layout;
  }

  /** Stops every worker after its current batch. */
  cancel() {
    Atomics.store(this.#view, indexOf(this.#layout.header, 'cancel'), 1n);
  }

  /** Pauses every worker before its next batch, or resumes it. @param {boolean} pauses */
  pause(pauses) {
    Atomics.store(this.#view, indexOf(this.#layout.header, 'pause'), pauses ? 1n : 0n);
  }

  /**
   * Returns the counters, or nothing when they no longer belong to this run: the core frees them
   * when it has made the report, a moment before the page receives it.
   * @returns {Reading | null}
   */
  read() {
    const constant = ['workers', 'operations', 'duration_ns', 'entry_bytes'];
    const identity = constant.map((name) => this.#header(name)).join();
    this.#identity ??= identity;
    return identity === this.#identity ? this.#read() : null;
  }

  /** @returns {Reading} */
  #read() {
    return {
      phase: this.#layout.phases[this.#header('phase')] ?? 'unknown',
      paused: this.#header('pause') !== 0,
      operations: this.#header('operations'),
      duration_ns: this.#header('duration_ns'),
      setup_entries: this.#header('setup_entries'),
      replayed: this.#header('replayed'),
      replay_total: this.#header('replay_total'),
      entry_bytes: this.#header('entry_bytes'),
      workers: this.#workers(),
      events: this.#events(),
    };
  }

  #workers() {
    const { header_words, worker_words, worker: names } = this.#layout;
    const workers = Math.floor((this.#view.length - header_words) / worker_words);
    return Array.from({ length: workers }, (_, index) => {
      /** @param {string} name */
      const word = (name) => this.#word(header_words + index * worker_words, names, name);
      return {
        worker: index + 1,
        operations: word('operations'),
        reads: word('reads'),
        attempts: word('attempts'),
        accepted: word('accepted'),
        refused: word('refused'),
        interrupted: word('interrupted'),
        entries: word('entries'),
        waits: word('waits'),
        conflicts: word('conflicts'),
      };
    });
  }

  /** The events so far. The time of each is stored with 1 added, because 0 means never. */
  #events() {
    const { header_words, events_begin = header_words, event: names = [] } = this.#layout;
    const places = names.length > 0 ? Math.floor((header_words - events_begin) / names.length) : 0;
    const events = Array.from({ length: places }, (_, place) => {
      const begin = events_begin + place * names.length;
      const count = this.#word(begin, names, 'count');
      return { place, count, first_at_ns: this.#word(begin, names, 'first_at_ns') - 1 };
    });
    return events.filter(({ count, first_at_ns }) => count > 0 && first_at_ns >= 0);
  }

  /** @param {string} name */
  #header(name) {
    return this.#word(0, this.#layout.header, name);
  }

  /**
   * Returns one word of a group, or 0 if this core does not count it.
   * @param {number} begin of the group
   * @param {string[]} names of its words, in order
   * @param {string} name
   */
  #word(begin, names, name) {
    const index = names.indexOf(name);
    return index < 0 ? 0 : Number(Atomics.load(this.#view, begin + index));
  }
}

/** Returns the index of a word that the page needs. @param {string[]} names @param {string} name */
function indexOf(names, name) {
  const index = names.indexOf(name);
  if (index < 0) throw new Error(`The core's counters have no word ${name}.`);
  return index;
}
