/** A small line without axes, next to a number. */
import { svgElement } from '../lib/dom.js';

const WIDTH = 100;
const HEIGHT = 24;
const POINTS_MAX = 60;

export function sparkline() {
  const area = svgElement('path', { class: 'spark-area' });
  const line = svgElement('path', { class: 'spark-line' });
  const box = { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, preserveAspectRatio: 'none' };
  const svg = svgElement('svg', { class: 'spark', 'aria-hidden': 'true', ...box }, area, line);
  /** @param {number[]} times @param {number[]} values */
  const show = (times, values) => {
    const path = pathOf(times, values);
    line.setAttribute('d', path);
    area.setAttribute('d', path && `${path}V${HEIGHT}H0Z`);
  };
  return { element: svg, show };
}

/** @param {number[]} times @param {number[]} values */
function pathOf(times, values) {
  const end = times[times.length - 1];
  if (!(end > 0)) return '';
  const maximum = Math.max(...values) || 1;
  const stride = Math.ceil(values.length / POINTS_MAX);
  const last = values.length - 1;
  const indexes = values.map((_, index) => index).filter((index) => index % stride === 0 || index === last);
  const points = indexes.map((index) => {
    const x = (times[index] / end) * WIDTH;
    const y = HEIGHT - 1 - (values[index] / maximum) * (HEIGHT - 3);
    return `${x.toFixed(1)} ${y.toFixed(1)}`;
  });
  return `M${points.join('L')}`;
}
