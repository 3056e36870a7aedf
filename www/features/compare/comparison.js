/** Runs one load after the other, and keeps what came of each beside the others. */
/** @import { Compared, Ended, Plan, Scenario } from '../../types.d.ts' */
/** @import { Laboratory } from '../../app/app.js' */
import { ROWS_MAX, waiting } from './comparison_model.js';
import { counted } from '../../lib/format.js';
import { isBusy } from '../../app/store.js';
import { strategyOf, summaryOf } from '../run/run_summary.js';

export class Comparison {
  #laboratory;
  #keys = 0;

  /** @param {Laboratory} laboratory */
  constructor(laboratory) {
    this.#laboratory = laboratory;
  }

  get #store() {
    return this.#laboratory.store;
  }

  /**
   * Runs each plan. What was put into the comparison by hand stays in it.
   * @param {Scenario} scenario
   * @param {Plan[]} plans
   */
  async run(scenario, plans) {
    if (isBusy(this.#store.state) || plans.length === 0) return;
    const put = this.#store.state.comparison.filter(({ kept }) => kept !== null);
    const rows = plans.map((plan) => waiting(plan, (this.#keys += 1)));
    this.#store.set({ comparison: [...put, ...rows].slice(0, ROWS_MAX) });
    for (const [index, { key, label, parameters }] of rows.entries()) {
      if (this.#store.state.comparing?.cancelled) {
        this.#change(key, { stage: 'dropped' });
        continue;
      }
      const comparing = { at: index + 1, of: rows.length, label, cancelled: false };
      this.#store.set({ comparing });
      this.#change(key, { stage: 'running' });
      const ended = await this.#laboratory.conduct(scenario, parameters);
      const { trouble } = this.#store.state;
      if (ended) this.#change(key, { stage: 'ended', ...told(ended) });
      else
        this.#change(key, {
          stage: 'failed',
          why: trouble ? `${trouble.what} ${trouble.why}` : '',
        });
    }
    this.#store.set({ comparing: null });
  }

  /** The run under way is the last. */
  cancel() {
    const { comparing } = this.#store.state;
    if (comparing) this.#store.set({ comparing: { ...comparing, cancelled: true } });
  }

  /**
   * Puts an earlier run beside the others.
   * @param {Ended} ended
   * @param {number} kept its id
   * @returns {boolean} whether there was room
   */
  put(ended, kept) {
    const { comparison, description } = this.#store.state;
    if (comparison.some((row) => row.kept === kept)) return true;
    if (comparison.length >= ROWS_MAX) return false;
    const { parameters, scenario, title, flaws } = ended.report;
    const strategy = strategyOf(description, { scenario, parameters });
    const label = `${title}: ${strategy}, ${counted(parameters.workers, 'workers')}`;
    const plan = { label, flawed: flaws.length > 0, parameters };
    const row = waiting(plan, (this.#keys += 1));
    /** @type {Compared} */
    const whole = { ...row, stage: 'ended', kept, ...told(ended) };
    this.#store.set({ comparison: [...comparison, whole] });
    return true;
  }

  /** @param {number} key */
  remove(key) {
    const { comparison } = this.#store.state;
    this.#store.set({ comparison: comparison.filter((row) => row.key !== key) });
  }

  clear() {
    if (!this.#store.state.comparing) this.#store.set({ comparison: [] });
  }

  /**
   * @param {number} key
   * @param {Partial<Compared>} changes
   */
  #change(key, changes) {
    const { comparison } = this.#store.state;
    this.#store.set({
      comparison: comparison.map((row) => (row.key === key ? { ...row, ...changes } : row)),
    });
  }
}

/** @param {Ended} ended */
function told(ended) {
  return { summary: summaryOf(ended), points: ended.points };
}
