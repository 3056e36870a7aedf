/** A chart of a run as SVG in a file: axes, lines and their names, in the file's own colours. */
import { duration, tick, timeUnit } from '../lib/format.js';
import { html } from './html.js';

const WIDTH = 720;
const HEIGHT = 200;
const LEFT = 52;
const BOTTOM = 24;
const TOP = 8;
const RIGHT = 12;
const STEPS = 4;

/**
 * @typedef {object} FileLine
 * @property {string} label
 * @property {string} kind a class of the file's style sheet
 * @property {number[]} values one for each time
 */

/**
 * @param {string} title
 * @param {number[]} times_ns
 * @param {FileLine[]} lines
 */
export function svgChart(title, times_ns, lines) {
  const end_ns = times_ns[times_ns.length - 1] || 1;
  const most = niceAbove(Math.max(1, ...lines.map(({ values }) => Math.max(...values))));
  const width = WIDTH - LEFT - RIGHT;
  const height = HEIGHT - TOP - BOTTOM;
  /** @param {number} time_ns */
  const x = (time_ns) => (LEFT + (time_ns / end_ns) * width).toFixed(1);
  /** @param {number} value */
  const y = (value) => (TOP + height - (value / most) * height).toFixed(1);
  /** @param {FileLine} line */
  const path = ({ values }) =>
    `M${values.map((value, index) => `${x(times_ns[index])} ${y(value)}`).join('L')}`;
  const unit = timeUnit(end_ns);
  const steps = Array.from({ length: STEPS + 1 }, (_, index) => index / STEPS);
  const heights = steps.map((part) => {
    const at = y(part * most);
    return html`<path class="grid" d="M${LEFT} ${at}H${WIDTH - RIGHT}"/>
<text x="${LEFT - 8}" y="${at}" dy="4" text-anchor="end">${tick(part * most)}</text>
`;
  });
  const times = steps.map((part) => {
    const anchor = part === 1 ? 'end' : 'middle';
    const time = `${tick((part * end_ns) / unit.nanoseconds)} ${unit.symbol}`;
    return html`<text x="${x(part * end_ns)}" y="${HEIGHT - 6}" text-anchor="${anchor}">${time}</text>
`;
  });
  const keys = lines.map(
    ({ label, kind }) => html`<span class="key"><svg class="sign ${kind}" viewBox="0 0 22 10"
aria-hidden="true"><path d="M0 5H22"/></svg>${label}</span>`,
  );
  const drawn = lines.map((line) => html`<path class="line ${line.kind}" d="${path(line)}"/>`);
  const said = `${title}: ${lines.map(({ label }) => label).join(', ')}, over ${duration(end_ns)}`;
  return html`<figure>
<figcaption>${title} ${keys}</figcaption>
<svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${said}">
${heights}${times}${drawn}
</svg>
</figure>`;
}

/**
 * The next number of the form 1, 2, 4, 5 or 8 times a power of ten: its quarters read well.
 * @param {number} value
 */
export function niceAbove(value) {
  const power = 10 ** Math.floor(Math.log10(value));
  const factor = [1, 2, 4, 5, 8, 10].find((one) => one * power >= value) ?? 10;
  return factor * power;
}
