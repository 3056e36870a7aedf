/** The actions of the page. Each changes the store; the panels draw the result. */
/** @import { ApiTarget, FinishedRun, Report, Scenario, State, Values } from '../types.d.ts' */
import { RunSeries } from '../charts/run_series.js';
import { Engine } from '../engine/engine.js';
import { hostName, missingSupport } from '../engine/support.js';
import { AccountsController } from '../features/accounts/accounts_controller.js';
import { Comparison } from '../features/compare/comparison.js';
import * as api_target from '../features/console/api_target.js';
import { isLanding } from '../features/guide/guide.js';
import { selectionOf, stateOfFinishedRun } from '../features/history/finished_run.js';
import { RunHistory } from '../features/history/run_history.js';
import { StoredLedgers } from '../features/stored_ledger/stored_ledgers.js';
import { isFlawed } from '../features/stored_ledger/store_switch.js';
import { LedgerPoller } from '../features/run/ledger_poller.js';
import { fieldsOf, fitToHost, presetNamed, problemsOf } from '../features/run/parameters.js';
import { scenarioNamed, scenarioOf, selection, valuesOf } from '../features/run/parameters.js';
import { RunObserver } from '../features/run/run_observer.js';
import { TrailExplorer } from '../features/trail/trail_explorer.js';
import { explain } from '../lib/user_error.js';
import { readAddress, writeAddress } from './address.js';
import { reloadForIsolation } from './cross_origin_isolation.js';
import { Store, initialState, isBusy } from './store.js';

const POOL_SIZE_MIN = 4;
const POOL_SIZE_MAX = 16;

export class App {
  #engine;
  #workers_available = navigator.hardwareConcurrency || POOL_SIZE_MIN;
  /** Cancels the run under way. */
  #cancellation = new AbortController();

