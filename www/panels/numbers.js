/**
 * Five numbers. The last is the one that matters: each look at the ledger computes it anew, and only
 * the report's turns green.
 */
/** @import { Laboratory } from '../laboratory.js' */
/** @import { Sample, State } from '../types.d.ts' */
import { element, place, write } from '../dom.js';
import { growth, rates } from '../engine/samples.js';
import { amount, bytes, count, counted, rate } from '../format.js';
import { adrift } from '../sentences.js';
import { sparkline } from '../sparkline.js';

/** @param {Laboratory} laboratory */
export function numbers(laboratory) {
  const operations = number('operations', '/s', 'Operations');
  const accepted = number('accepted', '/s', 'Accepted transfers');
  const refused = number('refused', '/s', 'Refused transfers');
  const entries = number('entries', '', 'Trail entries');
  const conservation = number('conservation', 'coins adrift', 'Conservation');
  place('numbers').append(
    ...[operations, accepted, refused, entries, conservation].map(({ card }) => card),
  );

  let revision = -1;
  /** @param {State} state */
  return (state) => {
    showConservation(conservation, state);
    if (state.revision === revision) return;
    revision = state.revision;
    const { points, last } = laboratory.samples;
    const times = points.map(({ time_ns }) => time_ns);
    // Once the workers have stopped, what they did lately says nothing any more.
    const stopped = state.report !== null || state.stage === 'checking';
    const now = stopped ? growth(points[0], last) : laboratory.samples.recent();
    const course = rates(points);
    const period = stopped ? ', average' : '';
    const begun = last.time_ns > 0;
    /** @param {'operations' | 'accepted' | 'refused'} kind */
    const shown = (kind) => (begun ? rate(now[kind]) : '–');
    operations.show(shown('operations'), `Operations${period}`);
    accepted.show(shown('accepted'), `Accepted transfers${period}`);
    refused.show(shown('refused'), `Refused transfers${period}`);
    entries.show(begun ? count(last.entries) : '–', `Trail entries${memory(state, last)}`);
    operations.draw(
      times,
      course.map((step) => step.operations),
    );
    accepted.draw(
      times,
      course.map((step) => step.accepted),
    );
    refused.draw(
      times,
      course.map((step) => step.refused),
    );
    entries.draw(
      times,
      points.map((point) => point.entries),
    );
  };
}

/**
 * @param {string} kind
 * @param {string} unit
 * @param {string} title
 */
function number(kind, unit, title) {
  const value = element('span', { class: 'value' }, '–');
  const label = element('p', { class: 'label' }, title);
  const line = sparkline();
  const figure = element('p', { class: 'figure' }, value);
  if (unit) figure.append(element('span', { class: 'unit' }, ` ${unit}`));
  const card = element(
    'div',
    { class: `card number ${kind}`, role: 'group', 'aria-label': title },
    figure,
    label,
    line.picture,
  );
  /** @param {string} text @param {string} title */
  const show = (text, title) => {
    write(value, text);
    write(label, title);
  };
  return { card, show, draw: line.show };
}

/**
 * @param {State} state
 * @param {Sample} last
 */
function memory({ report, reading }, last) {
  const size = report?.totals.trail_bytes ?? last.entries * (reading?.entry_bytes ?? 0);
  return size > 0 ? `, ${bytes(size)}` : '';
}

/**
 * @param {ReturnType<typeof number>} conservation
 * @param {State} state
 */
function showConservation({ card, show }, { report, seen }) {
  const check = report?.checks.find(({ name }) => name === 'conservation');
  card.dataset.verdict = check ? (check.passed ? 'pass' : 'fail') : 'none';
  if (!report && seen) {
    const { look } = seen.now;
    if (Number(look.difference) !== 0) card.dataset.verdict = 'fail';
    show(amount(look.difference), `Conservation now, over ${counted(look.accounts, 'accounts')}`);
    return;
  }
  if (!report || !check) {
    show('–', 'Conservation, not computed yet');
    return;
  }
  const verdict = check.passed ? '✓\u00a0pass' : '✗\u00a0fail';
  const items = counted(check.examined, check.unit);
  show(adrift(report) ?? '–', `Conservation over ${items}: ${verdict}`);
}
