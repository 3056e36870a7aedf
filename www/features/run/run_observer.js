/** Follows one run through the engine's eyes, and turns what it sees into state. */
/** @import { Reader } from '../../engine/reader.js' */
/** @import { App } from '../../app/app.js' */
/** @import { Reading } from '../../types.d.ts' */

/** The beginning of a run is looked at more often than is worth being shown. */
const SHOW_INTERVAL_MS = 95;

export class RunObserver {
  #app;
  #cancelled_at_ms = 0;
  #last_ms = 0;
  #began_ms = 0;
  #shown_ms = 0;
  /** When the last worker returned, since they were seen to begin. */
  stopped_ns = 0;

  /** @param {App} app */
  constructor(app) {
    this.#app = app;
  }

  /** Somebody has just cancelled the run. */
  markCancelled() {
    this.#cancelled_at_ms = performance.now();
  }

  /** What the engine is to call. */
  get callbacks() {
    return {
      /** @param {Reader} reader */
      opened: (reader) => this.#app.store.set({ reader }),
      /** @param {Reading} reading @param {number} at_ms */
      reading: (reading, at_ms) => this.#read(reading, at_ms),
      /** @param {number} at_ms */
      stopped: (at_ms) => this.#stop(at_ms),
    };
  }

  /** @param {Reading} reading @param {number} at_ms */
  #read(reading, at_ms) {
    const { store, series } = this.#app;
    const begun = reading.workers.some(({ operations }) => operations > 0);
    // The workers began somewhere between the last look, which saw nothing, and this one.
    if (begun) this.#began_ms ||= this.#last_ms || at_ms;
    this.#last_ms = at_ms;
    const { run_state, revision } = store.state;
    const working = run_state === 'preparing' || run_state === 'running' || run_state === 'cancelling';
    if (begun && working) series.add((at_ms - this.#began_ms) * 1e6, reading);
    const running = run_state === 'preparing' && reading.phase !== 'preparing';
    if (!running && at_ms - this.#shown_ms < SHOW_INTERVAL_MS) return;
    this.#shown_ms = at_ms;
    store.set({
      reading,
      paused: reading.paused && working,
      revision: revision + 1,
      run_state: running ? 'running' : run_state,
    });
  }

  /** @param {number} at_ms */
  #stop(at_ms) {
    const pressed = this.#cancelled_at_ms;
    this.stopped_ns = this.#began_ms ? (at_ms - this.#began_ms) * 1e6 : 0;
    this.#app.store.set({
      run_state: 'checking',
      stopped_after_ms: pressed ? performance.now() - pressed : null,
    });
  }
}
