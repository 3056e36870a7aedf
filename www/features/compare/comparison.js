/** Executes the runs of a comparison one after the other. */
/** @import { App, ComparedRun, FinishedRun, PlannedRun, Scenario } from '../../types.d.ts' */
import { isBusy } from '../../app/store.js';
import { counted } from '../../lib/format.js';
import { concurrencyLabel, summaryOf } from '../run/run_summary.js';
import { REPEATS, RUNS_MAX, interleave } from './comparison_model.js';

export class Comparison {
  #app;
  #keys = 0;

  /** @param {App} app */
  constructor(app) {
    this.#app = app;
  }

  get #store() {
    return this.#app.store;
  }

  get #runs() {
    return this.#store.state.compared_runs;
  }

  /** @param {PlannedRun} planned @returns {ComparedRun} */
  #pendingRun(planned) {
    this.#keys += 1;
    const result = { status: /** @type {const} */ ('waiting'), error: '', summaries: [], points: [] };
    return { ...planned, ...result, key: this.#keys, stored_run_id: null };
  }

  /**
   * Executes the planned runs, each several times. Runs that were added from the history stay in the comparison.
   * @param {Scenario} scenario
   * @param {PlannedRun[]} planned
   */
  async run(scenario, planned) {
    if (isBusy(this.#store.state) || planned.length === 0) return;
    const added = this.#runs.filter(({ stored_run_id }) => stored_run_id !== null);
    const runs = planned.map((plan) => this.#pendingRun(plan));
    this.#store.set({ compared_runs: [...added, ...runs].slice(0, RUNS_MAX) });
    const order = interleave(runs.map(({ key }) => key));
    for (const [index, { option: key, repeat }] of order.entries()) {
      const compared = this.#runs.find((run) => run.key === key);
      if (!compared || compared.status === 'failed' || this.#is_cancelled) continue;
      const which = repeat === 0 ? 'warm-up' : `measured run ${repeat} of ${REPEATS}`;
      const label = `${compared.label}, ${which}`;
      this.#store.set({
        comparison_progress: { index: index + 1, total: order.length, label, cancelled: false },
      });
      this.#change(key, { status: 'running' });
      // The history has one run of each option.
      const finished = await this.#app.executeRun(scenario, compared.parameters, repeat === REPEATS);
      this.#change(key, this.#resultOf(compared, repeat, finished));
    }
    for (const { key, status, summaries } of this.#runs) {
      const unfinished = status === 'waiting' || status === 'running';
      if (unfinished) this.#change(key, { status: summaries.length > 0 ? 'ended' : 'dropped' });
    }
    this.#store.set({ comparison_progress: null });
  }

  get #is_cancelled() {
    return this.#store.state.comparison_progress?.cancelled ?? false;
  }

  /**
   * @param {ComparedRun} compared
   * @param {number} repeat
   * @param {FinishedRun | null} finished
   * @returns {Partial<ComparedRun>}
   */
  #resultOf(compared, repeat, finished) {
    if (!finished) {
      const { error } = this.#store.state;
      return { status: 'failed', error: error ? `${error.what} ${error.why}` : '' };
    }
    const status = repeat === REPEATS ? 'ended' : 'waiting';
    // The warm-up and a run that was cancelled have no figures to compare.
    if (repeat === 0 || finished.report.ended_by === 'cancelled') return { status };
    const summaries = [...compared.summaries, summaryOf(finished)];
    return { status, summaries, points: finished.points };
  }

  /** Makes the current run the last one. */
  cancel() {
    const { comparison_progress } = this.#store.state;
    if (!comparison_progress) return;
    this.#store.set({ comparison_progress: { ...comparison_progress, cancelled: true } });
  }

  /**
   * Adds a run from the history.
   * @param {FinishedRun} finished
   * @param {number} stored_run_id
   * @returns {boolean} whether the comparison had room for it
   */
  addStoredRun(finished, stored_run_id) {
    if (this.#runs.some((run) => run.stored_run_id === stored_run_id)) return true;
    if (this.#runs.length >= RUNS_MAX) return false;
    const { parameters, title, flaws } = finished.report;
    const concurrency = concurrencyLabel(this.#store.state.description, finished.report);
    const label = `${title}: ${concurrency}, ${counted(parameters.workers, 'workers')}`;
    const pending = this.#pendingRun({ label, flawed: flaws.length > 0, parameters });
    const status = /** @type {const} */ ('ended');
    const { points } = finished;
    const run = { ...pending, status, summaries: [summaryOf(finished)], points, stored_run_id };
    this.#store.set({ compared_runs: [...this.#runs, run] });
    return true;
  }

  /** @param {number} key */
  remove(key) {
    this.#store.set({ compared_runs: this.#runs.filter((run) => run.key !== key) });
  }

  clear() {
    if (!this.#store.state.comparison_progress) this.#store.set({ compared_runs: [] });
  }

  /** @param {number} key @param {Partial<ComparedRun>} changes */
  #change(key, changes) {
    const compared_runs = this.#runs.map((run) => (run.key === key ? { ...run, ...changes } : run));
    this.#store.set({ compared_runs });
  }
}
