/** Payments as a flow from customers through processors, which keep a fee, to merchants. */
/** @import { State } from '../types.d.ts' */
/** @import { Context } from './drawing.js' */
/** @import { RoleRange } from './account_roles.js' */
/** @import { Item, Scene, View } from './scene.js' */
import { amount, counted, rate } from '../lib/format.js';
import { tokenColour } from '../charts/palette.js';
import { LINE_PX, drawArrow, drawGauge, drawText } from './drawing.js';
import { rangesOf } from './account_roles.js';
import { SQUARE_GAP_PX, squareGrid } from './square_grid.js';
import { coins, gainSincePrevious, targets, describeRange } from './scene.js';

/** The height of the flow of all payments. */
const FLOW_PX = 54;
const FLOW_MIN_PX = 2;
/** On wide scenes the legend has two columns. */
const LEGEND_LINES = 5;
const WIDE_PX = 700;

/** @type {Scene} */
export const PAYMENTS = {
  title: 'Payments',
  describe(view) {
    const { paid, passed, kept, held } = flowsOf(view);
    const unit = view.previous ? ' per second' : ' in total';
    return (
      `Customers pay ${rateText(paid)}${unit}, of which merchants get ${rateText(passed)} and ` +
      `processors keep ${rateText(kept)}. Held: ${coins(held)}; ${returnedText(view.state)}.`
    );
  },
  draw(context, view) {
    const { roles, width, height } = view;
    const narrow = width < 520;
    const below = height - legendLines(width) * LINE_PX - 6;
    const wide = Math.floor(width * (narrow ? 0.26 : 0.2));
    const between = (width - 3 * wide) / 2;
    /** @param {number} column @returns {Item} */
    const box = (column) => ({
      x: column * (wide + between),
      y: 2.2 * LINE_PX,
      width: wide,
      height: below - 2.2 * LINE_PX,
    });
    const boxes = [0, 1, 2].map(box);
    const flows = flowsOf(view);
    drawFlows(context, boxes, flows);
    const columns = ['customer', 'processor', 'merchant'].map((name) => roles.role(name));
    const items = columns.flatMap((role, column) => drawColumn(context, view, role, boxes[column]));
    drawLegend(context, view, flows, below + 6);
    return targets(items, squareGrid(boxes[0], columns[0].count).columns);
  },
};

/** @typedef {{ paid: number, passed: number, kept: number, held: number }} Flows */

/**
 * Returns coins per second while money moves, otherwise the totals.
 * @param {View} view
 * @returns {Flows}
 */
function flowsOf(view) {
  const { roles, current, previous, seconds } = view;
  /** @param {string} name */
  const gained = (name) => {
    const role = roles.role(name);
    if (previous) return seconds > 0 ? gainSincePrevious(view, role) / seconds : 0;
    return current.balance(role) - role.coins * role.count;
  };
  const held = current.pending(roles.role('customer'));
  return { paid: -gained('customer'), passed: gained('merchant'), kept: gained('processor'), held };
}

/**
 * Draws the flows between the columns, with heights by their share of all payments, and the held
 * coins above the first flow.
 * @param {Context} context
 * @param {Item[]} boxes
 * @param {Flows} flows
 */
function drawFlows(context, [customers, processors, merchants], { paid, passed, kept, held }) {
  const middle = customers.y + customers.height / 2;
  const high = paid > 0 ? FLOW_PX : 0;
  /** @param {number} part */
  const share = (part) => (paid > 0 && part > 0 ? Math.max(FLOW_MIN_PX, (part / paid) * FLOW_PX) : 0);
  const first = customers.x + customers.width + 4;
  const second = processors.x + processors.width + 4;
  const [until, end] = [processors.x - 4, merchants.x - 4];
  band(context, first, until, middle, high, '--accent');
  band(context, second, end, middle, share(passed), '--good');
  const fee = { from: middle + FLOW_PX / 2 + 8, height: share(kept) };
  band(context, second, second + (end - second) * 0.45, fee.from + fee.height / 2, fee.height, '--event');
  if (held > 0) {
    const height = Math.min(FLOW_PX / 2, Math.max(FLOW_MIN_PX * 2, share(held)));
    const box = { x: first, y: middle - FLOW_PX / 2 - 8 - height, width: until - first, height };
    hatch(context, box);
  }
  const back = middle + FLOW_PX / 2 + 16;
  drawArrow(context, { x: until, y: back }, { x: first, y: back }, { token: '--bad', width: 1.5 });
}

