/** The texts that describe the state of a run: a word, a sentence, an announcement. */
/** @import { Report, RunState, State } from '../types.d.ts' */
/** @import { Mood } from '../report/run_result.js' */
import { progressText } from '../features/compare/comparison_model.js';
import { amount, counted, duration } from '../lib/format.js';
import { runResultOf } from '../report/run_result.js';
import { isPaused } from './store.js';

/** @type {Record<RunState, string>} */
const LABELS = {
  loading: 'Loading',
  unsupported: 'Not supported',
  idle: 'Ready',
  opening: 'Opening',
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
 * @returns {{ word: string, mood: Mood }}
 */
export function stateLabel(state) {
  const { run_state, report } = state;
  if (isPaused(state)) return { word: 'Paused', mood: 'calm' };
  const word = LABELS[run_state];
  if (run_state === 'unsupported' || run_state === 'failed') return { word, mood: 'bad' };
  if (run_state === 'loading' || run_state === 'idle') return { word, mood: 'calm' };
  return report ? runResultOf(report) : { word, mood: 'busy' };
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
    case 'opening':
      return 'Reading the ledger, and replaying every entry in order.';
    case 'idle':
      if (state.opened_ledger) return 'A ledger is open: its accounts and its trail are below. Run starts another one.';
      return 'Press Run. The workers share one memory; afterwards every attempt is checked.';
    case 'preparing':
      return 'Opening the accounts, issuing the coins and reserving memory for the trail.';
    case 'running':
      if (state.paused) return 'The workers pause between two batches. The ledger and the clock stand still.';
      return `One ledger is shared by ${workers}. It is checked after the run.`;
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
  const is_cancelled = run_state === 'cancelled' && stopped_after_ms !== null;
  const delay = is_cancelled && `The workers stopped ${duration(stopped_after_ms * 1e6)} after Cancel was pressed.`;
  return [report.ended_because, delay || '', operationsText(report)].filter((part) => part !== '').join(' ');
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

/**
 * Returns the text that is read aloud: each change of state once, without running numbers.
 * @param {State} state
 */
export function announcement(state) {
  const { report, comparison_progress } = state;
  // The error panel is itself an alert.
  if (state.error) return '';
  // Each run of a comparison is announced once, not each of its states.
  if (comparison_progress) return progressText(comparison_progress);
  const result = report ? ` ${[runResultOf(report).text, ...report.flaws].join(' ')}` : '';
  return `${stateLabel(state).word}. ${stateText(state)}${result}`;
}

/**
 * Returns the coins found less the coins expected; a text if the report has one, or null without a conservation check.
 * @param {Report} report
 * @returns {bigint | string | null}
 */
function differenceOf({ checks }) {
  const check = checks.find(({ name }) => name === 'conservation');
  if (!check) return null;
  const sums = [check.found, check.expected].map(String);
  if (!sums.every((sum) => /^-?\d+$/.test(sum))) return String(check.found);
  return BigInt(sums[0]) - BigInt(sums[1]);
}

/**
 * Returns the coins found less the coins expected, or null without a conservation check.
 * @param {Report} report
 */
export function conservationDifference(report) {
  const difference = differenceOf(report);
  return typeof difference === 'bigint' ? amount(difference) : difference;
}

/** Says how many coins were created or lost. Updates can be lost without that. @param {Report} report */
export function coinsOfDifference(report) {
  const difference = differenceOf(report);
  if (typeof difference !== 'bigint') return '';
  if (difference === 0n) return 'The coins add up, but another check failed.';
  return difference < 0n ? `Coins lost: ${amount(-difference)}.` : `Coins created from nothing: ${amount(difference)}.`;
}
