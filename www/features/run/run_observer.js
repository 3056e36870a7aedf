/** Turns what the engine reports of one run into state. */
/** @import { Reader, Reading, Store } from '../../types.d.ts' */

export class RunObserver {
  #store;
  #cancelled_at_ms = 0;
  #last_ms = 0;
  #began_ms = 0;
  /** When the last worker returned, counted from when the page saw them begin. */
  stopped_ns = 0;

  /** @param {Store} store */
  constructor(store) {
    this.#store = store;
  }

  /** Starts the clock from the press on Cancel to the last worker's return. */
  markCancelled() {
    this.#cancelled_at_ms = performance.now();
  }

  /** The callbacks of `Engine.run`. */
  get callbacks() {
    return {
      /** @param {Reader} reader */
      opened: (reader) => this.#store.set({ reader }),
      /** @param {Reading} reading @param {number} at_ms */
      reading: (reading, at_ms) => this.#read(reading, at_ms),
      /** @param {number} at_ms */
      stopped: (at_ms) => this.#stop(at_ms),
    };
  }

  /** @param {Reading} reading @param {number} at_ms */
  #read(reading, at_ms) {
    const { run_state, revision, series } = this.#store.state;
    const has_begun = reading.workers.some(({ operations }) => operations > 0);
    // The workers began between the previous reading, which had no operations, and this one.
    if (has_begun) this.#began_ms ||= this.#last_ms || at_ms;
    this.#last_ms = at_ms;
    const is_working = ['preparing', 'running', 'cancelling'].includes(run_state);
    if (has_begun && is_working) series.add((at_ms - this.#began_ms) * 1e6, reading);
    const starts = run_state === 'preparing' && reading.phase !== 'preparing';
    this.#store.set({
      reading,
      paused: reading.paused && is_working,
      revision: revision + 1,
      run_state: starts ? 'running' : run_state,
    });
  }

  /** @param {number} at_ms */
  #stop(at_ms) {
    const pressed_ms = this.#cancelled_at_ms;
    this.stopped_ns = this.#began_ms ? (at_ms - this.#began_ms) * 1e6 : 0;
    this.#store.set({
      run_state: 'checking',
      stopped_after_ms: pressed_ms ? performance.now() - pressed_ms : null,
    });
  }
}
