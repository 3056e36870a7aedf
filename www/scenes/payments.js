/** Payments as a flow: from customers by way of processors, who keep a fee, to merchants. */
/** @import { State } from '../types.d.ts' */
/** @import { Pen } from './drawing.js' */
/** @import { PlacedRole } from './account_roles.js' */
/** @import { Item, Scene, View } from './scene.js' */
import { amount, counted, rate } from '../lib/format.js';
import { tokenColour } from '../charts/palette.js';
import { LINE_PX, drawArrow, drawGauge, drawText } from './drawing.js';
import { groupsOf } from './account_roles.js';
import { coins, gainSincePrevious, targets, describeRange } from './scene.js';

const SQUARE_PX = { least: 13, most: 26 };
const GAP_PX = 3;
/** Height of the flow that stands for all that customers pay. */
const FLOW_PX = 54;
const LEAST_PX = 2;
/** Where there is room, its lines stand in two columns. */
const LEGEND_LINES = 5;
const WIDE_PX = 700;

/** @type {Scene} */
export const PAYMENTS = {
  title: 'Payments',
  describe(view) {
    const { paid, passed, kept, held } = flowsOf(view);
    const often = view.previous ? ' a second' : ' in all';
    return (
      `Customers pay ${told(paid)}${often}, of which merchants get ${told(passed)} and ` +
      `processors keep ${told(kept)}; ${coins(held)} held; ${givenBack(view.state)}.`
    );
  },
  draw(pen, view) {
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
    drawFlows(pen, boxes, flows);
    const columns = ['customer', 'processor', 'merchant'].map((name) => roles.role(name));
    const items = columns.flatMap((role, column) => drawRole(pen, view, role, boxes[column]));
    drawLegend(pen, view, flows, below + 6);
    return targets(items, gridIn(boxes[0], columns[0].count).columns);
  },
};

/** @typedef {{ paid: number, passed: number, kept: number, held: number }} Flows */

/**
 * Coins a second while money moves, else in all.
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
 * The bands between the columns, as high as their share of what customers pay; above the first one
 * what is held and on its way.
 * @param {Pen} pen
 * @param {Item[]} boxes
 * @param {Flows} flows
 */
function drawFlows(pen, [customers, processors, merchants], { paid, passed, kept, held }) {
  const middle = customers.y + customers.height / 2;
  const high = paid > 0 ? FLOW_PX : 0;
  /** @param {number} part */
  const share = (part) => (paid > 0 && part > 0 ? Math.max(LEAST_PX, (part / paid) * FLOW_PX) : 0);
  const first = customers.x + customers.width + 4;
  const second = processors.x + processors.width + 4;
  const [until, end] = [processors.x - 4, merchants.x - 4];
  band(pen, first, until, middle, high, '--accent');
  band(pen, second, end, middle, share(passed), '--good');
  const fee = { from: middle + FLOW_PX / 2 + 8, height: share(kept) };
  band(pen, second, second + (end - second) * 0.45, fee.from + fee.height / 2, fee.height, '--event');
  if (held > 0) {
    const height = Math.min(FLOW_PX / 2, Math.max(LEAST_PX * 2, share(held)));
    const box = { x: first, y: middle - FLOW_PX / 2 - 8 - height, width: until - first, height };
    hatch(pen, box);
  }
  const back = middle + FLOW_PX / 2 + 16;
  drawArrow(pen, { x: until, y: back }, { x: first, y: back }, { token: '--bad', width: 1.5 });
}

/**
 * @param {Pen} pen
 * @param {number} from
 * @param {number} to
 * @param {number} y its middle
 * @param {number} height
 * @param {string} token
 */
function band(pen, from, to, y, height, token) {
  if (height <= 0) return;
  const tip = Math.min(14, (to - from) / 2);
  pen.fillStyle = tokenColour(token);
  pen.beginPath();
  pen.moveTo(from, y - height / 2);
  pen.lineTo(to - tip, y - height / 2);
  pen.lineTo(to, y);
  pen.lineTo(to - tip, y + height / 2);
  pen.lineTo(from, y + height / 2);
  pen.fill();
}