/**
 * @param {Context} context
 * @param {number} from
 * @param {number} to
 * @param {number} y of its centre
 * @param {number} height
 * @param {string} token
 */
function band(context, from, to, y, height, token) {
  if (height <= 0) return;
  const tip = Math.min(14, (to - from) / 2);
  context.fillStyle = tokenColour(token);
  context.beginPath();
  context.moveTo(from, y - height / 2);
  context.lineTo(to - tip, y - height / 2);
  context.lineTo(to, y);
  context.lineTo(to - tip, y + height / 2);
  context.lineTo(from, y + height / 2);
  context.fill();
}

/** @param {Context} context @param {Item} box */
function hatch(context, { x, y, width, height }) {
  context.save();
  context.beginPath();
  context.rect(x, y, width, height);
  context.clip();
  context.strokeStyle = tokenColour('--accent');
  context.lineWidth = 1.5;
  context.beginPath();
  for (let at = x - height; at < x + width; at += 6) {
    context.moveTo(at, y + height);
    context.lineTo(at + height, y);
  }
  context.stroke();
  context.restore();
}

/**
 * Draws a column of accounts, each filled in proportion to the richest of them.
 * @param {Context} context
 * @param {View} view
 * @param {RoleRange} role
 * @param {Item} box
 */
function drawColumn(context, view, role, box) {
  const { size, columns, rows, itemAt } = squareGrid(box, role.count);
  const ranges = rangesOf(role, columns * rows);
  const title = role.name[0].toUpperCase() + role.name.slice(1) + (role.count === 1 ? '' : 's');
  drawText(context, title, box.x, LINE_PX * 0.6, { bold: true, max_width: box.width });
  const words = `${rate(view.current.balance(role))} coins`;
  drawText(context, words, box.x, LINE_PX * 1.5, { soft: true, max_width: box.width });
  const balances = ranges.map((range) => view.current.balance(range));
  const most = balances.reduce((sum, balance) => Math.max(sum, balance), 1);
  // Centred on the flow.
  const used = Math.ceil(ranges.length / columns) * (size + SQUARE_GAP_PX) - SQUARE_GAP_PX;
  const top = Math.round((box.height - used) / 2);
  return ranges.map((range, index) => {
    const item = itemAt(index, top);
    drawGauge(context, item, balances[index] / most, { token: '--line-1' });
    return { ...item, describe: () => describeRange(view, range) };
  });
}

/** @param {number} width */
function legendLines(width) {
  return width < WIDE_PX ? LEGEND_LINES : Math.ceil(LEGEND_LINES / 2);
}

/** @param {Context} context @param {View} view @param {Flows} flows @param {number} top */
function drawLegend(context, { previous, state, width }, { paid, passed, kept, held }, top) {
  const unit = previous ? ' per second' : ' in total';
  const signs = [
    { token: '--accent', words: `Paid by customers: ${rateText(paid)}${unit}` },
    { token: '--good', words: `Passed on to merchants: ${rateText(passed)}${unit}` },
    { token: '--event', words: `Retained as a fee: ${rateText(kept)}${unit}` },
    { token: '', words: `Held: ${coins(held)}` },
    { token: '--bad', words: `Returned to customers: ${returnedText(state)}` },
  ];
  const lines = legendLines(width);
  signs.forEach(({ token, words }, index) => {
    const x = index < lines ? 0 : width / 2;
    const y = top + ((index % lines) + 0.5) * LINE_PX;
    const sign = { x, y: y - 4, width: 14, height: 8 };
    if (!token) hatch(context, sign);
    else {
      context.fillStyle = tokenColour(token);
      context.fillRect(sign.x, sign.y, sign.width, sign.height);
    }
    drawText(context, words, x + 20, y, { soft: true, max_width: width - 20 });
  });
}

/** @param {number} value */
function rateText(value) {
  return `${rate(value)} coins`;
}

/**
 * Returns the returned holds. During a run only those that were posted late are counted.
 * @param {State} state
 */
function returnedText({ report, reading, current_run }) {
  if (report) {
    const voided = report.facts.find(({ name }) => name === 'voided');
    return `${amount(voided?.value ?? 0)} holds returned`;
  }
  const late = current_run?.scenario.events.find(({ name }) => name === 'late');
  const happened = reading?.events.find(({ place }) => place === late?.place);
  return `${counted(happened?.count ?? 0, 'holds')} returned for being late`;
}
