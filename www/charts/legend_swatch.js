/** A short piece of a chart's line, beside the name of what it stands for. */
/** @import { Line } from './chart.js' */
import { svgElement } from '../lib/dom.js';

/** @param {Line} line */
export function legendSwatch({ token, fill, dash }) {
  const ground = svgElement('rect', { x: 0, y: 5, width: 22, height: 5 });
  const line = svgElement('line', { x1: 0, x2: 22, y1: 5, y2: 5 });
  ground.style.fill = fill ? `var(${fill})` : 'none';
  line.style.stroke = `var(${token})`;
  if (dash) line.setAttribute('stroke-dasharray', dash.join(' '));
  const attributes = { class: 'sign', viewBox: '0 0 22 10', 'aria-hidden': 'true' };
  return svgElement('svg', attributes, ground, line);
}
