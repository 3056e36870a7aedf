/** A small chart for each run of the comparison, all with one scale, so that shapes compare. */
/** @import { ComparedRun, CounterPoint } from '../../types.d.ts' */
import { svgElement, element, freshId, setText } from '../../lib/dom.js';
import { rates } from '../../charts/run_series.js';
import { duration, rate } from '../../lib/format.js';
import { legendSwatch } from '../../charts/legend_swatch.js';

const WIDTH = 200;
const HEIGHT = 64;
const LINES = [
  { kind: 'accepted', token: '--accent', fill: '--accent-soft' },
  { kind: 'refused', token: '--bad', dash: [6, 4] },
];

export function smallMultiples() {
  const legend = element('span', { class: 'legend' });
  legend.append(
    ...LINES.map((line) => element('span', {}, legendSwatch({ label: '', ...line }), line.kind)),
  );
  const scale = element('span', { class: 'note' });
  const grid = element('div', { class: 'multiples' });
  const head = element('div', { class: 'caption' });
  head.append(element('h3', {}, 'Transfers per second'), legend, scale);
  const block = element('div', {}, head, grid);

  /** @param {ComparedRun[]} rows */
  const show = (rows) => {
    const ended = rows.filter(({ status, points }) => status === 'ended' && points.length > 1);
    block.hidden = ended.length === 0;
    const courses = ended.map(({ points }) => rates(points));
    const most = Math.max(
      1,
      ...courses.flat().flatMap(({ accepted, refused }) => [accepted, refused]),
    );
    const longest_ns = Math.max(1, ...ended.map(({ points }) => points[points.length - 1].time_ns));
    setText(scale, `one scale for all: up to ${rate(most)}/s and ${duration(longest_ns)}`);
    const figures = ended.map((row, index) => figure(row, courses[index], most, longest_ns));
    grid.replaceChildren(...figures);
  };
  return { block, show };
}

/**
 * @param {ComparedRun} row
 * @param {ReturnType<typeof rates>} course
 * @param {number} most
 * @param {number} longest_ns
 */
function figure({ label, points, summary }, course, most, longest_ns) {
  const caption = element('figcaption', { id: freshId('multiple') }, label);
  const highest = Math.max(...course.map(({ accepted }) => accepted));
  const words = `at most ${rate(highest)}/s accepted, ${duration(summary?.elapsed_ns ?? 0)}`;
  const picture = svgElement('svg', {
    viewBox: `0 0 ${WIDTH} ${HEIGHT}`,
    preserveAspectRatio: 'none',
    class: 'multiple-plot',
    'aria-hidden': 'true',
  });
  for (const { kind } of LINES) {
    const values = course.map((step) => step[/** @type {'accepted' | 'refused'} */ (kind)]);
    const path = pathOf(points, values, most, longest_ns);
    const end = x(points[points.length - 1], longest_ns);
    if (kind === 'accepted') {
      const ground = { class: 'multiple-ground', d: `${path}V${HEIGHT}H0Z` };
      picture.append(svgElement('path', ground));
      // Where the run ended: the rest of the width is time that others took.
      picture.append(svgElement('path', { class: 'multiple-end', d: `M${end} 0V${HEIGHT}` }));
    }
    picture.append(svgElement('path', { class: `multiple-line ${kind}`, d: path }));
  }
  return element(
    'figure',
    { class: 'multiple', 'aria-labelledby': caption.id },
    caption,
    picture,
    element('p', { class: 'note' }, words),
  );
}

/** @param {CounterPoint} point @param {number} longest_ns */
function x({ time_ns }, longest_ns) {
  return ((time_ns / longest_ns) * WIDTH).toFixed(1);
}

/**
 * @param {CounterPoint[]} points
 * @param {number[]} values
 * @param {number} most
 * @param {number} longest_ns
 */
function pathOf(points, values, most, longest_ns) {
  const places = values.map((value, index) => {
    const y = HEIGHT - (value / most) * (HEIGHT - 2);
    return `${x(points[index], longest_ns)} ${y.toFixed(1)}`;
  });
  return `M${places.join('L')}`;
}
