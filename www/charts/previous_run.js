/** The course of another run, faded, on a chart that has its own times. */
/** @import { PreviousRun } from './time_series.js' */
import { tokenColour } from './palette.js';

/**
 * @param {import('uplot')} plot
 * @param {PreviousRun | null} ghost
 */
export function drawPreviousRun(plot, ghost) {
  if (!ghost) return;
  const { ctx: pen, bbox } = plot;
  pen.save();
  pen.beginPath();
  pen.rect(bbox.left, bbox.top, bbox.width, bbox.height);
  pen.clip();
  pen.strokeStyle = tokenColour('--before');
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
