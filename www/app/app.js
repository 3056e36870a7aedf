/**
 * What one can do on the page: each verb changes the state, and the panels show what became of it.
 */
/** @import { FinishedRun, Report, Scenario, Values } from '../types.d.ts' */
import { AccountsController } from '../features/accounts/accounts_controller.js';
import { readAddress, writeAddress } from './address.js';
import { Comparison } from '../features/compare/comparison.js';
import { Engine } from '../engine/engine.js';
import { RunSeries } from '../charts/run_series.js';
import { hostName, missingSupport } from '../engine/support.js';
import { TrailExplorer } from '../features/trail/trail_explorer.js';
import { isFirstVisit } from '../features/guide/guide.js';
import { RunHistory } from '../features/history/run_history.js';
import { LedgerPoller } from '../features/run/ledger_poller.js';
import { choiceOf, stateOfFinishedRun, scenarioOf } from '../features/history/ended_run.js';
import { selection, fieldsOf, fitToHost, presetNamed } from '../features/run/parameters.js';
import { problemsOf, scenarioNamed, valuesOf } from '../features/run/parameters.js';
import * as answering from '../features/console/api_target.js';
import { reloadsIsolated } from './cross_origin_isolation.js';
import { Store, initialState, isBusy } from './store.js';
import { explain } from '../lib/user_error.js';
import { RunObserver } from '../features/run/run_observer.js';

const POOL_SIZE_MIN = 4;
const POOL_SIZE_MAX = 16;

export class App {
  #engine;
  #workers_available = navigator.hardwareConcurrency || POOL_SIZE_MIN;
  /** The course of the run that is shown. It grows in place; `state.revision` tells when. */
  series = new RunSeries(0);

  constructor() {
    const pool_size = Math.min(Math.max(this.#workers_available, POOL_SIZE_MIN), POOL_SIZE_MAX);
    this.#engine = new Engine(pool_size, (reason) => {
      answering.failRequests(reason);
      this.store.set({ reader: null });
    });
    this.store = new Store(initialState(pool_size));
    this.ledger_poller = new LedgerPoller(this);
    this.history = new RunHistory(this.store);
    this.comparison = new Comparison(this);
    this.explorer = new TrailExplorer(this.store);
    this.accounts = new AccountsController(this.store, this.explorer, this.ledger_poller);
  }

  /**
   * Looks whether the page can work here at all, starts the pool, and takes up what the address
   * asks for.
   */
  async start() {
    this.store.set({ run_state: 'loading', error: null });
    if (await reloadsIsolated(answering.preferredTarget)) return;
    try {
      const missing = await missingSupport();
      if (missing) {
        this.store.set({ run_state: 'unsupported', error: missing });
        return;
      }
      const { pool_size } = this.store.state;
      const workers_available = this.#workers_available;
      const described = await this.#engine.start();
      const description = fitToHost(described, { pool_size, workers_available });
      const asked = readAddress(location.search, description);
      const guide_step = isFirstVisit() ? 'welcome' : this.store.state.guide_step;
      this.store.set({ run_state: 'idle', description, guide_step, ...asked });
    } catch (error) {
      this.store.set({ run_state: 'failed', error: explain(error) });
    }
  }

