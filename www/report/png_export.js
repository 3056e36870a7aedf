/** Exports a chart as PNG: its canvas, with title and legend above it. */
/** @import { Line } from '../charts/chart.js' */
import { tokenColour } from '../charts/palette.js';

const PADDING = 16;
const TITLE_PX = 14;
const TEXT_PX = 12;
const ROW_PX = 18;
const SWATCH_WIDTH = 22;
const LEGEND_TOP = PADDING + TITLE_PX + 6 + TEXT_PX + 8;

/**
 * @param {HTMLCanvasElement} chart in pixels of the screen, with its axes
 * @param {{ title: string, subtitle: string, lines: Line[] }} texts
 * @returns {Promise<Blob>}
 */
export function chartPng(chart, { title, subtitle, lines }) {
  const ratio = devicePixelRatio;
  const width = chart.width / ratio;
  const canvas = document.createElement('canvas');
  const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext('2d'));
  context.font = fontOf(TEXT_PX);
  const legend = layoutLegend(lines, width, (text) => context.measureText(text).width);
  const rows = 1 + (legend.at(-1)?.row ?? 0);
  const top = LEGEND_TOP + rows * ROW_PX + 4;
  // Setting the size resets the context.
  canvas.width = chart.width + 2 * PADDING * ratio;
  canvas.height = chart.height + (top + PADDING) * ratio;
  context.scale(ratio, ratio);
  context.fillStyle = tokenColour('--surface');
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.textBaseline = 'top';
  context.fillStyle = tokenColour('--text');
  context.font = `650 ${fontOf(TITLE_PX)}`;
  context.fillText(title, PADDING, PADDING, width);
  context.fillStyle = tokenColour('--text-soft');
  context.font = fontOf(TEXT_PX);
  context.fillText(subtitle, PADDING, PADDING + TITLE_PX + 6, width);
  for (const { line, x, row } of legend) {
    const [left, y] = [PADDING + x, LEGEND_TOP + row * ROW_PX];
    drawSwatch(context, line, left, y + TEXT_PX / 2);
    context.fillStyle = tokenColour('--text-soft');
    context.fillText(line.label, left + SWATCH_WIDTH + 6, y);
  }
  context.drawImage(chart, PADDING, top, width, chart.height / ratio);
  return new Promise((resolve, reject) => {
    canvas.toBlob((blob) => {
      if (blob) resolve(blob);
      else reject(new Error('The browser could not export the chart.'));
    }, 'image/png');
  });
}

/** @param {number} size_px */
function fontOf(size_px) {
  return `${size_px}px system-ui, sans-serif`;
}

/**
 * Returns the position of each label of the legend.
 * @param {Line[]} lines
 * @param {number} width
 * @param {(text: string) => number} measure
 */
function layoutLegend(lines, width, measure) {
  let x = 0;
  let row = 0;
  return lines.map((line) => {
    const label_width = SWATCH_WIDTH + 6 + measure(line.label) + 18;
    if (x > 0 && x + label_width > width) {
      x = 0;
      row += 1;
    }
    const position = { line, x, row };
    x += label_width;
    return position;
  });
}

/**
 * @param {CanvasRenderingContext2D} context
 * @param {Line} line
 * @param {number} x
 * @param {number} y
 */
function drawSwatch(context, { token, fill, dash }, x, y) {
  if (fill) {
    context.fillStyle = tokenColour(fill);
    context.fillRect(x, y, SWATCH_WIDTH, 5);
  }
  context.strokeStyle = tokenColour(token);
  context.lineWidth = 2;
  context.setLineDash(dash ?? []);
  context.beginPath();
  context.moveTo(x, y);
  context.lineTo(x + SWATCH_WIDTH, y);
  context.stroke();
  context.setLineDash([]);
}
