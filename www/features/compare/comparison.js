/** Executes the runs of a comparison one after the other. */
/** @import { App, ComparedRun, FinishedRun, PlannedRun, Scenario } from '../../types.d.ts' */
import { isBusy } from '../../app/store.js';
import { counted } from '../../lib/format.js';
import { concurrencyLabel, summaryOf } from '../run/run_summary.js';
import { RUNS_MAX } from './comparison_model.js';

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
    const result = { status: /** @type {const} */ ('waiting'), error: '', summary: null, points: [] };
    return { ...planned, ...result, key: this.#keys, stored_run_id: null };
  }

  /**
   * Executes the planned runs. Runs that were added from the history stay in the comparison.
   * @param {Scenario} scenario
   * @param {PlannedRun[]} planned
   */
  async run(scenario, planned) {
    if (isBusy(this.#store.state) || planned.length === 0) return;
    const added = this.#runs.filter(({ stored_run_id }) => stored_run_id !== null);
    const runs = planned.map((plan) => this.#pendingRun(plan));
    this.#store.set({ compared_runs: [...added, ...runs].slice(0, RUNS_MAX) });
    for (const [index, { key, label, parameters }] of runs.entries()) {
      if (this.#store.state.comparison_progress?.cancelled) {
        this.#change(key, { status: 'dropped' });
        continue;
      }
      const progress = { index: index + 1, total: runs.length, label, cancelled: false };
      this.#store.set({ comparison_progress: progress });
      this.#change(key, { status: 'running' });
      const finished = await this.#app.executeRun(scenario, parameters);
      const { error } = this.#store.state;
      const reason = error ? `${error.what} ${error.why}` : '';
      this.#change(key, finished ? resultOf(finished) : { status: 'failed', error: reason });
    }
    this.#store.set({ comparison_progress: null });
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
    const run = { ...pending, ...resultOf(finished), stored_run_id };
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

/** @param {FinishedRun} finished */
function resultOf(finished) {
  const status = /** @type {const} */ ('ended');
  return { status, summary: summaryOf(finished), points: finished.points };
}
