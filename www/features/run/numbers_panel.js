/** The rates of the run, and the entries of its trail. */
/** @import { CounterPoint, State } from '../../types.d.ts' */
import { changeDetector, isStopped } from '../../app/store.js';
import { sparkline } from '../../charts/sparkline.js';
import { byId, element, setText } from '../../lib/dom.js';
import { bytes, count, rate } from '../../lib/format.js';

const RATES = /** @type {const} */ ([
  ['operations', 'Operations'],
  ['accepted', 'Accepted attempts'],
  ['refused', 'Refused attempts'],
  ['interrupted', 'Interrupted attempts'],
]);

export function numbersPanel() {
  const rates = RATES.map(([kind, title]) => ({ kind, title, ...numberCard(kind, '/s', title) }));
  const entries = numberCard('entries', '', 'Trail entries');
  byId('numbers').append(...[...rates, entries].map(({ card }) => card));

  const changed = changeDetector();
  /** @param {State} state */
  return (state) => {
    if (!changed(state.revision)) return;
    const { points, last, rates: steps, current_rates, average_rates } = state.series;
    const times = points.map(({ time_ns }) => time_ns);
    const shown_rates = isStopped(state) ? average_rates : current_rates;
    const period = isStopped(state) ? ', average' : '';
    const has_begun = last.time_ns > 0;
    for (const { kind, title, show, draw } of rates) {
      show(has_begun ? rate(shown_rates[kind]) : '–', `${title}${period}`);
      draw(times, steps.map((step) => step[kind]));
    }
    entries.show(has_begun ? count(last.entries) : '–', `Trail entries${memoryText(state, last)}`);
    entries.draw(times, points.map((point) => point.entries));
  };
}

/** @param {string} kind @param {string} unit @param {string} title */
function numberCard(kind, unit, title) {
  const value = element('span', { class: 'value' }, '–');
  const label = element('p', { class: 'label note' }, title);
  const line = sparkline();
  const figure = element('p', { class: 'figure' }, value);
  if (unit) figure.append(element('span', { class: 'unit' }, ` ${unit}`));
  const attributes = { class: `card number ${kind}`, role: 'group', 'aria-label': title };
  const card = element('div', attributes, figure, label, line.element);
  /** @param {string} text @param {string} title */
  const show = (text, title) => {
    setText(value, text);
    setText(label, title);
  };
  return { card, show, draw: line.show };
}

/** @param {State} state @param {CounterPoint} last */
function memoryText({ report, reading }, last) {
  const size = report?.totals.trail_bytes ?? last.entries * (reading?.entry_bytes ?? 0);
  return size > 0 ? `, ${bytes(size)}` : '';
}
