/** The result of a finished run: one word, one mood and one sentence, the same wherever the run is shown. */
/** @import { Check, Report } from '../types.d.ts' */
import { amount, count, counted } from '../lib/format.js';

/** @typedef {'calm' | 'busy' | 'good' | 'bad'} Mood */

/** @type {Record<Mood, string>} */
export const ICONS = { calm: '○', busy: '!', good: '✓', bad: '✗' };

/**
 * @param {Report} report
 * @returns {{ word: string, mood: Mood, text: string }}
 */
export function runResultOf(report) {
  const { passed, ended_by, health } = report;
  const checks = resultText(report);
  const is_healthy = health.status === 'healthy';
  const text = is_healthy ? checks : `${checks} The ledger is ${health.status}: ${health.message}.`;
  const end = ended_by === 'cancelled' ? 'Cancelled' : 'Finished';
  if (!passed) return { word: `${end}, checks failed`, mood: 'bad', text: checks };
  const contradiction = report.checks.find(isContradictory);
  if (contradiction) {
    const { title, expected, found } = contradiction;
    const why = `${title} is marked as passed, but it expected ${amount(expected)} and found ${amount(found)}.`;
    return { word: `${end}, figures contradict`, mood: 'busy', text: why };
  }
  if (ended_by === 'trail_full') return { word: 'Stopped, trail full', mood: 'busy', text };
  if (ended_by === 'cancelled') return { word: end, mood: 'calm', text };
  if (!is_healthy) return { word: `${end}, ledger ${health.status}`, mood: 'busy', text };
  const deadlocks = report.events.find(({ name }) => name === 'deadlock')?.count ?? 0;
  if (deadlocks === 0) return { word: end, mood: 'good', text };
  const times = `${counted(deadlocks, 'deadlocks')} cost time.`;
  return { word: `${end}, with deadlocks`, mood: 'busy', text: `${checks} ${times}` };
}

/**
 * Whether a check is marked as passed although its figures differ. Reports of this program have none; the core
 * rejects it for the checks that every report has.
 * @param {Check} check
 */
export function isContradictory({ passed, expected, found }) {
  return passed && String(expected) !== String(found);
}

/** @param {Report} report */
function resultText({ checks }) {
  if (checks.length === 0) return 'Nothing was checked.';
  const failed = checks.filter(({ passed }) => !passed);
  if (failed.length === 0) return `All ${count(checks.length)} checks passed.`;
  const titles = failed.map(({ title }) => title).join('; ');
  return `${count(failed.length)} of ${counted(checks.length, 'checks')} failed: ${titles}.`;
}
