/**
 * Samples the ledger of the current run a few times a second. Sampling takes longer the more
 * accounts there are, so the interval grows with it: it takes at most a tenth of one processor. The
 * ledger is not sampled while it does not change or while the page is hidden.
 */
/** @import { AccountLayout, DetailedSample, Reader, SamplePair, State } from '../../types.d.ts' */
/** @import { Store } from '../../types.d.ts' */
import { isPaused, loadAccountLayout } from '../../app/store.js';

const INTERVAL_MS = 200;
/** The wait after a sample, as a multiple of the time that the sample took. */
const WAIT_FACTOR = 10;

/** Up to this many accounts, a sample has a cell for each account. */
const CELLS_MAX = 16_384;
/** The most accounts at the beginning that are read one by one. */
const FIRST_ACCOUNTS_MAX = 64;

/** @typedef {'working' | 'paused' | 'ended' | 'none'} Activity whether the ledger changes, or why not */

export class LedgerPoller {
  #store;
  /** @type {Reader | null} */
  #reader = null;
  /** Whether a sample is scheduled or being taken. */
  #is_scheduled = false;
  #interval_ms = INTERVAL_MS;
  #sampled_ms = 0;
  /** The shortest sample of as many accounts: longer ones waited for latches or a processor. */
  #cost = { accounts: 0, ms: 0 };
  /** The activity during the last sample, if the ledger does not change in it. @type {Activity | null} */
  #sampled_activity = null;

  /** @param {Store} store */
  constructor(store) {
    this.#store = store;
    store.subscribe((state) => this.#follow(state));
  }

  /** Takes one more sample although no worker writes, because something else changed the ledger. */
  refresh() {
    this.#sampled_activity = null;
    this.#follow(this.#store.state);
  }

  /** @param {State} state */
  #follow(state) {
    const activity = activityOf(state);
    if (state.reader !== this.#reader) {
      this.#reader = state.reader;
      this.#interval_ms = INTERVAL_MS;
      this.#cost = { accounts: 0, ms: 0 };
      this.#sampled_activity = null;
    }
    if (activity === 'working') {
      // The pause does not count as time in which the next changes were made.
      if (this.#sampled_activity === 'paused') this.#sampled_ms = performance.now();
      this.#sampled_activity = null;
    }
    if (this.#is_scheduled || !this.#isDue(state)) return;
    this.#is_scheduled = true;
    const wait_ms = this.#sampled_ms + this.#interval_ms - performance.now();
    // Workers finish their batches before they pause.
    const wait_min_ms = activity === 'paused' ? INTERVAL_MS : 0;
    setTimeout(() => this.#sample(), Math.max(wait_min_ms, wait_ms));
  }

  /** @param {State} state */
  #isDue(state) {
    const activity = activityOf(state);
    if (!state.reader || activity === 'none' || activity === this.#sampled_activity) return false;
    return activity !== 'working' || !document.hidden;
  }

  /** @param {number} accounts @param {number} ms that sampling them took */
  #intervalAfter(accounts, ms) {
    const shortest_ms = accounts === this.#cost.accounts ? Math.min(this.#cost.ms, ms) : ms;
    this.#cost = { accounts, ms: shortest_ms };
    return Math.max(INTERVAL_MS, WAIT_FACTOR * shortest_ms);
  }

  async #sample() {
    const store = this.#store;
    const reader = this.#reader;
    const activity = activityOf(store.state);
    try {
      if (!reader || !this.#isDue(store.state)) return;
      const layout = await loadAccountLayout(store);
      if (!layout) return;
      const begun_ms = performance.now();
      const current = await takeSample(reader, layout);
      const ended_ms = performance.now();
      // The next run may have begun meanwhile.
      if (reader !== store.state.reader) return;
      this.#interval_ms = this.#intervalAfter(current.sample.accounts, ended_ms - begun_ms);
      if (activity !== 'working') this.#sampled_activity = activity;
      if (!store.state.report) store.state.series.addLedgerSample(current.sample);
      const seconds = (ended_ms - this.#sampled_ms) / 1e3;
      store.set({ ledger_samples: pairOf(store.state, current, activity, seconds) });
    } catch {
      // The run was discarded or its workers are gone. The engine reports that.
      this.#sampled_activity = activity;
    } finally {
      this.#sampled_ms = performance.now();
      this.#is_scheduled = false;
      this.#follow(store.state);
    }
  }
}

/** @param {State} state @returns {Activity} */
function activityOf(state) {
  if (state.report) return 'ended';
  if (isPaused(state)) return 'paused';
  return state.run_state === 'preparing' || state.run_state === 'running' ? 'working' : 'none';
}

/** @param {Reader} reader @param {AccountLayout} layout @returns {Promise<DetailedSample>} */
async function takeSample(reader, layout) {
  const sample = await reader.sampleLedger(CELLS_MAX);
  if (sample.accounts_each === 1) return { sample, first_accounts: [] };
  const order = /** @type {const} */ ('place');
  const query = { text: '', order, descending: false, first: 0, limit: firstAccountsOf(layout) };
  return { sample, first_accounts: (await reader.findAccounts(query)).rows };
}

/**
 * Returns the number of accounts before the first role with many accounts.
 * @param {AccountLayout} layout
 */
function firstAccountsOf({ worlds, roles }) {
  const index = roles.findIndex(({ alone, count }) => !alone || count > 1);
  return Math.min(FIRST_ACCOUNTS_MAX, worlds + (index < 0 ? roles.length : index));
}

/**
 * @param {State} state
 * @param {DetailedSample} current
 * @param {Activity} activity
 * @param {number} seconds since the previous sample
 * @returns {SamplePair}
 */
function pairOf({ ledger_samples: last }, current, activity, seconds) {
  const { accounts, accounts_each } = current.sample;
  const last_sample = last?.current.sample;
  const is_comparable =
    last_sample?.accounts === accounts && last_sample.accounts_each === accounts_each;
  // During a pause the scene keeps showing the last movements.
  if (activity === 'paused' && is_comparable && last?.previous) return { ...last, current };
  const previous = is_comparable && activity === 'working' ? (last?.current ?? null) : null;
  return { current, previous, seconds };
}
