/** A chart of a run as SVG, for the HTML report. */
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
 * @typedef {object} SvgLine
 * @property {string} label
 * @property {string} kind a class of the report's style sheet
 * @property {number[]} values one for each time
 */

/** @param {string} title @param {number[]} times_ns @param {SvgLine[]} lines */
export function svgChart(title, times_ns, lines) {
  const end_ns = times_ns[times_ns.length - 1] || 1;
  const maximum = roundedUp(Math.max(1, ...lines.map(({ values }) => Math.max(...values))));
  const width = WIDTH - LEFT - RIGHT;
  const height = HEIGHT - TOP - BOTTOM;
  /** @param {number} time_ns */
  const x = (time_ns) => (LEFT + (time_ns / end_ns) * width).toFixed(1);
  /** @param {number} value */
  const y = (value) => (TOP + height - (value / maximum) * height).toFixed(1);
  /** @param {SvgLine} line */
  const pathOf = ({ values }) =>
    `M${values.map((value, index) => `${x(times_ns[index])} ${y(value)}`).join('L')}`;
  const unit = timeUnit(end_ns);
  const steps = Array.from({ length: STEPS + 1 }, (_, index) => index / STEPS);
  const value_axis = steps.map((part) => {
    const at = y(part * maximum);
    return html`<path class="grid" d="M${LEFT} ${at}H${WIDTH - RIGHT}"/>
<text x="${LEFT - 8}" y="${at}" dy="4" text-anchor="end">${tick(part * maximum)}</text>
`;
  });
  const time_axis = steps.map((part) => {
    const anchor = part === 1 ? 'end' : 'middle';
    const time = `${tick((part * end_ns) / unit.nanoseconds)} ${unit.symbol}`;
    return html`<text x="${x(part * end_ns)}" y="${HEIGHT - 6}" text-anchor="${anchor}">${time}</text>
`;
  });
  const legend = lines.map(
    ({ label, kind }) => html`<span class="key"><svg class="sign ${kind}" viewBox="0 0 22 10"
aria-hidden="true"><path d="M0 5H22"/></svg>${label}</span>`,
  );
  const paths = lines.map((line) => html`<path class="line ${line.kind}" d="${pathOf(line)}"/>`);
  const label = `${title}: ${lines.map((line) => line.label).join(', ')}, over ${duration(end_ns)}`;
  return html`<figure>
<figcaption>${title} ${legend}</figcaption>
<svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${label}">
${value_axis}${time_axis}${paths}
</svg>
</figure>`;
}

/**
 * Returns the next number that is 1, 2, 4, 5 or 8 times a power of ten. Its quarters are readable.
 * @param {number} value
 */
export function roundedUp(value) {
  const power = 10 ** Math.floor(Math.log10(value));
  const factor = [1, 2, 4, 5, 8, 10].find((factor) => factor * power >= value) ?? 10;
  return factor * power;
}