  constructor() {
    const pool_size = Math.min(Math.max(this.#workers_available, POOL_SIZE_MIN), POOL_SIZE_MAX);
    this.#engine = new Engine(pool_size, (reason) => {
      api_target.failRequests(reason);
      this.store.set({ reader: null, opened_ledger: null });
    });
    this.store = new Store({ ...initialState(pool_size), guide_step: isLanding() ? 'welcome' : null });
    this.ledger_poller = new LedgerPoller(this.store);
    this.history = new RunHistory(this.store, (json) => this.#engine.verifyReport(json));
    this.stored_ledgers = new StoredLedgers(this.store, this.#engine);
    this.comparison = new Comparison(this);
    this.explorer = new TrailExplorer(this.store);
    this.accounts = new AccountsController(this.store, this.explorer, this.ledger_poller);
    this.observer = new RunObserver(this.store);
  }

  /** Checks that the browser supports the page, starts the pool, and selects what the address names. */
  async start() {
    this.store.set({ run_state: 'loading', error: null });
    if (await reloadForIsolation(api_target.preferredTarget)) return;
    try {
      const missing = await missingSupport();
      if (missing) {
        this.store.set({ run_state: 'unsupported', error: missing });
        return;
      }
      const { pool_size } = this.store.state;
      const workers_available = this.#workers_available;
      const [described] = await Promise.all([this.#engine.start(), this.stored_ledgers.refresh()]);
      const description = fitToHost(described, { pool_size, workers_available });
      const { selected, starts_run } = readAddress(location.search, description);
      this.store.set({ run_state: 'idle', description, ...selected });
      this.history.migrate();
      if (starts_run) {
        // A reload shows the same selection and does not run again.
        this.#select({});
        void this.run();
      }
    } catch (error) {
      this.store.set({ run_state: 'failed', error: explain(error) });
    }
  }

  /** Finds out which ledgers can answer API requests and selects the preferred one. Runs do not need it. */
  async startApi() {
    if (this.store.state.run_state === 'unsupported') {
      const server = await api_target.serverHasApi();
      const error = 'This tab has no ledger, for the reason given above.';
      const state = { ...api_target.currentTarget(server), tab: false, error };
      this.store.set({ api_target: state });
      return;
    }
    api_target.serveRequests(this.#engine, () => {
      const { server } = this.store.state.api_target;
      this.store.set({ api_target: api_target.currentTarget(server) });
    });
    this.store.set({ api_target: await api_target.start() });
  }

  /** @param {ApiTarget} target */
  async chooseApiTarget(target) {
    const { server } = this.store.state.api_target;
    this.store.set({ api_target: await api_target.choose(target, server) });
  }

  /** @param {string} name */
  chooseScenario(name) {
    const { description } = this.store.state;
    if (!description) return;
    const scenario = scenarioNamed(description, name);
    const [preset] = scenario.presets;
    this.#select({ scenario: name, preset: preset.name, fields: fieldsOf(scenario, preset) });
  }

  /** @param {string} name */
  choosePreset(name) {
    const { description, scenario: current } = this.store.state;
    if (!description) return;
    const scenario = scenarioNamed(description, current);
    this.#select({ preset: name, fields: fieldsOf(scenario, presetNamed(scenario, name)) });
  }

  /** @param {string} name @param {string} text */
  changeField(name, text) {
    this.#select({ fields: { ...this.store.state.fields, [name]: text } });
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

  /** @param {Partial<State>} changes */
  #select(changes) {
    this.store.set(changes);
    history.replaceState(null, '', location.pathname + writeAddress(this.store.state));
  }

  async run() {
    const selected = selection(this.store.state);
    if (isBusy(this.store.state)) return;
    if (!selected) {
      await this.start();
      return;
    }
    const { scenario, problems } = selected;
    if (Object.keys(problems).length > 0) return;
    const is_durable = this.store.state.stored_ledger.is_on && !isFlawed(this.store.state);
    await this.executeRun(scenario, valuesOf(scenario, this.store.state.fields), true, is_durable);
  }

  /**
   * Executes one run and shows it.
   * @param {Scenario} scenario
   * @param {Values} parameters
   * @param {boolean} [is_stored] whether the history gets it
   * @param {boolean} [is_durable] whether its ledger is stored on the disk
   * @returns {Promise<FinishedRun | null>} null if it failed
   */
  async executeRun(scenario, parameters, is_stored = true, is_durable = false) {
    this.store.set({
      run_state: 'preparing',
      error: null,
      current_run: { scenario, parameters },
      series: new RunSeries(parameters.workers),
      reading: null,
      report: null,
      file: '',
      opened_ledger: null,
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
    this.observer = new RunObserver(this.store);
    const request = { scenario: scenario.name, parameters, environment };
    const storing = is_durable ? this.stored_ledgers.storingOf(scenario, request) : undefined;
    const options = { signal: this.#cancellation.signal, storing, ...this.observer.callbacks };
    try {
      const report = await this.#engine.run(request, options);
      if (is_durable) await this.stored_ledgers.finish(report);
      return this.#finish(report, is_stored);
    } catch (error) {
      if (is_durable) await this.stored_ledgers.refresh();
      this.store.set({ run_state: 'failed', error: explain(error) });
      return null;
    }
  }

  cancel() {
    this.comparison.cancel();
    const { run_state } = this.store.state;
    if (run_state !== 'preparing' && run_state !== 'running') return;
    this.observer.markCancelled();
    this.#cancellation.abort();
    this.store.set({ run_state: 'cancelling' });
  }

  /** Pauses the workers before their next batch, or resumes them. */
  pause() {
    const { run_state, paused } = this.store.state;
    if (run_state !== 'running') return;
    this.#engine.pause(!paused);
    this.store.set({ paused: !paused });
  }

  /** @param {Report} report @param {boolean} is_stored */
  #finish(report, is_stored) {
    const { series, revision } = this.store.state;
    series.finish(report, this.observer.stopped_ns);
    this.store.set({
      run_state: report.ended_by === 'cancelled' ? 'cancelled' : 'finished',
      report,
      revision: revision + 1,
    });
    const finished = /** @type {FinishedRun} */ (this.finished_run);
    if (is_stored) this.history.add(finished);
    return finished;
  }

  /** The displayed run, once it has finished. @returns {FinishedRun | null} */
  get finished_run() {
    const { report, stopped_after_ms, file, series } = this.store.state;
    const { points, ledger_points } = series;
    return report && { report, points, ledger_points, stopped_after_ms, file };
  }

  /** The address that repeats the displayed run; empty if this page cannot repeat it. */
  get link() {
    const { description, report } = this.store.state;
    const scenario = report && scenarioOf(description, report);
    if (!scenario) return '';
    const selected = selectionOf(scenario, report);
    // A run with more workers than this page has cannot be repeated here.
    if (Object.keys(problemsOf(scenario, selected.fields)).length > 0) return '';
    const query = new URLSearchParams(writeAddress({ ...this.store.state, ...selected }));
    // The defaults may differ where the link is opened: they depend on the number of processors.
    query.set('scenario', selected.scenario);
    query.set('workers', selected.fields.workers);
    return `${location.origin}${location.pathname}?${query}`;
  }

  /**
   * Displays a finished run as it was displayed then. Its ledger no longer exists in this page.
   * @param {FinishedRun} finished
   * @param {number} id in the history
   */
  show(finished, id) {
    const { description, revision } = this.store.state;
    if (!description || isBusy(this.store.state)) return;
    this.#select({
      ...stateOfFinishedRun(description, finished),
      opened_ledger: null,
      series: RunSeries.of(finished.points, finished.ledger_points),
      reader: null,
      account_layout: null,
      ledger_samples: null,
      previous_points: [],
      revision: revision + 1,
    });
    this.history.loadPreviousRun(finished.report.scenario, id);
  }
}
