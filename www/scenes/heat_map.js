/** A cell for each account, coloured by its changes since the previous sample. */
/** @import { Scene, View } from './scene.js' */
import { amount, counted, tick } from '../lib/format.js';
import { tokenColour } from '../charts/palette.js';
import { drawLabel, drawText } from './drawing.js';
import { coins, describeRange, targets } from './scene.js';

const LEGEND_PX = 26;
const RAMP_PX = 120;
const RAMP_COLOURS = 64;
/** Up to this number, accounts are labelled. */
const LABELS_MAX = 24;
/** Cells of at least this size are separated by a line. */
const GRID_MIN_PX = 8;

/** @type {Scene} */
export const HEAT_MAP = {
  title: 'Heat map of the accounts',
  describe(view) {
    const { sample, roles } = view;
    const heat = heatOf(view);
    const hot = heat.filter((changes) => changes > 0).length * sample.accounts_each;
    const when = view.previous ? 'since the last sample' : 'in the run so far';
    const of = counted(roles.size, 'accounts');
    return `${of} have ${coins(Number(sample.held))}; ${amount(Math.min(hot, roles.size))} changed ${when}.`;
  },
  draw(context, view) {
    const { sample, width, height } = view;
    const cells = sample.balances.length;
    const below = height - LEGEND_PX;
    // A run that is cancelled early has no account, and a canvas needs at least one pixel.
    if (cells === 0 || below < 1) return targets([]);
    const columns = Math.min(cells, Math.ceil(Math.sqrt((cells * width) / below)));
    const rows = Math.ceil(cells / columns);
    const [across, down] = [width / columns, below / rows];
    const heat = heatOf(view);
    const maximum = heat.reduce((sum, changes) => Math.max(sum, changes), 0);
    drawCells(context, heat, maximum, { columns, rows, width, height: below });
    if (Math.min(across, down) >= GRID_MIN_PX) drawGrid(context, { columns, rows, across, down });
    /** @param {number} index */
    const item = (index) => ({
      x: (index % columns) * across,
      y: Math.floor(index / columns) * down,
      width: across,
      height: down,
    });
    if (cells <= LABELS_MAX) {
      for (let index = 0; index < cells; index += 1) drawName(context, view, index, item(index));
    }
    drawLegend(context, view, maximum);
    return {
      count: cells,
      stride: columns,
      item,
      describe: (index) => describeCell(view, index, heat[index]),
      at: (x, y) => {
        const index = Math.floor(y / down) * columns + Math.floor(x / across);
        const inside = x >= 0 && x < width && y >= 0 && y < below;
        return inside && index < cells ? index : -1;
      },
    };
  },
};

/** Returns the changes of each cell since the previous sample; at the end, in the whole run. @param {View} view */
function heatOf({ sample, state: { ledger_samples } }) {
  const before = ledger_samples?.previous?.sample.changes;
  return Array.from(sample.changes, (changes, cell) => changes - (before?.[cell] ?? 0));
}

/** @param {View} view @param {number} cell */
function groupAt({ sample: { accounts, accounts_each } }, cell) {
  const first = cell * accounts_each;
  return { first, count: Math.min(accounts_each, accounts - first) };
}

/** @param {View} view @param {number} cell @param {number} heat */
function describeCell(view, cell, heat) {
  const range = groupAt(view, cell);
  const lately = view.previous ? `, ${amount(heat)} since the last sample` : '';
  return `${describeRange(view, range)}, ${counted(view.current.changes(range), 'changes')}${lately}`;
}

/**
 * Draws one pixel per cell, enlarged.
 * @param {CanvasRenderingContext2D} context
 * @param {number[]} heat
 * @param {number} maximum
 * @param {{ columns: number, rows: number, width: number, height: number }} size
 */
function drawCells(context, heat, maximum, { columns, rows, width, height }) {
  const small = new OffscreenCanvas(columns, rows);
  const small_context = small.getContext('2d');
  if (!small_context) return;
  const image = small_context.createImageData(columns, rows);
  const pixels = new Uint32Array(image.data.buffer);
  const ramp = rampOf();
  heat.forEach((changes, cell) => {
    pixels[cell] = ramp[Math.round(hotness(changes, maximum) * (ramp.length - 1))];
  });
  small_context.putImageData(image, 0, 0);
  context.imageSmoothingEnabled = false;
  context.drawImage(small, 0, 0, width, height);
}

/** Returns 0 to 1 on a logarithmic scale. @param {number} changes @param {number} maximum */
function hotness(changes, maximum) {
  return maximum > 0 ? Math.log1p(Math.max(0, changes)) / Math.log1p(maximum) : 0;
}

/** Returns the colours of the scale, each as the four bytes of a pixel. */
function rampOf() {
  const strip = new OffscreenCanvas(RAMP_COLOURS, 1);
  const context = /** @type {OffscreenCanvasRenderingContext2D} */ (strip.getContext('2d'));
  context.fillStyle = gradient(context, RAMP_COLOURS);
  context.fillRect(0, 0, RAMP_COLOURS, 1);
  return new Uint32Array(context.getImageData(0, 0, RAMP_COLOURS, 1).data.buffer);
}

/** @param {OffscreenCanvasRenderingContext2D | CanvasRenderingContext2D} context @param {number} width */
function gradient(context, width, from = 0) {
  const ramp = context.createLinearGradient(from, 0, from + width, 0);
  ramp.addColorStop(0, tokenColour('--cold'));
  ramp.addColorStop(0.55, tokenColour('--warm'));
  ramp.addColorStop(1, tokenColour('--hot'));
  return ramp;
}

/**
 * @param {CanvasRenderingContext2D} context
 * @param {{ columns: number, rows: number, across: number, down: number }} size
 */
function drawGrid(context, { columns, rows, across, down }) {
  context.strokeStyle = tokenColour('--surface');
  context.lineWidth = 1;
  context.beginPath();
  for (let column = 1; column < columns; column += 1) {
    context.moveTo(column * across, 0);
    context.lineTo(column * across, rows * down);
  }
  for (let row = 1; row < rows; row += 1) {
    context.moveTo(0, row * down);
    context.lineTo(columns * across, row * down);
  }
  context.stroke();
}

/**
 * @param {CanvasRenderingContext2D} context
 * @param {View} view
 * @param {number} cell
 * @param {import('./scene.js').Item} box
 */
function drawName(context, view, cell, { x, y, width, height }) {
  const name = view.roles.names(groupAt(view, cell));
  drawLabel(context, name, { x: x + width / 2, y: y + height / 2 }, { max_width: width - 14 });
}

/** @param {CanvasRenderingContext2D} context @param {View} view @param {number} maximum */
function drawLegend(context, { width, height, previous }, maximum) {
  const y = height - LEGEND_PX / 2;
  const lately = width < 420 ? 'Recent changes' : 'Changes since the last sample';
  const words = previous ? lately : 'Changes so far';
  const width_px = width - RAMP_PX - 70;
  const left = drawText(context, words, 0, y, { soft: true, max_width: width_px }) + 12;
  drawText(context, '0', left, y, { soft: true });
  context.fillStyle = gradient(context, RAMP_PX, left + 12);
  context.fillRect(left + 12, y - 5, RAMP_PX, 10);
  const right = left + RAMP_PX + 18;
  const after = right + drawText(context, tick(maximum), right, y, { soft: true }) + 16;
  const middle = Math.round(Math.expm1(Math.log1p(maximum) / 2));
  if (middle > 0 && middle < maximum && width - after > 130) {
    drawText(context, `${tick(middle)} at mid-scale`, after, y, { soft: true });
  }
}
