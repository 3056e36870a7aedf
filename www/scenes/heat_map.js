/** Every account as a cell, the hotter the more often it has changed since the look before. */
/** @import { Scene, View } from './scene.js' */
import { amount, counted, tick } from '../lib/format.js';
import { tokenColour } from '../charts/palette.js';
import { drawLabel, drawText } from './drawing.js';
import { coins, describeRange } from './scene.js';

const LEGEND_PX = 26;
const RAMP_PX = 120;
const RAMP_COLOURS = 64;
/** Fewer than this are named in their cells. */
const NAMED_MAX = 24;
/** Cells as large as this are told apart by a line. */
const PARTED_PX = 8;

/** @type {Scene} */
export const HEAT_MAP = {
  title: 'Heat map of the accounts',
  describe(view) {
    const { sample, roles } = view;
    const heat = heatOf(view);
    const hot = heat.filter((changes) => changes > 0).length * sample.accounts_each;
    const when = view.previous ? 'since the look before' : 'in the run so far';
    const of = counted(roles.size, 'accounts');
    return `${of} have ${coins(Number(sample.held))}; ${amount(Math.min(hot, roles.size))} changed ${when}.`;
  },
  draw(pen, view) {
    const { sample, width, height } = view;
    const cells = sample.balances.length;
    const below = height - LEGEND_PX;
    const columns = Math.min(cells, Math.ceil(Math.sqrt((cells * width) / below)));
    const rows = Math.ceil(cells / columns);
    const [across, down] = [width / columns, below / rows];
    const heat = heatOf(view);
    const most = heat.reduce((sum, changes) => Math.max(sum, changes), 0);
    drawCells(pen, heat, most, { columns, rows, width, height: below });
    if (Math.min(across, down) >= PARTED_PX) drawGrid(pen, { columns, rows, across, down });
    /** @param {number} index */
    const item = (index) => ({
      x: (index % columns) * across,
      y: Math.floor(index / columns) * down,
      width: across,
      height: down,
    });
    if (cells <= NAMED_MAX) {
      for (let index = 0; index < cells; index += 1) drawName(pen, view, index, item(index));
    }
    drawLegend(pen, view, most);
    return {
      count: cells,
      stride: columns,
      item,
      describe: (index) => tellCell(view, index, heat[index]),
      at: (x, y) => {
        const index = Math.floor(y / down) * columns + Math.floor(x / across);
        const inside = x >= 0 && x < width && y >= 0 && y < below;
        return inside && index < cells ? index : -1;
      },
    };
  },
};

/** How often each cell has changed lately; at the end, in the whole run. @param {View} view */
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
function tellCell(view, cell, heat) {
  const group = groupAt(view, cell);
  const lately = view.previous ? `, ${amount(heat)} of them since the look before` : '';
  return `${describeRange(view, group)}, ${counted(view.current.changes(group), 'changes')}${lately}`;
}

/**
 * One pixel a cell, drawn large.
 * @param {CanvasRenderingContext2D} pen
 * @param {number[]} heat
 * @param {number} most
 * @param {{ columns: number, rows: number, width: number, height: number }} size
 */
function drawCells(pen, heat, most, { columns, rows, width, height }) {
  const small = new OffscreenCanvas(columns, rows);
  const context = small.getContext('2d');
  if (!context) return;
  const image = context.createImageData(columns, rows);
  const pixels = new Uint32Array(image.data.buffer);
  const ramp = rampOf();
  heat.forEach((changes, cell) => {
    pixels[cell] = ramp[Math.round(hotness(changes, most) * (ramp.length - 1))];
  });
  context.putImageData(image, 0, 0);
  pen.imageSmoothingEnabled = false;
  pen.drawImage(small, 0, 0, width, height);
}

/** From 0 to 1, by the order of magnitude. @param {number} changes @param {number} most */
function hotness(changes, most) {
  return most > 0 ? Math.log1p(Math.max(0, changes)) / Math.log1p(most) : 0;
}

/** Colours from cold to hot, each as the four bytes of a pixel. */
function rampOf() {
  const strip = new OffscreenCanvas(RAMP_COLOURS, 1);
  const context = /** @type {OffscreenCanvasRenderingContext2D} */ (strip.getContext('2d'));
  context.fillStyle = gradient(context, RAMP_COLOURS);
  context.fillRect(0, 0, RAMP_COLOURS, 1);
  return new Uint32Array(context.getImageData(0, 0, RAMP_COLOURS, 1).data.buffer);
}

/** @param {OffscreenCanvasRenderingContext2D | CanvasRenderingContext2D} pen @param {number} width */
function gradient(pen, width, from = 0) {
  const ramp = pen.createLinearGradient(from, 0, from + width, 0);
  ramp.addColorStop(0, tokenColour('--cold'));
  ramp.addColorStop(0.55, tokenColour('--warm'));
  ramp.addColorStop(1, tokenColour('--hot'));
  return ramp;
}

/**
 * @param {CanvasRenderingContext2D} pen
 * @param {{ columns: number, rows: number, across: number, down: number }} size
 */
function drawGrid(pen, { columns, rows, across, down }) {
  pen.strokeStyle = tokenColour('--surface');
  pen.lineWidth = 1;
  pen.beginPath();
  for (let column = 1; column < columns; column += 1) {
    pen.moveTo(column * across, 0);
    pen.lineTo(column * across, rows * down);
  }
  for (let row = 1; row < rows; row += 1) {
    pen.moveTo(0, row * down);
    pen.lineTo(columns * across, row * down);
  }
  pen.stroke();
}

/**
 * @param {CanvasRenderingContext2D} pen
 * @param {View} view
 * @param {number} cell
 * @param {import('./scene.js').Item} box
 */
function drawName(pen, view, cell, { x, y, width, height }) {
  const name = view.roles.names(groupAt(view, cell));
  drawLabel(pen, name, { x: x + width / 2, y: y + height / 2 }, { most: width - 14 });
}

/** @param {CanvasRenderingContext2D} pen @param {View} view @param {number} most */
function drawLegend(pen, { width, height, previous }, most) {
  const y = height - LEGEND_PX / 2;
  const lately = width < 420 ? 'Changes lately' : 'Changes since the look before';
  const words = previous ? lately : 'Changes so far';
  const most_px = width - RAMP_PX - 70;
  const left = drawText(pen, words, 0, y, { soft: true, most: most_px }) + 12;
  drawText(pen, '0', left, y, { soft: true });
  pen.fillStyle = gradient(pen, RAMP_PX, left + 12);
  pen.fillRect(left + 12, y - 5, RAMP_PX, 10);
  const right = left + RAMP_PX + 18;
  const after = right + drawText(pen, tick(most), right, y, { soft: true }) + 16;
  const middle = Math.round(Math.expm1(Math.log1p(most) / 2));
  if (middle > 0 && middle < most && width - after > 130) {
    drawText(pen, `${tick(middle)} in the middle of the scale`, after, y, { soft: true });
  }
}
