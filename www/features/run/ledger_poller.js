/**
 * Looks into the book of the run that is shown, a few times a second, and keeps what it sees in the
 * state. A look costs the reader's thread more the more accounts there are, so it is made the more
 * seldom: looks take a tenth of one processor at most. While the run rests, or nobody sees the page,
 * the book is let alone.
 */
/** @import { App } from '../../app/app.js' */
/** @import { AccountLayout, SamplePair, DetailedSample, State } from '../../types.d.ts' */
/** @import { Reader } from '../../engine/reader.js' */
import { isPaused } from '../../app/store.js';

const INTERVAL_MS = 200;
/** So many times as long as it takes is waited after a look. */
const WAIT_FACTOR = 10;

/** Up to so many accounts each is seen by itself. */
export const CELLS_MAX = 16_384;
/** The most accounts at the beginning that are asked for one by one. */
const HEADS_MAX = 64;

export class LedgerPoller {
  #app;
  /** Whose book it is. @type {Reader | null} */
  #reader = null;
  /** Whether a look is planned or being made. */
  #planned = false;
  #interval_ms = INTERVAL_MS;
  #looked_ms = 0;
  /** The shortest look at as many accounts: longer ones waited for latches or for a processor. */
  #cost = { accounts: 0, ms: 0 };
  /** What has been seen at rest already: nothing changes until the run goes on. */
  #rested = '';

  /** @param {App} app */
  constructor(app) {
    this.#app = app;
    app.store.subscribe((state) => this.#follow(state));
  }

  /** Looks once more although the run rests, because its book was changed otherwise. */
  refresh() {
    this.#rested = '';
    this.#follow(this.#app.store.state);
  }

  /** @param {State} state */
  #follow(state) {
    const rest = restOf(state);
    if (state.reader !== this.#reader) {
      this.#reader = state.reader;
      this.#interval_ms = INTERVAL_MS;
      this.#cost = { accounts: 0, ms: 0 };
      this.#rested = '';
    }
    if (rest === 'working') {
      // What moves from now on has moved in this time alone.
      if (this.#rested === 'paused') this.#looked_ms = performance.now();
      this.#rested = '';
    }
    if (this.#planned || !this.#isDue(state)) return;
    this.#planned = true;
    const wait_ms = this.#looked_ms + this.#interval_ms - performance.now();
    // Workers finish their batches before they rest.
    const least_ms = rest === 'paused' ? INTERVAL_MS : 0;
    setTimeout(() => this.#look(), Math.max(least_ms, wait_ms));
  }

  /** @param {State} state */
  #isDue(state) {
    const rest = restOf(state);
    if (!state.reader || rest === 'none' || rest === this.#rested) return false;
    return rest !== 'working' || !document.hidden;
  }

  /** @param {number} accounts @param {number} ms that the look at them took */
  #intervalAfter(accounts, ms) {
    const shortest_ms = accounts === this.#cost.accounts ? Math.min(this.#cost.ms, ms) : ms;
    this.#cost = { accounts, ms: shortest_ms };
    return Math.max(INTERVAL_MS, WAIT_FACTOR * shortest_ms);
  }

  async #look() {
    const { store, series } = this.#app;
    const reader = this.#reader;
    const rest = restOf(store.state);
    try {
      if (!reader || !this.#isDue(store.state)) return;
      const account_layout = store.state.account_layout ?? (await reader.cast());
      const begun_ms = performance.now();
      const now = await sightOf(reader, account_layout);
      const ended_ms = performance.now();
      // The next run may have begun meanwhile.
      if (reader !== store.state.reader) return;
      this.#interval_ms = this.#intervalAfter(now.sample.accounts, ended_ms - begun_ms);
      if (rest !== 'working') this.#rested = rest;
      if (!store.state.report) series.addLedgerSample(now.sample);
      const seconds = (ended_ms - this.#looked_ms) / 1e3;
      store.set({ account_layout, ledger_samples: seenOf(store.state, now, rest, seconds) });
    } catch {
      // The run was discarded, or its workers are gone: whoever conducts it says so.
      this.#rested = rest;
    } finally {
      this.#looked_ms = performance.now();
      this.#planned = false;
      this.#follow(store.state);
    }
  }
}

/**
 * Whether the book changes, or why it does not.
 * @param {State} state
 * @returns {'working' | 'paused' | 'ended' | 'none'}
 */
function restOf(state) {
  if (state.report) return 'ended';
  if (isPaused(state)) return 'paused';
  return state.run_state === 'preparing' || state.run_state === 'running' ? 'working' : 'none';
}

/**
 * @param {Reader} reader
 * @param {AccountLayout} layout
 * @returns {Promise<DetailedSample>}
 */
async function sightOf(reader, layout) {
  const sample = await reader.look(CELLS_MAX);
  if (sample.accounts_each === 1) return { sample, first_accounts: [] };
  const limit = headsOf(layout);
  const query = { text: '', order: /** @type {const} */ ('place'), descending: false, first: 0, limit };
  return { sample, first_accounts: (await reader.accounts(query)).rows };
}

/**
 * How many accounts there are before the first of many alike.
 * @param {AccountLayout} layout
 */
function headsOf({ worlds, roles }) {
  const crowd = roles.findIndex(({ alone, count }) => !alone || count > 1);
  return Math.min(HEADS_MAX, worlds + (crowd < 0 ? roles.length : crowd));
}

/**
 * @param {State} state
 * @param {DetailedSample} current
 * @param {string} rest
 * @param {number} seconds
 * @returns {SamplePair}
 */
function seenOf({ ledger_samples }, current, rest, seconds) {
  const alike =
    ledger_samples &&
    ledger_samples.current.sample.accounts === current.sample.accounts &&
    ledger_samples.current.sample.accounts_each === current.sample.accounts_each;
  // At rest nothing flows; what flowed last is still what one wants to see of a pause.
  if (rest === 'paused' && alike && ledger_samples.previous) return { ...ledger_samples, current };
  return { current, previous: alike && rest === 'working' ? ledger_samples.current : null, seconds };
}
