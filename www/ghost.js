/** The course of another run, faded, on a chart that has its own times. */
import { colour } from './palette.js';

/** Up to this many times the highest value of the chart's own lines is shown of it. */
const ABOVE_MAX = 2;

/**
 * @typedef {object} Ghost
 * @property {number[]} times_ns
 * @property {number[]} values one for each time
 */

/**
 * How high a chart has to be: its own lines stay readable beside a run that was far faster.
 * @param {number} most of its own lines
 * @param {Ghost | null} ghost
 * @param {number} end_ns where the chart ends
 */
export function heightOf(most, ghost, end_ns) {
  if (!ghost) return most;
  const seen = ghost.values.filter((_, index) => ghost.times_ns[index] <= end_ns);
  return Math.max(most, Math.min(Math.max(0, ...seen), most * ABOVE_MAX));
}

/**
 * @param {import('uplot')} plot
 * @param {Ghost | null} ghost
 */
export function drawGhost(plot, ghost) {
  if (!ghost) return;
  const { ctx: pen, bbox } = plot;
  pen.save();
  pen.beginPath();
  pen.rect(bbox.left, bbox.top, bbox.width, bbox.height);
  pen.clip();
  pen.strokeStyle = colour('--before');
  pen.lineWidth = 1.5 * devicePixelRatio;
  // The line before may have been dashed.
  pen.setLineDash([]);
  pen.beginPath();
  ghost.times_ns.forEach((time_ns, index) => {
    const x = plot.valToPos(time_ns, 'x', true);
    const y = plot.valToPos(ghost.values[index], 'y', true);
    if (index === 0) pen.moveTo(x, y);
    else pen.lineTo(x, y);
  });
  pen.stroke();
  pen.restore();
}
