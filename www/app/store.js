/** @import { State } from '../types.d.ts' */
import { NO_ACCOUNTS } from '../features/accounts/account_query.js';
import { UNKNOWN } from '../features/console/api_target.js';
import { NO_TRAIL } from '../features/trail/trail_filter.js';

/** The page's state in one place. Who changes it hands over changes; who shows it subscribes. */
export class Store {
  /** @type {State} */
  #state;
  /** @type {Set<(state: State) => void>} */
  #listeners = new Set();

  /** @param {State} initial */
  constructor(initial) {
    this.#state = initial;
  }

  get state() {
    return this.#state;
  }

  /** @param {Partial<State>} changes */
  set(changes) {
    this.#state = { ...this.#state, ...changes };
    for (const listener of this.#listeners) listener(this.#state);
  }

  /** @param {(state: State) => void} listener */
  subscribe(listener) {
    this.#listeners.add(listener);
  }
}

/**
 * @param {number} pool_size
 * @returns {State}
 */
export function initialState(pool_size) {
  return {
    run_state: 'loading',
    error: null,
    notices: [],
    pool_size,
    description: null,
    scenario: '',
    preset: '',
    fields: {},
    current_run: null,
    reading: null,
    paused: false,
    reader: null,
    account_layout: null,
    ledger_samples: null,
    revision: 0,
    report: null,
    stopped_after_ms: null,
    api_target: UNKNOWN,
    file: '',
    previous_points: [],
    stored_runs: { loaded: false, runs: [], storage_error: '' },
    compared_runs: [],
    comparison_progress: null,
    divergence: null,
    trail: NO_TRAIL,
    accounts: NO_ACCOUNTS,
    guide_step: null,
  };
}

/**
 * Whether a run is under way, from the press on Run to its report; or a comparison, to its last.
 * @param {State} state
 */
export function isBusy(state) {
  const stages = ['preparing', 'running', 'cancelling', 'checking'];
  return state.comparison_progress !== null || stages.includes(state.run_state);
}

/**
 * Whether the run under way rests. One that is being cancelled does not, whatever its counters say.
 * @param {Pick<State, 'run_state' | 'paused'>} state
 */
export function isPaused({ run_state, paused }) {
  return run_state === 'running' && paused;
}
