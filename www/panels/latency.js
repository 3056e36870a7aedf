/** How long operations took, with the sentence of what was timed. */
/** @import { Latency, State } from '../types.d.ts' */
import { element, write } from '../dom.js';
import { counted, duration } from '../format.js';
import { cardTable, namedRow } from './card_table.js';

/** @type {{ name: string, meaning: string, of: (latency: Latency) => number }[]} */
const ROWS = [
  { name: 'p50', meaning: 'half', of: ({ p50_ns }) => p50_ns },
  { name: 'p90', meaning: '9 of 10', of: ({ p90_ns }) => p90_ns },
  { name: 'p99', meaning: '99 of 100', of: ({ p99_ns }) => p99_ns },
  { name: 'p99.9', meaning: '999 of 1,000', of: ({ p999_ns }) => p999_ns },
  { name: 'Max', meaning: 'all', of: ({ max_ns }) => max_ns },
];

export function latency() {
  const headings = ['Percentile', 'Took no longer', 'Time'];
  const { card, sentence, table, body } = cardTable('workers', 'Latency', headings, 'numeric');

  /** @type {State['report']} */
  let shown = null;
  /** @param {State} state */
  return ({ report }) => {
    if (report === shown) return;
    shown = report;
    card.hidden = !report;
    if (!report) return;
    const { latency } = report;
    write(sentence, `${latency.description} ${counted(latency.count, 'measurements')}.`);
    table.hidden = latency.count === 0;
    body.replaceChildren(...ROWS.map((row) => shownRow(row, latency)));
  };
}

/**
 * @param {typeof ROWS[number]} row
 * @param {Latency} latency
 */
function shownRow({ name, meaning, of }, latency) {
  const part = element('td', { class: 'meaning' }, meaning);
  return namedRow(name, part, time(of(latency), latency.clock_step_ns));
}

/**
 * What is shorter than a step of the clock is not told longer or shorter than that.
 * @param {number} nanoseconds
 * @param {number} step_ns
 */
function time(nanoseconds, step_ns) {
  return nanoseconds < step_ns ? `<\u00a0${duration(step_ns)}` : duration(nanoseconds);
}
