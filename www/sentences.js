/** What the page says of itself in each state: a word, and a sentence. */
/** @import { Report, Stage, State } from './types.d.ts' */
import { progressOf } from './comparison.js';
import { amount, count, counted, duration } from './format.js';
import { isPaused } from './state.js';

/** @type {Record<Stage, string>} */
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
  'The workers rest between two batches: nothing in the ledger changes, and the clock stands still.';

/**
 * The state in a word, and what it is like: that picks its colour and its sign.
 * @param {State} state
 * @returns {{ word: string, mood: 'calm' | 'busy' | 'good' | 'bad' }}
 */
export function mood(state) {
  const { stage, report } = state;
  if (isPaused(state)) return { word: 'Paused', mood: 'calm' };
  const word = WORDS[stage];
  if (stage === 'unsupported' || stage === 'failed') return { word, mood: 'bad' };
  if (stage === 'loading' || stage === 'idle') return { word, mood: 'calm' };
  if (!report) return { word, mood: 'busy' };
  if (!report.passed) return { word: `${word}, checks failed`, mood: 'bad' };
  return { word, mood: stage === 'cancelled' ? 'calm' : 'good' };
}

/**
 * What is happening and what one can expect. It changes with the state, not with every number.
 * @param {State} state
 */
export function sentenceOf(state) {
  const { comparing } = state;
  return comparing ? `${progressOf(comparing)} ${ownSentence(state)}` : ownSentence(state);
}

/** @param {State} state */
function ownSentence(state) {
  const workers = counted(state.shown?.parameters.workers ?? state.pool_size, 'workers');
  switch (state.stage) {
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
      return `${workers} share one ledger. It is checked when they have stopped.`;
    case 'cancelling':
      return 'Asked the workers to stop; each does so at its next look.';
    case 'checking':
      return (
        `The workers have stopped${stoppedAfter(state)}. ` +
        'Serial replay decides every entry again, one by one.'
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
  const { stage, stopped_after_ms } = state;
  const cancelled = stopped_after_ms !== null && stage === 'cancelled';
  const ended = cancelled
    ? `Cancelled after ${duration(stopped_after_ms * 1e6)}; what was done until then was checked.`
    : report.ended_because;
  const told = [ended, doneIn(report), verdict(report)];
  return [...told, ...report.flaws].join(' ');
}

/**
 * How many operations, what they were made of where that is something else, and how long it took.
 * @param {Report} report
 */
export function doneIn({ totals: { operations, attempts, reads }, elapsed_ns }) {
  const parts = [];
  if (attempts !== operations) parts.push(counted(attempts, 'attempts'));
  if (reads > 0) parts.push(counted(reads, 'reads'));
  const made = parts.length > 0 ? ` (${parts.join(', ')})` : '';
  return `${counted(operations, 'operations')}${made} in ${duration(elapsed_ns)}.`;
}

/** @param {Report} report */
export function verdict(report) {
  const failed = report.checks.filter(({ passed }) => !passed);
  if (report.checks.length === 0) return 'Nothing was checked.';
  if (failed.length === 0) return `All ${count(report.checks.length)} checks passed.`;
  const names = failed.map(({ title }) => title).join('; ');
  return `${count(failed.length)} of ${counted(report.checks.length, 'checks')} failed: ${names}.`;
}

/**
 * How the ledger is after a run.
 * @param {Report} report
 */
export function healthOf({ health }) {
  return `The ledger is ${health.status}: ${health.message}.`;
}

/**
 * What is read aloud: each change of state once, and no numbers that run; the health of the ledger
 * where it is not well.
 * @param {State} state
 */
export function announcement(state) {
  const { word } = mood(state);
  if (state.trouble) return '';
  // Of a comparison each run is told once, not each of its stages.
  if (state.comparing) return progressOf(state.comparing);
  const { report } = state;
  const ill = report && report.health.status !== 'healthy';
  const health = ill ? ` ${healthOf(report)}` : '';
  return `${word}. ${sentenceOf(state)}${health}`;
}

/**
 * Coins that were found and should not be, or the other way round.
 * @param {Report} report
 * @returns {string | null}
 */
export function adrift(report) {
  const check = report.checks.find(({ name }) => name === 'conservation');
  if (!check) return null;
  const sums = [check.found, check.expected].map(String);
  if (!sums.every((sum) => /^-?\d+$/.test(sum))) return String(check.found);
  return amount(BigInt(sums[0]) - BigInt(sums[1]));
}
