/** Moments of a run, each as an upright line across a chart, with its name. */
import { tokenColour } from './palette.js';

const FONT_PX = 11;
const GAP_PX = 5;

/**
 * Names are written one below the other, so that moments close together can be told apart.
 * @param {import('uplot')} plot
 * @param {import('./chart.js').Annotation[]} marks
 */
export function drawAnnotations(plot, marks) {
  const { ctx: pen, bbox, scales } = plot;
  const scale = devicePixelRatio;
  pen.save();
  pen.beginPath();
  pen.rect(bbox.left, bbox.top, bbox.width, bbox.height);
  pen.clip();
  pen.strokeStyle = pen.fillStyle = tokenColour('--event');
  pen.lineWidth = scale;
  pen.font = `600 ${FONT_PX * scale}px system-ui, sans-serif`;
  pen.textBaseline = 'top';
  marks.forEach(({ at_ns, label }, place) => {
    if (at_ns > (scales.x.max ?? 0)) return;
    const x = Math.round(plot.valToPos(at_ns, 'x', true));
    pen.setLineDash([3 * scale, 3 * scale]);
    pen.beginPath();
    pen.moveTo(x, bbox.top);
    pen.lineTo(x, bbox.top + bbox.height);
    pen.stroke();
    // Beside the line where there is room, else before it.
    const width = pen.measureText(label).width + GAP_PX * scale;
    const fits = x + width < bbox.left + bbox.width;
    pen.textAlign = fits ? 'left' : 'right';
    const beside = (fits ? GAP_PX : -GAP_PX) * scale;
    pen.fillText(label, x + beside, bbox.top + place * (FONT_PX + 3) * scale);
  });
  pen.restore();
}
