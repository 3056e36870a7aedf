/** What lists and tables say of a run that has ended. */
/** @import { Description, FinishedRun, RunSummary } from '../../types.d.ts' */
import { counted, duration } from '../../lib/format.js';
import { choiceOf } from './parameters.js';

/**
 * @param {FinishedRun} ended
 * @returns {RunSummary}
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
    check_count: checks.length,
    failed_checks: checks.filter(({ passed }) => !passed).map((check) => check.title),
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
 * @param {Pick<RunSummary, 'scenario' | 'parameters'>} run
 */
export function concurrencyLabel(description, { scenario, parameters }) {
  const known = description?.scenarios.find(({ name }) => name === scenario);
  const parameter = known?.parameters.find(({ name }) => name === 'isolation');
  const choice = parameter && choiceOf(parameter, parameters.isolation);
  return choice?.label ?? String(parameters.isolation ?? '–');
}

/**
 * Passed, or the first check that failed; and that it was cancelled, where it was.
 * @param {Pick<RunSummary, 'failed_checks' | 'check_count' | 'ended_by'>} run
 */
export function outcomeOf({ failed_checks, check_count, ended_by }) {
  const cancelled = ended_by === 'cancelled' ? ', cancelled' : '';
  if (failed_checks.length > 0) {
    const more = failed_checks.length > 1 ? ` and ${failed_checks.length - 1} more` : '';
    return { good: false, text: `✗ ${failed_checks[0]}${more}${cancelled}` };
  }
  if (check_count === 0) return { good: false, text: `Nothing was checked${cancelled}` };
  return { good: true, text: `✓ ${counted(check_count, 'checks')}${cancelled}` };
}

/**
 * A percentile; none where nothing was measured.
 * @param {number} nanoseconds
 */
export function percentile(nanoseconds) {
  return nanoseconds > 0 ? duration(nanoseconds) : '–';
}
