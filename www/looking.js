/**
 * Looks into the ledger of the run that is shown, a few times a second, and keeps what it sees in the
 * state. A look costs the reader's thread more the more accounts there are, so it is made the more
 * seldom: looks take a tenth of one processor at most. While the run rests, or nobody sees the page,
 * the ledger is let alone.
 */
/** @import { Laboratory } from './laboratory.js' */
/** @import { Cast, Seen, Sight, State } from './types.d.ts' */
/** @import { Reader } from './engine/reader.js' */
import { isPaused } from './state.js';

const INTERVAL_MS = 200;
/** So many times as long as it takes is waited after a look. */
const WAIT_FACTOR = 10;

/** Up to so many accounts each is seen by itself. */
export const CELLS_MAX = 16_384;
/** The most accounts at the beginning that are asked for one by one. */
const HEADS_MAX = 64;

export class Looking {
  #laboratory;
  /** Whose ledger it is. @type {Reader | null} */
  #reader = null;
  /** Whether a look is planned or being made. */
  #planned = false;
  #interval_ms = INTERVAL_MS;
  #looked_ms = 0;
  /** The shortest look at as many accounts: longer ones waited for latches or for a processor. */
  #cost = { accounts: 0, ms: 0 };
  /** What has been seen at rest already: nothing changes until the run goes on. */
  #rested = '';

  /** @param {Laboratory} laboratory */
  constructor(laboratory) {
    this.#laboratory = laboratory;
    laboratory.store.subscribe((state) => this.#follow(state));
  }

  /** Looks once more although the run rests, because its ledger was changed otherwise. */
  again() {
    this.#rested = '';
    this.#follow(this.#laboratory.store.state);
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
    const { store, samples } = this.#laboratory;
    const reader = this.#reader;
    const rest = restOf(store.state);
    try {
      if (!reader || !this.#isDue(store.state)) return;
      const cast = store.state.cast ?? (await reader.cast());
      const begun_ms = performance.now();
      const now = await sightOf(reader, cast);
      const ended_ms = performance.now();
      // The next run may have begun meanwhile.
      if (reader !== store.state.reader) return;
      this.#interval_ms = this.#intervalAfter(now.look.accounts, ended_ms - begun_ms);
      if (rest !== 'working') this.#rested = rest;
      if (!store.state.report) samples.see(now.look);
      const seconds = (ended_ms - this.#looked_ms) / 1e3;
      store.set({ cast, seen: seenOf(store.state, now, rest, seconds) });
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
 * Whether the ledger changes, or why it does not.
 * @param {State} state
 * @returns {'working' | 'paused' | 'ended' | 'none'}
 */
function restOf(state) {
  if (state.report) return 'ended';
  if (isPaused(state)) return 'paused';
  return state.stage === 'preparing' || state.stage === 'running' ? 'working' : 'none';
}

/**
 * @param {Reader} reader
 * @param {Cast} cast
 * @returns {Promise<Sight>}
 */
async function sightOf(reader, cast) {
  const look = await reader.look(CELLS_MAX);
  if (look.accounts_each === 1) return { look, heads: [] };
  const limit = headsOf(cast);
  const query = { text: '', order: /** @type {const} */ ('place'), descending: false, first: 0, limit };
  return { look, heads: (await reader.accounts(query)).rows };
}

/**
 * How many accounts there are before the first of many alike.
 * @param {Cast} cast
 */
function headsOf({ worlds, roles }) {
  const crowd = roles.findIndex(({ alone, count }) => !alone || count > 1);
  return Math.min(HEADS_MAX, worlds + (crowd < 0 ? roles.length : crowd));
}

/**
 * @param {State} state
 * @param {Sight} now
 * @param {string} rest
 * @param {number} seconds
 * @returns {Seen}
 */
function seenOf({ seen }, now, rest, seconds) {
  const alike =
    seen &&
    seen.now.look.accounts === now.look.accounts &&
    seen.now.look.accounts_each === now.look.accounts_each;
  // At rest nothing flows; what flowed last is still what one wants to see of a pause.
  if (rest === 'paused' && alike && seen.before) return { ...seen, now };
  return { now, before: alike && rest === 'working' ? seen.now : null, seconds };
}
