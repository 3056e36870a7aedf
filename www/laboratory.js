/**
 * What one can do on the page: each verb changes the state, and the panels show what became of it.
 */
/** @import { Report } from './types.d.ts' */
import { readAddress, writeAddress } from './address.js';
import { Engine } from './engine/engine.js';
import { Samples } from './engine/samples.js';
import { missingSupport } from './engine/support.js';
import { chosen, fieldsOf, fitToHost, presetNamed, scenarioNamed, valuesOf } from './parameters.js';
import * as answering from './service/answering.js';
import { reloadsIsolated } from './service/isolation.js';
import { Store, initialState, isBusy } from './state.js';
import { explain } from './trouble.js';

const POOL_SIZE_MIN = 4;
const POOL_SIZE_MAX = 16;

/** The beginning of a run is looked at more often than is worth being shown. */
const SHOW_INTERVAL_MS = 95;

export class Laboratory {
  #engine;
  #workers_available = navigator.hardwareConcurrency || POOL_SIZE_MIN;
  /** The course of the run that is shown. It grows in place; `state.revision` tells when. */
  samples = new Samples(0);

  constructor() {
    const pool_size = Math.min(Math.max(this.#workers_available, POOL_SIZE_MIN), POOL_SIZE_MAX);
    this.#engine = new Engine(pool_size, answering.loseCalls);
    this.store = new Store(initialState(pool_size));
  }

  /**
   * Looks whether the page can work here at all, starts the pool, and takes up what the address
   * asks for.
   */
  async start() {
    this.store.set({ stage: 'loading', trouble: null });
    if (await reloadsIsolated(answering.preferred)) return;
    try {
      const missing = await missingSupport();
      if (missing) {
        this.store.set({ stage: 'unsupported', trouble: missing });
        return;
      }
      const { pool_size } = this.store.state;
      const workers_available = this.#workers_available;
      const described = await this.#engine.start();
      const description = fitToHost(described, { pool_size, workers_available });
      const asked = readAddress(location.search, description);
      this.store.set({ stage: 'idle', description, ...asked });
    } catch (error) {
      this.store.set({ stage: 'failed', trouble: explain(error) });
    }
  }

  /**
   * Finds out who answers the ledger's paths, and lets the preferred one do so. It is not part of
   * the start: runs need none of it. Where there is no ledger, the tab does not offer one.
   */
  async startAnswering() {
    if (this.store.state.stage === 'unsupported') {
      const server = await answering.serverAnswers();
      const trouble = 'There is no ledger in this tab; the reason stands above.';
      this.store.set({ answering: { ...answering.now(server), tab: false, trouble } });
      return;
    }
    answering.takeCalls(this.#engine, () => {
      const { server } = this.store.state.answering;
      this.store.set({ answering: answering.now(server) });
    });
    this.store.set({ answering: await answering.start() });
  }

  /** @param {import('./types.d.ts').Answerer} by */
  async letAnswer(by) {
    const { server } = this.store.state.answering;
    this.store.set({ answering: await answering.choose(by, server) });
  }

  /** @param {string} name */
  chooseScenario(name) {
    const { description } = this.store.state;
    if (!description) return;
    const scenario = scenarioNamed(description, name);
    const [preset] = scenario.presets;
    this.#choose({ scenario: name, preset: preset.name, fields: fieldsOf(scenario, preset) });
  }

  /** @param {string} name */
  choosePreset(name) {
    const { description, scenario } = this.store.state;
    if (!description) return;
    const offered = scenarioNamed(description, scenario);
    this.#choose({ preset: name, fields: fieldsOf(offered, presetNamed(offered, name)) });
  }

  /**
   * @param {string} name
   * @param {string} text
   */
  changeField(name, text) {
    this.#choose({ fields: { ...this.store.state.fields, [name]: text } });
  }

  async newSeed() {
    try {
      this.changeField('seed', String(await this.#engine.randomSeed()));
    } catch (error) {
      this.store.set({ stage: 'failed', trouble: explain(error) });
    }
  }

  dismissRemarks() {
    this.store.set({ remarks: [] });
  }

  /** @param {Partial<import('./types.d.ts').State>} changes */
  #choose(changes) {
    this.store.set(changes);
    history.replaceState(null, '', location.pathname + writeAddress(this.store.state));
  }

  async run() {
    const choice = chosen(this.store.state);
    if (isBusy(this.store.state)) return;
    if (!choice) {
      await this.start();
      return;
    }
    const { scenario, problems } = choice;
    if (Object.keys(problems).length > 0) return;
    const parameters = valuesOf(scenario, this.store.state.fields);
    this.samples = new Samples(parameters.workers);
    this.store.set({
      stage: 'preparing',
      trouble: null,
      shown: { scenario, parameters },
      reading: null,
      report: null,
      stopped_after_ms: null,
      revision: this.store.state.revision + 1,
    });
    const environment = {
      host: hostName(),
      user_agent: navigator.userAgent,
      workers_available: this.#workers_available,
      started_at_ms: Date.now(),
    };
    this.#cancellation = new AbortController();
    const { signal } = this.#cancellation;
    try {
      const request = { scenario: scenario.name, parameters, environment };
      this.#finish(await this.#engine.run(request, { signal, ...this.#watcher() }));
    } catch (error) {
      this.store.set({ stage: 'failed', trouble: explain(error) });
    }
  }

  /** Of the run under way. */
  #cancellation = new AbortController();
  #cancelled_at_ms = 0;
  /** When the last worker returned, since they were seen to begin. */
  #stopped_ns = 0;

  cancel() {
    const { stage } = this.store.state;
    if (stage !== 'preparing' && stage !== 'running') return;
    this.#cancelled_at_ms = performance.now();
    this.#cancellation.abort();
    this.store.set({ stage: 'cancelling' });
  }

  /** Follows a run through the engine's eyes and turns what it sees into state. */
  #watcher() {
    this.#cancelled_at_ms = 0;
    let last_ms = 0;
    let began_ms = 0;
    let shown_ms = 0;
    return {
      /** @param {import('./types.d.ts').Reading} reading @param {number} at_ms */
      reading: (reading, at_ms) => {
        const begun = reading.workers.some(({ operations }) => operations > 0);
        // The workers began somewhere between the last look, which saw nothing, and this one.
        if (begun) began_ms ||= last_ms || at_ms;
        last_ms = at_ms;
        const { stage, revision } = this.store.state;
        const working = stage === 'preparing' || stage === 'running' || stage === 'cancelling';
        if (begun && working) this.samples.add((at_ms - began_ms) * 1e6, reading);
        const running = stage === 'preparing' && reading.phase !== 'preparing';
        if (!running && at_ms - shown_ms < SHOW_INTERVAL_MS) return;
        shown_ms = at_ms;
        this.store.set({
          reading,
          revision: revision + 1,
          stage: running ? 'running' : stage,
        });
      },
      stopped: () => {
        const pressed = this.#cancelled_at_ms;
        const now_ms = performance.now();
        this.#stopped_ns = began_ms ? (now_ms - began_ms) * 1e6 : 0;
        this.store.set({
          stage: 'checking',
          stopped_after_ms: pressed ? now_ms - pressed : null,
        });
      },
    };
  }

  /** @param {Report} report */
  #finish(report) {
    this.samples.finish(report, this.#stopped_ns);
    this.store.set({
      stage: report.ended_by === 'cancelled' ? 'cancelled' : 'finished',
      report,
      revision: this.store.state.revision + 1,
    });
  }
}

/** The kind of browser, as a report names its host. */
function hostName() {
  const agent = navigator.userAgent;
  if (/Firefox\//.test(agent)) return 'firefox';
  if (/Chrom(e|ium)\//.test(agent)) return 'chromium';
  if (/Safari\//.test(agent)) return 'safari';
  return 'browser';
}
