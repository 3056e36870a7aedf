/** Decides when the panels are drawn: the only throttle between the store and the screen. */
/** @import { State, Store } from '../types.d.ts' */

/**
 * A frame that has drawn for this long leaves the other panels to the next frame. Short tasks take
 * long while workers occupy all processors, and the page must still react to a press on Cancel.
 */
const FRAME_BUDGET_MS = 4;

/** The shortest time between two drawings of the live panels while workers run: 5 per second. */
const LIVE_INTERVAL_MS = 210;

/** The parts of the state that change by themselves during a run. All others react to a press. */
const LIVE_KEYS = /** @type {Set<string>} */ (
  new Set(['reading', 'revision', 'account_layout', 'ledger_samples', 'trail'])
);

/** @typedef {(state: State) => void} Draw */

export class FrameScheduler {
  #store;
  #panels;
  /** The last state that was compared. */
  #last;
  /** Panels that the current pass still has to draw. @type {Draw[]} */
  #queue = [];
  #is_pass_pending = false;
  #is_live_pending = false;
  #live_drawn_ms = -LIVE_INTERVAL_MS;
  #frame = 0;
  #is_waiting = false;

  /**
   * @param {Store} store
   * @param {{ controls: Draw[], live: Draw[] }} panels `live` show the numbers of a run under way
   */
  constructor(store, panels) {
    this.#store = store;
    this.#panels = panels;
    this.#last = store.state;
    store.subscribe((state) => this.#stateChanged(state));
  }

  /** @param {State} state */
  #stateChanged(state) {
    const last = this.#last;
    this.#last = state;
    this.#is_live_pending = true;
    const keys = /** @type {(keyof State)[]} */ (Object.keys(state));
    const is_press = keys.some((key) => !LIVE_KEYS.has(key) && state[key] !== last[key]);
    if (is_press || state.run_state !== 'running') this.#requestPass();
    else this.#requestLivePass();
  }

  #requestPass() {
    this.#is_pass_pending = true;
    this.#frame ||= requestAnimationFrame(() => this.#drawFrame());
  }

  /** Each frame costs more than what is drawn in it, so live panels wait for one common pass. */
  #requestLivePass() {
    if (this.#is_waiting) return;
    const wait_ms = this.#live_drawn_ms + LIVE_INTERVAL_MS - performance.now();
    if (wait_ms <= 0) {
      this.#requestPass();
      return;
    }
    this.#is_waiting = true;
    setTimeout(() => {
      this.#is_waiting = false;
      this.#requestPass();
    }, wait_ms);
  }

  #drawFrame() {
    this.#frame = 0;
    const begun_ms = performance.now();
    if (this.#queue.length === 0) this.#beginPass(begun_ms);
    do this.#queue.shift()?.(this.#store.state);
    while (this.#queue.length > 0 && performance.now() - begun_ms < FRAME_BUDGET_MS);
    if (this.#queue.length > 0 || this.#is_pass_pending) {
      this.#frame ||= requestAnimationFrame(() => this.#drawFrame());
    } else if (this.#is_live_pending) {
      this.#requestLivePass();
    }
  }

  /** @param {number} now_ms */
  #beginPass(now_ms) {
    const { controls, live } = this.#panels;
    const is_running = this.#store.state.run_state === 'running';
    const is_due = !is_running || now_ms >= this.#live_drawn_ms + LIVE_INTERVAL_MS;
    this.#is_pass_pending = false;
    this.#queue = [...controls];
    if (!is_due || !this.#is_live_pending) return;
    this.#is_live_pending = false;
    this.#live_drawn_ms = now_ms;
    this.#queue.push(...live);
  }
}
