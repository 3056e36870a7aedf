/** What the page says of itself in each state: a word, and a sentence. */
/** @import { Report, RunState, State } from '../types.d.ts' */
import { progressText } from '../features/compare/comparison_model.js';
import { amount, count, counted, duration } from '../lib/format.js';
import { isPaused } from './store.js';

/** @type {Record<RunState, string>} */
const WORDS = {
  loading: 'Loading',
  unsupported: 'Not possible here',
  idle: 'Ready',
  preparing: 'Preparing',
  running: 'Running',
  cancelling: 'Cancelling',
  checking: 'Checking',
  finished: 'Finished',
  cancelled: 'Cancelled',
  failed: 'Failed',
};

const PAUSED =
  'The workers rest between two batches: nothing in the book changes, and the clock stands still.';

/**
 * The state in a word, and what it is like: that picks its colour and its sign.
 * @param {State} state
 * @returns {{ word: string, mood: 'calm' | 'busy' | 'good' | 'bad' }}
 */
export function stateLabel(state) {
  const { run_state, report } = state;
  if (isPaused(state)) return { word: 'Paused', mood: 'calm' };
  const word = WORDS[run_state];
  if (run_state === 'unsupported' || run_state === 'failed') return { word, mood: 'bad' };
  if (run_state === 'loading' || run_state === 'idle') return { word, mood: 'calm' };
  if (!report) return { word, mood: 'busy' };
  if (!report.passed) return { word: `${word}, checks failed`, mood: 'bad' };
  return { word, mood: run_state === 'cancelled' ? 'calm' : 'good' };
}

/**
 * What is happening and what one can expect. It changes with the state, not with every number.
 * @param {State} state
 */
export function stateText(state) {
  const { comparison_progress } = state;
  return comparison_progress ? `${progressText(comparison_progress)} ${ownSentence(state)}` : ownSentence(state);
}

/** @param {State} state */
function ownSentence(state) {
  const workers = counted(state.current_run?.parameters.workers ?? state.pool_size, 'workers');
  switch (state.run_state) {
    case 'loading':
      return `Compiling the ledger and starting ${workers}.`;
    case 'unsupported':
      return 'Nothing was started; the page says what is missing.';
    case 'failed':
      return 'It could not go on; the page says what happened and what to do next.';
    case 'idle':
      return 'Press Run: the workers share one memory, and then every attempt is checked.';
    case 'preparing':
      return 'Opening the accounts, giving out the coins, and getting memory for the trail.';
    case 'running':
      if (state.paused) return PAUSED;
      return `${workers} share one book. It is checked when they have stopped.`;
    case 'cancelling':
      return 'Asked the workers to stop; each does so at its next look.';
    case 'checking':
      return (
        `The workers have stopped${stoppedAfter(state)}. ` +
        'The referee decides every entry again, one by one.'
      );
    case 'finished':
    case 'cancelled':
      return state.report ? ending(state, state.report) : '';
  }
}

/** @param {State} state */
function stoppedAfter({ stopped_after_ms }) {
  return stopped_after_ms === null ? '' : ` ${duration(stopped_after_ms * 1e6)} after the cancel`;
}

/**
 * @param {State} state
 * @param {Report} report
 */
function ending(state, report) {
  const { run_state, stopped_after_ms } = state;
  const cancelled = stopped_after_ms !== null && run_state === 'cancelled';
  const ended = cancelled
    ? `Cancelled after ${duration(stopped_after_ms * 1e6)}; what was done until then was checked.`
    : report.ended_because;
  const told = [ended, operationsText(report), resultText(report)];
  return [...told, ...report.flaws].join(' ');
}

/**
 * How many operations, what they were made of where that is something else, and how long it took.
 * @param {Report} report
 */
export function operationsText({ totals: { operations, attempts, reads }, elapsed_ns }) {
  const parts = [];
  if (attempts !== operations) parts.push(counted(attempts, 'attempts'));
  if (reads > 0) parts.push(counted(reads, 'reads'));
  const made = parts.length > 0 ? ` (${parts.join(', ')})` : '';
  return `${counted(operations, 'operations')}${made} in ${duration(elapsed_ns)}.`;
}

/** @param {Report} report */
export function resultText(report) {
  const failed = report.checks.filter(({ passed }) => !passed);
  if (report.checks.length === 0) return 'Nothing was checked.';
  if (failed.length === 0) return `All ${count(report.checks.length)} checks passed.`;
  const names = failed.map(({ title }) => title).join('; ');
  return `${count(failed.length)} of ${counted(report.checks.length, 'checks')} failed: ${names}.`;
}

/**
 * How the book is after a run.
 * @param {Report} report
 */
export function healthText({ health }) {
  return `The book is ${health.status}: ${health.sentence}.`;
}

/**
 * What is read aloud: each change of state once, and no numbers that run; the health of the book
 * where it is not well.
 * @param {State} state
 */
export function announcement(state) {
  const { word } = stateLabel(state);
  if (state.error) return '';
  // Of a comparison each run is told once, not each of its stages.
  if (state.comparison_progress) return progressText(state.comparison_progress);
  const { report } = state;
  const ill = report && report.health.status !== 'healthy';
  const health = ill ? ` ${healthText(report)}` : '';
  return `${word}. ${stateText(state)}${health}`;
}

/**
 * Coins that were found and should not be, or the other way round.
 * @param {Report} report
 * @returns {string | null}
 */
export function conservationDifference(report) {
  const check = report.checks.find(({ name }) => name === 'conservation');
  if (!check) return null;
  const sums = [check.found, check.expected].map(String);
  if (!sums.every((sum) => /^-?\d+$/.test(sum))) return String(check.found);
  return amount(BigInt(sums[0]) - BigInt(sums[1]));
}
