/**
 * The result on the displayed run, and what it rests on: the coins, the entries replayed and the checks. During the
 * run every sample of the ledger counts the coins anew; only the report's figures turn green.
 */
/** @import { Report, State } from '../../types.d.ts' */
/** @import { Mood } from '../../report/run_result.js' */
import { coinsOfDifference } from '../../app/state_text.js';
import { byId, element, setText } from '../../lib/dom.js';
import { amount, count, rate } from '../../lib/format.js';
import { isDurable } from '../run/run_summary.js';
import { ICONS, isContradictory, runResultOf } from '../../report/run_result.js';

/** @typedef {{ value: string, label: string, mood?: Mood }} Shown */

export function resultPanel() {
  const title = element('h2', { id: 'result-title', class: 'result-word mood' });
  const cause = element('p', { class: 'result-cause' });
  const coins = figure('Coins');
  const replayed = figure('Entries replayed');
  const checks = figure('Checks passed');
  const figures = element('div', { class: 'result-figures' }, coins.element, replayed.element, checks.element);
  const panel = byId('result');
  panel.append(element('div', {}, title, cause), figures);

  /** @param {State} state */
  return (state) => {
    const { report } = state;
    const { mood, text } = report ? runResultOf(report) : { mood: /** @type {Mood} */ ('calm'), text: pendingText(state) };
    panel.dataset.mood = mood;
    setText(title, report ? `${ICONS[mood]} ${text}` : text);
    setText(cause, report ? causeOf(report) : 'The result follows when the workers have stopped.');
    coins.show(coinsOf(state));
    replayed.show(replayedOf(state));
    checks.show(checksOf(report));
  };
}

/** @param {string} name */
function figure(name) {
  const value = element('span', { class: 'value mood' });
  const label = element('span', { class: 'note' });
  const block = element('div', { role: 'group', 'aria-label': name, class: 'result-figure' }, value, label);
  /** @param {Shown} shown */
  const show = ({ value: text, label: words, mood = 'calm' }) => {
    setText(value, text);
    setText(label, words);
    block.dataset.mood = mood;
  };
  return { element: block, show };
}

/** @param {State} state */
function pendingText({ run_state }) {
  if (run_state === 'checking') return 'Checking every coin and every entry';
  return run_state === 'failed' ? 'This run has no result' : 'Every sample counts all coins';
}

/** Says what is wrong, and what was to be expected of a choice that is incorrect on purpose. @param {Report} report */
function causeOf(report) {
  const { passed, flaws, ended_because, totals } = report;
  const cost = isDurable(report) ? `Each call waited until it was on the disk: ${rate(totals.operations_per_second)} durable operations/s.` : '';
  const parts = passed ? [ended_because, cost, ...flaws] : [coinsOfDifference(report), ...flaws];
  return parts.filter((part) => part !== '').join(' ');
}

/** @param {State} state @returns {Shown} */
function coinsOf({ report, ledger_samples }) {
  const check = report?.checks.find(({ name }) => name === 'conservation');
  if (check) {
    const label = `of ${amount(check.expected)} coins expected`;
    return { value: amount(check.found), label, mood: check.passed ? 'good' : 'bad' };
  }
  if (!ledger_samples || report) return { value: '–', label: 'coins found' };
  const { held, issued, difference } = ledger_samples.current.sample;
  const mood = Number(difference) === 0 ? 'calm' : 'bad';
  return { value: amount(held), label: `of ${amount(issued)} coins issued`, mood };
}

/** @param {State} state @returns {Shown} */
function replayedOf({ report, reading, run_state }) {
  const check = report?.checks.find(({ name }) => name === 'replay');
  if (report && check) {
    const label = `of ${count(report.totals.trail_entries)} entries replayed`;
    return { value: count(check.examined), label, mood: check.passed ? 'good' : 'bad' };
  }
  if (run_state !== 'checking' || !reading) return { value: '–', label: 'entries replayed' };
  return { value: count(reading.replayed), label: `of ${count(reading.replay_total)} entries replayed` };
}

/** @param {Report | null} report @returns {Shown} */
function checksOf(report) {
  if (!report) return { value: '–', label: 'checks passed' };
  const { checks, passed } = report;
  const good = checks.filter((check) => check.passed && !isContradictory(check)).length;
  const mood = good === checks.length ? 'good' : passed ? 'busy' : 'bad';
  return { value: count(good), label: `of ${count(checks.length)} checks passed`, mood };
}
