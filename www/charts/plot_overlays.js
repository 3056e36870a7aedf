/** What a chart draws over its lines: labelled moments, and the previous run. */
/** @import { PreviousRun } from './time_series.js' */
import { clipToPlot, tokenColour } from './palette.js';

const FONT_PX = 11;
const GAP_PX = 5;

/**
 * Draws labelled moments as vertical lines. Labels are below each other, so that all are readable.
 * @param {import('uplot')} plot
 * @param {import('./chart.js').Annotation[]} annotations
 */
export function drawAnnotations(plot, annotations) {
  const { ctx: context, bbox, scales } = plot;
  const ratio = devicePixelRatio;
  clipToPlot(plot, () => {
    context.strokeStyle = context.fillStyle = tokenColour('--event');
    context.lineWidth = ratio;
    context.font = `600 ${FONT_PX * ratio}px system-ui, sans-serif`;
    context.textBaseline = 'top';
    context.setLineDash([3 * ratio, 3 * ratio]);
    annotations.forEach(({ at_ns, label }, row) => {
      if (at_ns > (scales.x.max ?? 0)) return;
      const x = Math.round(plot.valToPos(at_ns, 'x', true));
      context.beginPath();
      context.moveTo(x, bbox.top);
      context.lineTo(x, bbox.top + bbox.height);
      context.stroke();
      // The label is right of the line if it fits, otherwise left of it.
      const width = context.measureText(label).width + GAP_PX * ratio;
      const fits = x + width < bbox.left + bbox.width;
      context.textAlign = fits ? 'left' : 'right';
      const gap = (fits ? GAP_PX : -GAP_PX) * ratio;
      context.fillText(label, x + gap, bbox.top + row * (FONT_PX + 3) * ratio);
    });
  });
}

/**
 * Draws the previous run, faded, with its own times.
 * @param {import('uplot')} plot
 * @param {PreviousRun | undefined} previous_run
 */
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
