/**
 * What one can do on the page: each verb changes the state, and the panels show what became of it.
 */
/** @import { Ended, Report, Scenario, Values } from './types.d.ts' */
import { Accounting } from './accounting.js';
import { readAddress, writeAddress } from './address.js';
import { Comparison } from './comparing.js';
import { Engine } from './engine/engine.js';
import { Samples } from './engine/samples.js';
import { hostName, missingSupport } from './engine/support.js';
import { Explorer } from './exploring.js';
import { isWanted } from './guide.js';
import { Keeper } from './keeper.js';
import { Looking } from './looking.js';
import { choiceOf, opened, scenarioOf } from './opening.js';
import { chosen, fieldsOf, fitToHost, presetNamed } from './parameters.js';
import { problemsOf, scenarioNamed, valuesOf } from './parameters.js';
import * as answering from './service/answering.js';
import { reloadsIsolated } from './service/isolation.js';
import { Store, initialState, isBusy } from './state.js';
import { explain } from './trouble.js';
import { Watch } from './watch.js';

const POOL_SIZE_MIN = 4;
const POOL_SIZE_MAX = 16;

export class Laboratory {
  #engine;
  #workers_available = navigator.hardwareConcurrency || POOL_SIZE_MIN;
  /** The course of the run that is shown. It grows in place; `state.revision` tells when. */
  samples = new Samples(0);

  constructor() {
    const pool_size = Math.min(Math.max(this.#workers_available, POOL_SIZE_MIN), POOL_SIZE_MAX);
    this.#engine = new Engine(pool_size, (reason) => {
      answering.loseCalls(reason);
      this.store.set({ reader: null });
    });
    this.store = new Store(initialState(pool_size));
    this.looking = new Looking(this);
    this.keeper = new Keeper(this.store);
    this.comparison = new Comparison(this);
    this.explorer = new Explorer(this.store);
    this.accounting = new Accounting(this.store, this.explorer, this.looking);
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
      const guide = isWanted() ? 'welcome' : this.store.state.guide;
      this.store.set({ stage: 'idle', description, guide, ...asked });
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

  /** @param {string} name @param {string} text */
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
    await this.conduct(scenario, valuesOf(scenario, this.store.state.fields));
  }

  /**
   * One run with everything that the page shows of it.
   * @param {Scenario} scenario
   * @param {Values} parameters
   * @returns {Promise<Ended | null>} nothing, where it failed
   */
  async conduct(scenario, parameters) {
    this.samples = new Samples(parameters.workers);
    this.store.set({
      stage: 'preparing',
      trouble: null,
      shown: { scenario, parameters },
      reading: null,
      report: null,
      file: '',
      stopped_after_ms: null,
      paused: false,
      reader: null,
      cast: null,
      seen: null,
      revision: this.store.state.revision + 1,
    });
    this.keeper.recall(scenario.name);
    const environment = {
      host: hostName(),
      user_agent: navigator.userAgent,
      workers_available: this.#workers_available,
      started_at_ms: Date.now(),
    };
    this.#cancellation = new AbortController();
    const { signal } = this.#cancellation;
    const watch = (this.#watch = new Watch(this));
    try {
      const request = { scenario: scenario.name, parameters, environment };
      return this.#finish(await this.#engine.run(request, { signal, ...watch.options }));
    } catch (error) {
      this.store.set({ stage: 'failed', trouble: explain(error) });
      return null;
    }
  }

  /** Of the run under way. */
  #cancellation = new AbortController();
  /** What the engine tells of it. */
  #watch = new Watch(this);

  cancel() {
    this.comparison.cancel();
    const { stage } = this.store.state;
    if (stage !== 'preparing' && stage !== 'running') return;
    this.#watch.cancelled();
    this.#cancellation.abort();
    this.store.set({ stage: 'cancelling' });
  }

  /** Has the workers rest before their next batch, or go on. */
  pause() {
    const { stage, paused } = this.store.state;
    if (stage !== 'running') return;
    this.#engine.pause(!paused);
    this.store.set({ paused: !paused });
  }

  /** @param {Report} report @returns {Ended} */
  #finish(report) {
    this.samples.finish(report, this.#watch.stopped_ns);
    const { stopped_after_ms } = this.store.state;
    const { points, looks } = this.samples;
    const ended = { report, points, looks, stopped_after_ms, file: '' };
    this.store.set({
      stage: report.ended_by === 'cancelled' ? 'cancelled' : 'finished',
      report,
      revision: this.store.state.revision + 1,
    });
    this.keeper.keep(ended);
    return ended;
  }

  /**
   * The run that is shown, once it has ended.
   * @returns {Ended | null}
   */
  get ended() {
    const { report, stopped_after_ms, file } = this.store.state;
    const { points, looks } = this.samples;
    return report && { report, points, looks, stopped_after_ms, file };
  }

  /** The address that repeats the run that is shown; nothing where this page cannot. */
  get link() {
    const { description, report } = this.store.state;
    const scenario = report && scenarioOf(description, report);
    if (!scenario) return '';
    const choice = choiceOf(scenario, report);
    // A run of more workers than there are here has no address.
    if (Object.keys(problemsOf(scenario, choice.fields)).length > 0) return '';
    const query = new URLSearchParams(writeAddress({ ...this.store.state, ...choice }));
    // Where it is opened the defaults may be other ones: there are as many workers as processors.
    query.set('scenario', choice.scenario);
    query.set('workers', choice.fields.workers);
    return `${location.origin}${location.pathname}?${query}`;
  }

  /**
   * Shows a run that has ended as it was shown then.
   * @param {Ended} ended
   * @param {number} id of it among the earlier ones
   */
  show(ended, id) {
    const { description, revision } = this.store.state;
    if (!description || isBusy(this.store.state)) return;
    this.samples = Samples.of(ended.points, ended.looks);
    // Its ledger is gone, or was another page's.
    const shown = { ...opened(description, ended), reader: null, cast: null, seen: null };
    this.#choose({ ...shown, before: [], revision: revision + 1 });
    this.keeper.recall(ended.report.scenario, id);
  }
}
