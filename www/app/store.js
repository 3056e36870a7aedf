/** @import { State } from '../types.d.ts' */
import { RunSeries } from '../charts/run_series.js';
import { NO_ACCOUNTS } from '../features/accounts/account_query.js';
import { UNKNOWN_TARGET } from '../features/console/api_target.js';
import { NO_STORED_LEDGER } from '../features/stored_ledger/ledger_folder.js';
import { NO_TRAIL } from '../features/trail/trail_filter.js';

/** The state of the page. Controllers set parts of it; panels and controllers subscribe to it. */
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

/** @param {number} pool_size @returns {State} */
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
    series: new RunSeries(0),
    revision: 0,
    report: null,
    stopped_after_ms: null,
    api_target: UNKNOWN_TARGET,
    file: '',
    stored_ledger: NO_STORED_LEDGER,
    opened_ledger: null,
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
 * Whether a run is under way, from the press on Run to its report, or a comparison, or a ledger is being opened.
 * @param {State} state
 */
export function isBusy({ run_state, comparison_progress }) {
  const states = ['opening', 'preparing', 'running', 'cancelling', 'checking'];
  return comparison_progress !== null || states.includes(run_state);
}

/**
 * Whether the workers are paused. Workers that are being cancelled are not.
 * @param {Pick<State, 'run_state' | 'paused'>} state
 */
export function isPaused({ run_state, paused }) {
  return run_state === 'running' && paused;
}

/**
 * Whether no worker writes any more, so that rates are averages over the whole run.
 * @param {Pick<State, 'run_state' | 'report'>} state
 */
export function isStopped({ run_state, report }) {
  return report !== null || run_state === 'checking';
}

/**
 * Whether the displayed ledger has no run under way: its run has ended, or it was opened from files.
 * @param {Pick<State, 'report' | 'opened_ledger'>} state
 */
export function isAtRest({ report, opened_ledger }) {
  return report !== null || opened_ledger !== null;
}

/**
 * Returns a function that returns whether its arguments differ from those of the previous call. Panels
 * use it to skip states that change nothing in them.
 */
export function changeDetector() {
  /** @type {unknown[] | null} */
  let last = null;
  return (/** @type {unknown[]} */ ...parts) => {
    const is_changed = last === null || parts.some((part, index) => part !== last?.[index]);
    last = parts;
    return is_changed;
  };
}

/**
 * Returns the layout of the current run's accounts. It is read from the ledger once per run.
 * @param {Store} store
 */
export async function loadAccountLayout(store) {
  const { reader, account_layout } = store.state;
  if (account_layout || !reader) return account_layout;
  const layout = await reader.accountLayout();
  if (reader === store.state.reader && !store.state.account_layout) {
    store.set({ account_layout: layout });
  }
  return layout;
}
