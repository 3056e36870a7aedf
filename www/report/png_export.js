/** A chart as a picture: what its canvas shows, with its title and its legend above it. */
/** @import { Line } from '../charts/chart.js' */
import { tokenColour } from '../charts/palette.js';

const PADDING = 16;
const TITLE_PX = 14;
const TEXT_PX = 12;
const LINE_HEIGHT = 18;
const SIGN_WIDTH = 22;

/**
 * @param {HTMLCanvasElement} drawn in pixels of the screen, with its axes
 * @param {{ title: string, subtitle: string, lines: Line[] }} words
 * @returns {Promise<Blob>}
 */
export function chartPng(drawn, { title, subtitle, lines }) {
  const scale = devicePixelRatio;
  const width = drawn.width / scale;
  const canvas = document.createElement('canvas');
  const pen = /** @type {CanvasRenderingContext2D} */ (canvas.getContext('2d'));
  pen.font = font(TEXT_PX);
  const legend = laidOut(lines, width, (text) => pen.measureText(text).width);
  const rows = 1 + (legend.at(-1)?.row ?? 0);
  const top = PADDING + TITLE_PX + 6 + TEXT_PX + 8 + rows * LINE_HEIGHT + 4;
  canvas.width = drawn.width + 2 * PADDING * scale;
  canvas.height = drawn.height + (top + PADDING) * scale;
  // A new size takes away what was set before.
  pen.scale(scale, scale);
  pen.fillStyle = tokenColour('--surface');
  pen.fillRect(0, 0, canvas.width, canvas.height);
  pen.textBaseline = 'top';
  pen.fillStyle = tokenColour('--text');
  pen.font = `650 ${font(TITLE_PX)}`;
  pen.fillText(title, PADDING, PADDING, width);
  pen.fillStyle = tokenColour('--text-soft');
  pen.font = font(TEXT_PX);
  pen.fillText(subtitle, PADDING, PADDING + TITLE_PX + 6, width);
  const legend_top = PADDING + TITLE_PX + 6 + TEXT_PX + 8;
  for (const { line, x, row } of legend) {
    drawSign(pen, line, PADDING + x, legend_top + row * LINE_HEIGHT + TEXT_PX / 2);
    pen.fillStyle = tokenColour('--text-soft');
    pen.fillText(line.label, PADDING + x + SIGN_WIDTH + 6, legend_top + row * LINE_HEIGHT);
  }
  pen.drawImage(drawn, PADDING, top, width, drawn.height / scale);
  return new Promise((resolve, reject) => {
    canvas.toBlob((blob) => {
      if (blob) resolve(blob);
      else reject(new Error('The browser made no picture of the chart.'));
    }, 'image/png');
  });
}

/** @param {number} size_px */
function font(size_px) {
  return `${size_px}px system-ui, sans-serif`;
}

/**
 * Where each name of the legend stands.
 * @param {Line[]} lines
 * @param {number} width
 * @param {(text: string) => number} measure
 */
function laidOut(lines, width, measure) {
  let x = 0;
  let row = 0;
  return lines.map((line) => {
    const taken = SIGN_WIDTH + 6 + measure(line.label) + 18;
    if (x > 0 && x + taken > width) {
      x = 0;
      row += 1;
    }
    const place = { line, x, row };
    x += taken;
    return place;
  });
}

/**
 * @param {CanvasRenderingContext2D} pen
 * @param {Line} line
 * @param {number} x
 * @param {number} y
 */
function drawSign(pen, { token, fill, dash }, x, y) {
  if (fill) {
    pen.fillStyle = tokenColour(fill);
    pen.fillRect(x, y, SIGN_WIDTH, 5);
  }
  pen.strokeStyle = tokenColour(token);
  pen.lineWidth = 2;
  pen.setLineDash(dash ?? []);
  pen.beginPath();
  pen.moveTo(x, y);
  pen.lineTo(x + SIGN_WIDTH, y);
  pen.stroke();
  pen.setLineDash([]);
}
