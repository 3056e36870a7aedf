/** The summary of a finished run, as lists and tables show it. */
/** @import { Description, FinishedRun, Report, RunSummary, Values } from '../../types.d.ts' */
import { count, counted, duration } from '../../lib/format.js';
import { isContradictory } from '../../report/run_result.js';
import { choiceOf, scenarioOf } from './parameters.js';

/** Marks runs whose concurrency control is incorrect on purpose. */
export const FLAWED_LABEL = ' ⚠ incorrect on purpose';

/** Whether the ledger of a run was stored, so that each of its calls waited for the disk. @param {Pick<Report, 'checks'>} report */
export function isDurable({ checks }) {
  return checks.some(({ name }) => name === 'stored');
}

/** @param {FinishedRun} finished @returns {RunSummary} */
export function summaryOf({ report, file }) {
  const { scenario, title, parameters, flaws, started_at_ms, elapsed_ns, ended_by } = report;
  const { totals, workers, latency, checks } = report;
  /** @param {'waits' | 'conflicts'} name */
  const sum = (name) => workers.reduce((total, worker) => total + worker[name], 0);
  // The clock cannot resolve shorter times.
  const [p50_ns, p99_ns] = [latency.p50_ns, latency.p99_ns].map((time_ns) => {
    return Math.max(time_ns, latency.clock_step_ns);
  });
  return {
    scenario,
    title,
    parameters,
    flawed: flaws.length > 0,
    durable: isDurable(report),
    started_at_ms,
    elapsed_ns,
    ended_by,
    operations_per_second: totals.operations_per_second,
    refused: totals.refused,
    waits: sum('waits'),
    conflicts: sum('conflicts'),
    p50_ns,
    p99_ns,
    check_count: checks.length,
    failed_checks: checks.filter((check) => !check.passed || isContradictory(check)).map(({ title }) => title),
    file,
  };
}

/**
 * Returns the label of a run's concurrency control, or its name if this page does not know it.
 * @param {Description | null} description
 * @param {Pick<RunSummary, 'scenario' | 'parameters'>} run
 */
export function concurrencyLabel(description, run) {
  const value = run.parameters.concurrency;
  const scenario = scenarioOf(description, run);
  const parameter = scenario?.parameters.find(({ name }) => name === 'concurrency');
  const choice = parameter && choiceOf(parameter, value);
  return choice?.label ?? String(value ?? '–');
}

/**
 * Returns the result of the checks: passed, or the first that failed; and what ended the run early.
 * @param {Pick<RunSummary, 'failed_checks' | 'check_count' | 'ended_by'>} run
 */
export function outcomeOf({ failed_checks, check_count, ended_by }) {
  const end = { cancelled: ', cancelled', trail_full: ', trail full' }[String(ended_by)] ?? '';
  if (failed_checks.length > 0) {
    const more = failed_checks.length > 1 ? ` and ${failed_checks.length - 1} more` : '';
    return { good: false, text: `✗ ${failed_checks[0]}${more}${end}` };
  }
  if (check_count === 0) return { good: false, text: `Nothing was checked${end}` };
  return { good: true, text: `✓ ${counted(check_count, 'checks')}${end}` };
}

/**
 * Says what a latency is that of: the clock is read once for a batch of operations.
 * @param {number} operations in a batch, at most
 */
export function latencyScope(operations) {
  return operations === 1 ? 'of single operations' : `of batches of ${count(operations)} operations`;
}

/**
 * Says what workers wait for when they lock no account; empty if they lock them.
 * @param {Values | undefined} parameters of the run
 */
export function waitsScope(parameters) {
  return parameters?.concurrency === 'no-locks' ? 'for the latches of transfer ids; no account is locked' : '';
}

/** Returns a percentile as text, or a dash if nothing was measured. @param {number} time_ns */
export function percentileText(time_ns) {
  return time_ns > 0 ? duration(time_ns) : '–';
}
