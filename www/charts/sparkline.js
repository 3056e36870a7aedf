/** A small line without axes, beside a number that has them elsewhere. */
import { svgElement } from '../lib/dom.js';

const WIDTH = 100;
const HEIGHT = 24;
const POINTS_MAX = 60;

export function sparkline() {
  const area = svgElement('path', { class: 'spark-area' });
  const line = svgElement('path', { class: 'spark-line' });
  const picture = svgElement(
    'svg',
    {
      class: 'spark',
      viewBox: `0 0 ${WIDTH} ${HEIGHT}`,
      preserveAspectRatio: 'none',
      'aria-hidden': 'true',
    },
    area,
    line,
  );
  /** @param {number[]} times @param {number[]} values */
  const show = (times, values) => {
    const path = pathOf(times, values);
    line.setAttribute('d', path);
    area.setAttribute('d', path && `${path}V${HEIGHT}H0Z`);
  };
  return { picture, show };
}

/**
 * @param {number[]} times
 * @param {number[]} values
 */
function pathOf(times, values) {
  const end = times[times.length - 1];
  if (!(end > 0)) return '';
  const most = Math.max(...values) || 1;
  const stride = Math.ceil(values.length / POINTS_MAX);
  const kept = values.map((_, index) => index).filter((index) => index % stride === 0);
  if (kept[kept.length - 1] !== values.length - 1) kept.push(values.length - 1);
  const points = kept.map((index) => {
    const x = (times[index] / end) * WIDTH;
    const y = HEIGHT - 1 - (values[index] / most) * (HEIGHT - 3);
    return `${x.toFixed(1)} ${y.toFixed(1)}`;
  });
  return `M${points.join('L')}`;
}
