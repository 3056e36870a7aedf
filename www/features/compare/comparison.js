/** Runs one load after the other, and keeps what came of each beside the others. */
/** @import { ComparedRun, FinishedRun, PlannedRun, Scenario } from '../../types.d.ts' */
/** @import { App } from '../../app/app.js' */
import { ROWS_MAX, pendingRun } from './comparison_model.js';
import { counted } from '../../lib/format.js';
import { isBusy } from '../../app/store.js';
import { concurrencyLabel, summaryOf } from '../run/run_summary.js';

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

  /**
   * Runs each plan. What was put into the comparison by hand stays in it.
   * @param {Scenario} scenario
   * @param {PlannedRun[]} plans
   */
  async run(scenario, plans) {
    if (isBusy(this.#store.state) || plans.length === 0) return;
    const put = this.#store.state.compared_runs.filter(({ stored_run_id }) => stored_run_id !== null);
    const rows = plans.map((plan) => pendingRun(plan, (this.#keys += 1)));
    this.#store.set({ compared_runs: [...put, ...rows].slice(0, ROWS_MAX) });
    for (const [index, { key, label, parameters }] of rows.entries()) {
      if (this.#store.state.comparison_progress?.cancelled) {
        this.#change(key, { status: 'dropped' });
        continue;
      }
      const comparison_progress = { index: index + 1, total: rows.length, label, cancelled: false };
      this.#store.set({ comparison_progress });
      this.#change(key, { status: 'running' });
      const ended = await this.#app.executeRun(scenario, parameters);
      const { error } = this.#store.state;
      if (ended) this.#change(key, { status: 'ended', ...told(ended) });
      else
        this.#change(key, {
          status: 'failed',
          error: error ? `${error.what} ${error.why}` : '',
        });
    }
    this.#store.set({ comparison_progress: null });
  }

  /** The run under way is the last. */
  cancel() {
    const { comparison_progress } = this.#store.state;
    if (comparison_progress) this.#store.set({ comparison_progress: { ...comparison_progress, cancelled: true } });
  }

  /**
   * Puts an earlier run beside the others.
   * @param {FinishedRun} ended
   * @param {number} stored_run_id its id
   * @returns {boolean} whether there was room
   */
  addStoredRun(ended, stored_run_id) {
    const { compared_runs, description } = this.#store.state;
    if (compared_runs.some((row) => row.stored_run_id === stored_run_id)) return true;
    if (compared_runs.length >= ROWS_MAX) return false;
    const { parameters, scenario, title, flaws } = ended.report;
    const strategy = concurrencyLabel(description, { scenario, parameters });
    const label = `${title}: ${strategy}, ${counted(parameters.workers, 'workers')}`;
    const plan = { label, flawed: flaws.length > 0, parameters };
    const row = pendingRun(plan, (this.#keys += 1));
    /** @type {ComparedRun} */
    const whole = { ...row, status: 'ended', stored_run_id, ...told(ended) };
    this.#store.set({ compared_runs: [...compared_runs, whole] });
    return true;
  }

  /** @param {number} key */
  remove(key) {
    const { compared_runs } = this.#store.state;
    this.#store.set({ compared_runs: compared_runs.filter((row) => row.key !== key) });
  }

  clear() {
    if (!this.#store.state.comparison_progress) this.#store.set({ compared_runs: [] });
  }

  /**
   * @param {number} key
   * @param {Partial<ComparedRun>} changes
   */
  #change(key, changes) {
    const { compared_runs } = this.#store.state;
    this.#store.set({
      compared_runs: compared_runs.map((row) => (row.key === key ? { ...row, ...changes } : row)),
    });
  }
}

/** @param {FinishedRun} ended */
function told(ended) {
  return { summary: summaryOf(ended), points: ended.points };
}
