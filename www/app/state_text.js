/** The texts that describe the state of a run: a word, a sentence, an announcement. */
/** @import { Report, RunState, State } from '../types.d.ts' */
import { progressText } from '../features/compare/comparison_model.js';
import { amount, count, counted, duration } from '../lib/format.js';
import { isPaused } from './store.js';

/** @type {Record<RunState, string>} */
const LABELS = {
  loading: 'Loading',
  unsupported: 'Not supported',
  idle: 'Ready',
  preparing: 'Preparing',
  running: 'Running',
  cancelling: 'Cancelling',
  checking: 'Checking',
  finished: 'Finished',
  cancelled: 'Cancelled',
  failed: 'Failed',
};

/**
 * Returns the state in a word, and its mood, which selects colour and icon.
 * @param {State} state
 * @returns {{ word: string, mood: 'calm' | 'busy' | 'good' | 'bad' }}
 */
export function stateLabel(state) {
  const { run_state, report } = state;
  if (isPaused(state)) return { word: 'Paused', mood: 'calm' };
  const word = LABELS[run_state];
  if (run_state === 'unsupported' || run_state === 'failed') return { word, mood: 'bad' };
  if (run_state === 'loading' || run_state === 'idle') return { word, mood: 'calm' };
  if (!report) return { word, mood: 'busy' };
  if (!report.passed) return { word: `${word}, checks failed`, mood: 'bad' };
  return { word, mood: run_state === 'cancelled' ? 'calm' : 'good' };
}

/**
 * Returns a sentence about the state. It changes with the state, not with each number.
 * @param {State} state
 */
export function stateText(state) {
  const { comparison_progress } = state;
  const text = runText(state);
  return comparison_progress ? `${progressText(comparison_progress)} ${text}` : text;
}

/** @param {State} state */
function runText(state) {
  const { run_state, report, stopped_after_ms } = state;
  const workers = counted(state.current_run?.parameters.workers ?? state.pool_size, 'workers');
  switch (run_state) {
    case 'loading':
      return `Compiling the ledger and starting ${workers}.`;
    case 'unsupported':
      return 'The page cannot run here. The message below gives the reason.';
    case 'failed':
      return 'The run stopped. The message below explains why and what to do next.';
    case 'idle':
      return 'Press Run. The workers share one memory; afterwards every attempt is checked.';
    case 'preparing':
      return 'Opening the accounts, issuing the coins and reserving memory for the trail.';
    case 'running':
      if (state.paused) return 'The workers pause between two batches. The ledger and the clock stand still.';
      return `${workers} share one ledger. It is checked after they have stopped.`;
    case 'cancelling':
      return 'Stopping: each worker finishes its current batch.';
    case 'checking': {
      const delay = stopped_after_ms === null ? '' : ` ${duration(stopped_after_ms * 1e6)} after Cancel`;
      return `The workers have stopped${delay}. The serial replay repeats every entry in order.`;
    }
    case 'finished':
    case 'cancelled':
      return report ? finishedText(state, report) : '';
  }
}

/** @param {State} state @param {Report} report */
function finishedText({ run_state, stopped_after_ms }, report) {
  const end =
    stopped_after_ms !== null && run_state === 'cancelled'
      ? `Cancelled after ${duration(stopped_after_ms * 1e6)}. Everything done until then was checked.`
      : report.ended_because;
  return [end, operationsText(report), resultText(report), ...report.flaws].join(' ');
}

/**
 * Returns the number of operations, the attempts and reads if these differ, and the time.
 * @param {Report} report
 */
export function operationsText({ totals: { operations, attempts, reads }, elapsed_ns }) {
  const parts = [];
  if (attempts !== operations) parts.push(counted(attempts, 'attempts'));
  if (reads > 0) parts.push(counted(reads, 'reads'));
  const details = parts.length > 0 ? ` (${parts.join(', ')})` : '';
  return `${counted(operations, 'operations')}${details} in ${duration(elapsed_ns)}.`;
}

/** @param {Report} report */
export function resultText({ checks }) {
  if (checks.length === 0) return 'Nothing was checked.';
  const failed = checks.filter(({ passed }) => !passed);
  if (failed.length === 0) return `All ${count(checks.length)} checks passed.`;
  const titles = failed.map(({ title }) => title).join('; ');
  return `${count(failed.length)} of ${counted(checks.length, 'checks')} failed: ${titles}.`;
}

/** @param {Report} report */
export function healthText({ health }) {
  return `The ledger is ${health.status}: ${health.message}.`;
}

/**
 * Returns the text that is read aloud: each change of state once, without running numbers. An unhealthy
 * ledger is mentioned.
 * @param {State} state
 */
export function announcement(state) {
  const { report, comparison_progress } = state;
  // The error panel is itself an alert.
  if (state.error) return '';
  // Each run of a comparison is announced once, not each of its states.
  if (comparison_progress) return progressText(comparison_progress);
  const health = report && report.health.status !== 'healthy' ? ` ${healthText(report)}` : '';
  return `${stateLabel(state).word}. ${stateText(state)}${health}`;
}

/**
 * Returns the coins found less the coins expected, or null without a conservation check.
 * @param {Report} report
 * @returns {string | null}
 */
export function conservationDifference({ checks }) {
  const check = checks.find(({ name }) => name === 'conservation');
  if (!check) return null;
  const sums = [check.found, check.expected].map(String);
  if (!sums.every((sum) => /^-?\d+$/.test(sum))) return String(check.found);
  return amount(BigInt(sums[0]) - BigInt(sums[1]));
}