/** @param {Pen} pen @param {Item} box */
function hatch(pen, { x, y, width, height }) {
  pen.save();
  pen.beginPath();
  pen.rect(x, y, width, height);
  pen.clip();
  pen.strokeStyle = tokenColour('--accent');
  pen.lineWidth = 1.5;
  pen.beginPath();
  for (let at = x - height; at < x + width; at += 6) {
    pen.moveTo(at, y + height);
    pen.lineTo(at + height, y);
  }
  pen.stroke();
  pen.restore();
}

/**
 * A column of accounts, each filled as far as it compares with the richest of them.
 * @param {Pen} pen
 * @param {View} view
 * @param {PlacedRole} role
 * @param {Item} box
 */
function drawRole(pen, view, role, box) {
  const { side, columns, rows } = gridIn(box, role.count);
  const groups = groupsOf(role, columns * rows);
  const title = role.name[0].toUpperCase() + role.name.slice(1) + (role.count === 1 ? '' : 's');
  drawText(pen, title, box.x, LINE_PX * 0.6, { bold: true, most: box.width });
  const words = `${rate(view.current.balance(role))} coins`;
  drawText(pen, words, box.x, LINE_PX * 1.5, { soft: true, most: box.width });
  const balances = groups.map((group) => view.current.balance(group));
  const most = balances.reduce((sum, balance) => Math.max(sum, balance), 1);
  const size = side - GAP_PX;
  // Around the middle, where the flow comes and goes.
  const top = box.y + (box.height - Math.ceil(groups.length / columns) * side + GAP_PX) / 2;
  return groups.map((group, index) => {
    const x = box.x + (index % columns) * side;
    const y = Math.round(top) + Math.floor(index / columns) * side;
    const item = { x, y, width: size, height: size };
    drawGauge(pen, item, balances[index] / most, { token: '--line-1' });
    return { ...item, told: () => describeRange(view, group) };
  });
}

/** Squares as large as there is room for. @param {Item} box @param {number} count */
function gridIn({ width, height }, count) {
  const fitting = Math.floor(Math.sqrt((width * height) / Math.max(1, count)));
  const side = Math.min(SQUARE_PX.most, Math.max(SQUARE_PX.least, fitting));
  const columns = Math.max(1, Math.floor((width + GAP_PX) / side));
  return { side, columns, rows: Math.max(1, Math.floor((height + GAP_PX) / side)) };
}

/** @param {number} width */
function legendLines(width) {
  return width < WIDE_PX ? LEGEND_LINES : Math.ceil(LEGEND_LINES / 2);
}

/**
 * @param {Pen} pen
 * @param {View} view
 * @param {Flows} flows
 * @param {number} top
 */
function drawLegend(pen, { previous, state, width }, { paid, passed, kept, held }, top) {
  const often = previous ? ' a second' : ' in all';
  const signs = [
    { token: '--accent', words: `Paid by customers: ${told(paid)}${often}` },
    { token: '--good', words: `Passed on to merchants: ${told(passed)}${often}` },
    { token: '--event', words: `Kept as a fee: ${told(kept)}${often}` },
    { token: '', words: `Held on the way: ${coins(held)}` },
    { token: '--bad', words: `Back to customers: ${givenBack(state)}` },
  ];
  const lines = legendLines(width);
  signs.forEach(({ token, words }, index) => {
    const x = index < lines ? 0 : width / 2;
    const y = top + ((index % lines) + 0.5) * LINE_PX;
    const sign = { x, y: y - 4, width: 14, height: 8 };
    if (!token) hatch(pen, sign);
    else {
      pen.fillStyle = tokenColour(token);
      pen.fillRect(sign.x, sign.y, sign.width, sign.height);
    }
    drawText(pen, words, x + 20, y, { soft: true, most: width - 20 });
  });
}

/** @param {number} value */
function told(value) {
  return `${rate(value)} coins`;
}

/**
 * Holds that were given back: all once there is a report, before that those that were posted late,
 * which are counted as they happen.
 * @param {State} state
 */
function givenBack({ report, reading, current_run }) {
  if (report) {
    const voided = report.facts.find(({ name }) => name === 'voided');
    return `${amount(voided?.value ?? 0)} holds given back`;
  }
  const late = current_run?.scenario.events.find(({ name }) => name === 'late');
  const happened = reading?.events.find(({ place }) => place === late?.place);
  return `${counted(happened?.count ?? 0, 'holds')} given back for being late`;
}