  /**
   * Finds out who answers the ledger's paths, and lets the preferred one do so. It is not part of
   * the start: runs need none of it. Where there is no ledger, the tab does not offer one.
   */
  async startApi() {
    if (this.store.state.run_state === 'unsupported') {
      const server = await answering.serverHasApi();
      const error = 'There is no ledger in this tab; the reason stands above.';
      this.store.set({ api_target: { ...answering.currentTarget(server), tab: false, error } });
      return;
    }
    answering.serveRequests(this.#engine, () => {
      const { server } = this.store.state.api_target;
      this.store.set({ api_target: answering.currentTarget(server) });
    });
    this.store.set({ api_target: await answering.start() });
  }

  /** @param {import('../types.d.ts').ApiTarget} by */
  async chooseApiTarget(by) {
    const { server } = this.store.state.api_target;
    this.store.set({ api_target: await answering.choose(by, server) });
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
      this.store.set({ run_state: 'failed', error: explain(error) });
    }
  }

  dismissNotices() {
    this.store.set({ notices: [] });
  }

  /** @param {Partial<import('../types.d.ts').State>} changes */
  #choose(changes) {
    this.store.set(changes);
    history.replaceState(null, '', location.pathname + writeAddress(this.store.state));
  }

  async run() {
    const choice = selection(this.store.state);
    if (isBusy(this.store.state)) return;
    if (!choice) {
      await this.start();
      return;
    }
    const { scenario, problems } = choice;
    if (Object.keys(problems).length > 0) return;
    await this.executeRun(scenario, valuesOf(scenario, this.store.state.fields));
  }

  /**
   * One run with everything that the page shows of it.
   * @param {Scenario} scenario
   * @param {Values} parameters
   * @returns {Promise<FinishedRun | null>} nothing, where it failed
   */
  async executeRun(scenario, parameters) {
    this.series = new RunSeries(parameters.workers);
    this.store.set({
      run_state: 'preparing',
      error: null,
      current_run: { scenario, parameters },
      reading: null,
      report: null,
      file: '',
      stopped_after_ms: null,
      paused: false,
      reader: null,
      account_layout: null,
      ledger_samples: null,
      revision: this.store.state.revision + 1,
    });
    this.history.loadPreviousRun(scenario.name);
    const environment = {
      host: hostName(),
      user_agent: navigator.userAgent,
      workers_available: this.#workers_available,
      started_at_ms: Date.now(),
    };
    this.#cancellation = new AbortController();
    const { signal } = this.#cancellation;
    const watch = (this.#watch = new RunObserver(this));
    try {
      const request = { scenario: scenario.name, parameters, environment };
      return this.#finish(await this.#engine.run(request, { signal, ...watch.callbacks }));
    } catch (error) {
      this.store.set({ run_state: 'failed', error: explain(error) });
      return null;
    }
  }

  /** Of the run under way. */
  #cancellation = new AbortController();
  /** What the engine tells of it. */
  #watch = new RunObserver(this);

  cancel() {
    this.comparison.cancel();
    const { run_state } = this.store.state;
    if (run_state !== 'preparing' && run_state !== 'running') return;
    this.#watch.markCancelled();
    this.#cancellation.abort();
    this.store.set({ run_state: 'cancelling' });
  }

  /** Has the workers rest before their next batch, or go on. */
  pause() {
    const { run_state, paused } = this.store.state;
    if (run_state !== 'running') return;
    this.#engine.pause(!paused);
    this.store.set({ paused: !paused });
  }

  /** @param {Report} report @returns {FinishedRun} */
  #finish(report) {
    this.series.finish(report, this.#watch.stopped_ns);
    const { stopped_after_ms } = this.store.state;
    const { points, ledger_points } = this.series;
    const ended = { report, points, ledger_points, stopped_after_ms, file: '' };
    this.store.set({
      run_state: report.ended_by === 'cancelled' ? 'cancelled' : 'finished',
      report,
      revision: this.store.state.revision + 1,
    });
    this.history.add(ended);
    return ended;
  }

  /**
   * The run that is shown, once it has ended.
   * @returns {FinishedRun | null}
   */
  get finished_run() {
    const { report, stopped_after_ms, file } = this.store.state;
    const { points, ledger_points } = this.series;
    return report && { report, points, ledger_points, stopped_after_ms, file };
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
   * @param {FinishedRun} ended
   * @param {number} id of it among the earlier ones
   */
  show(ended, id) {
    const { description, revision } = this.store.state;
    if (!description || isBusy(this.store.state)) return;
    this.series = RunSeries.of(ended.points, ended.ledger_points);
    // Its book is gone, or was another page's.
    const shown = { ...stateOfFinishedRun(description, ended), reader: null, layout: null, seen: null };
    this.#choose({ ...shown, previous_points: [], revision: revision + 1 });
    this.history.loadPreviousRun(ended.report.scenario, id);
  }
}
