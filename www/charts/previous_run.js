/** Draws the previous run, faded, on a chart with its own times. */
/** @import { PreviousRun } from './time_series.js' */
import { clipToPlot, tokenColour } from './palette.js';

/** @param {import('uplot')} plot @param {PreviousRun | undefined} previous_run */
export function drawPreviousRun(plot, previous_run) {
  if (!previous_run) return;
  const { ctx: context } = plot;
  clipToPlot(plot, () => {
    context.strokeStyle = tokenColour('--before');
    context.lineWidth = 1.5 * devicePixelRatio;
    // The line that was drawn last may have been dashed.
    context.setLineDash([]);
    context.beginPath();
    previous_run.times_ns.forEach((time_ns, index) => {
      const x = plot.valToPos(time_ns, 'x', true);
      const y = plot.valToPos(previous_run.values[index], 'y', true);
      if (index === 0) context.moveTo(x, y);
      else context.lineTo(x, y);
    });
    context.stroke();
  });
}
