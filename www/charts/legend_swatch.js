/** A short piece of a chart's line, next to its label. */
/** @import { Line } from './chart.js' */
import { svgElement } from '../lib/dom.js';

/** @param {Pick<Line, 'token' | 'fill' | 'dash'>} line */
export function legendSwatch({ token, fill, dash }) {
  const area = svgElement('rect', { x: 0, y: 5, width: 22, height: 5 });
  const line = svgElement('line', { x1: 0, x2: 22, y1: 5, y2: 5 });
  area.style.fill = fill ? `var(${fill})` : 'none';
  line.style.stroke = `var(${token})`;
  if (dash) line.setAttribute('stroke-dasharray', dash.join(' '));
  return svgElement('svg', { class: 'sign', viewBox: '0 0 22 10', 'aria-hidden': 'true' }, area, line);
}
