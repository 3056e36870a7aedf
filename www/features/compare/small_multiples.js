/** A small chart for each compared run, all with the same scale. */
/** @import { ComparedRun, CounterPoint } from '../../types.d.ts' */
import { legendSwatch } from '../../charts/legend_swatch.js';
import { rates } from '../../charts/run_series.js';
import { element, freshId, setText, svgElement } from '../../lib/dom.js';
import { duration, rate } from '../../lib/format.js';

const WIDTH = 200;
const HEIGHT = 64;
const LINES = [
  { kind: /** @type {const} */ ('accepted'), token: '--accent', fill: '--accent-soft' },
  { kind: /** @type {const} */ ('refused'), token: '--bad', dash: [6, 4] },
];

/** @typedef {{ rate: number, time_ns: number }} Scale the highest rate and the longest time */

export function smallMultiples() {
  const legend = element('span', { class: 'legend' });
  legend.append(...LINES.map((line) => element('span', {}, legendSwatch(line), line.kind)));
  const note = element('span', { class: 'note' });
  const grid = element('div', { class: 'multiples' });
  const head = element('div', { class: 'caption' });
  head.append(element('h3', {}, 'Attempts per second'), legend, note);
  const block = element('div', {}, head, grid);

  /** @param {ComparedRun[]} runs */
  const show = (runs) => {
    const ended = runs.filter(({ status, points }) => status === 'ended' && points.length > 1);
    block.hidden = ended.length === 0;
    const steps = ended.map(({ points }) => rates(points));
    const all_rates = steps.flat().flatMap(({ accepted, refused }) => [accepted, refused]);
    const ends_ns = ended.map(({ points }) => points[points.length - 1].time_ns);
    const scale = { rate: Math.max(1, ...all_rates), time_ns: Math.max(1, ...ends_ns) };
    setText(note, `the last run of each, same scale: up to ${rate(scale.rate)}/s and ${duration(scale.time_ns)}`);
    grid.replaceChildren(...ended.map((run, index) => figureOf(run, steps[index], scale)));
  };
  return { block, show };
}

/** @param {ComparedRun} run @param {ReturnType<typeof rates>} steps @param {Scale} scale */
function figureOf({ label, points, summaries }, steps, scale) {
  const caption = element('figcaption', { id: freshId('multiple') }, label);
  const highest = Math.max(...steps.map(({ accepted }) => accepted));
  const text = `at most ${rate(highest)}/s accepted, ${duration(summaries.at(-1)?.elapsed_ns ?? 0)}`;
  const box = { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, preserveAspectRatio: 'none' };
  const svg = svgElement('svg', { ...box, class: 'multiple-plot', 'aria-hidden': 'true' });
  for (const { kind } of LINES) {
    const path = pathOf(points, steps.map((step) => step[kind]), scale);
    if (kind === 'accepted') {
      const end = xOf(points[points.length - 1], scale);
      svg.append(svgElement('path', { class: 'multiple-ground', d: `${path}V${HEIGHT}H0Z` }));
      // The end of the run: other runs took longer.
      svg.append(svgElement('path', { class: 'multiple-end', d: `M${end} 0V${HEIGHT}` }));
    }
    svg.append(svgElement('path', { class: `multiple-line ${kind}`, d: path }));
  }
  const attributes = { class: 'multiple', 'aria-labelledby': caption.id };
  return element('figure', attributes, caption, svg, element('p', { class: 'note' }, text));
}

/** @param {CounterPoint} point @param {Scale} scale */
function xOf({ time_ns }, scale) {
  return ((time_ns / scale.time_ns) * WIDTH).toFixed(1);
}

/** @param {CounterPoint[]} points @param {number[]} values @param {Scale} scale */
function pathOf(points, values, scale) {
  const positions = values.map((value, index) => {
    const y = HEIGHT - (value / scale.rate) * (HEIGHT - 2);
    return `${xOf(points[index], scale)} ${y.toFixed(1)}`;
  });
  return `M${positions.join('L')}`;
}
