/** What lists and tables say of a run that has ended. */
/** @import { Description, Ended, Summary } from './types.d.ts' */
import { counted, duration } from './format.js';
import { choiceOf } from './parameters.js';

/**
 * @param {Ended} ended
 * @returns {Summary}
 */
export function summaryOf({ report, file }) {
  const { scenario, title, parameters, flaws, started_at_ms, elapsed_ns, ended_by } = report;
  const { totals, workers, latency, checks } = report;
  /** @param {'waits' | 'conflicts'} name */
  const sum = (name) => workers.reduce((total, worker) => total + worker[name], 0);
  return {
    scenario,
    title,
    parameters,
    flawed: flaws.length > 0,
    started_at_ms,
    elapsed_ns,
    ended_by,
    operations_per_second: totals.operations_per_second,
    refused: totals.refused,
    waits: sum('waits'),
    conflicts: sum('conflicts'),
    p50_ns: stepped(latency.p50_ns, latency.clock_step_ns),
    p99_ns: stepped(latency.p99_ns, latency.clock_step_ns),
    checks: checks.length,
    failed: checks.filter(({ passed }) => !passed).map((check) => check.title),
    file,
  };
}

/**
 * What is shorter than a step of the clock cannot be told from it.
 * @param {number} nanoseconds
 * @param {number} step_ns
 */
function stepped(nanoseconds, step_ns) {
  return Math.max(nanoseconds, step_ns);
}

/**
 * The name of a run's strategy for people; its own where this page does not know it.
 * @param {Description | null} description
 * @param {Pick<Summary, 'scenario' | 'parameters'>} run
 */
export function strategyOf(description, { scenario, parameters }) {
  const known = description?.scenarios.find(({ name }) => name === scenario);
  const parameter = known?.parameters.find(({ name }) => name === 'concurrency');
  const choice = parameter && choiceOf(parameter, parameters.concurrency);
  return choice?.label ?? String(parameters.concurrency ?? '–');
}

/**
 * Passed, or the first check that failed; and that it was cancelled, where it was.
 * @param {Pick<Summary, 'failed' | 'checks' | 'ended_by'>} run
 */
export function outcomeOf({ failed, checks, ended_by }) {
  const cancelled = ended_by === 'cancelled' ? ', cancelled' : '';
  if (failed.length > 0) {
    const more = failed.length > 1 ? ` and ${failed.length - 1} more` : '';
    return { good: false, text: `✗ ${failed[0]}${more}${cancelled}` };
  }
  if (checks === 0) return { good: false, text: `Nothing was checked${cancelled}` };
  return { good: true, text: `✓ ${counted(checks, 'checks')}${cancelled}` };
}

/**
 * A percentile; none where nothing was measured.
 * @param {number} nanoseconds
 */
export function percentile(nanoseconds) {
  return nanoseconds > 0 ? duration(nanoseconds) : '–';
}
