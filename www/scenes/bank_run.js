/** The bank's reserve as a vessel that drains, and the customers whose claims are still to be paid. */
/** @import { AccountRange } from './account_roles.js' */
/** @import { Item, Scene, View } from './scene.js' */
import { count, counted, share } from '../lib/format.js';
import { tokenColour } from '../charts/palette.js';
import { LINE_PX, drawGauge, drawText } from './drawing.js';
import { groupsOf } from './account_roles.js';
import { coins, refusedCount, shareOfInitial, targets, describeRange } from './scene.js';

const SQUARE_PX = { least: 12, most: 24 };
const SQUARES_MAX = 600;
const GAP_PX = 3;

/** @type {Scene} */
export const BANK_RUN = {
  title: 'Bank run',
  describe({ roles, current, state }) {
    const [bank, customer] = [roles.role('bank'), roles.role('customer')];
    const refused = counted(refusedCount(state), 'attempts');
    return (
      `The reserve has ${coins(current.balance(bank))} of ${count(bank.coins)}; ` +
      `${count(current.having(customer))} of ${counted(customer.count, 'customers')} still have a claim; ` +
      `${refused} refused.`
    );
  },
  draw(pen, view) {
    const { roles, width, height } = view;
    const [bank, claims] = [roles.role('bank'), roles.role('claims')];
    const wide = width >= 520;
    const reserve = { x: 0, y: 2 * LINE_PX, width: wide ? 130 : 72, height: height - 2 * LINE_PX };
    const left = reserve.width + (wide ? 36 : 18);
    const beside = { x: left, width: width - left };
    const queue = { ...beside, y: 5.5 * LINE_PX, height: height - 5.5 * LINE_PX };
    const side = sideIn(queue);
    return targets(
      [
        drawReserve(pen, view, bank, reserve),
        drawSettled(pen, view, claims, { ...beside, y: 2 * LINE_PX, height: LINE_PX }),
        ...drawQueue(pen, view, queue, side),
      ],
      columnsIn(queue, side),
    );
  },
};

/**
 * @param {CanvasRenderingContext2D} pen
 * @param {View} view
 * @param {AccountRange & { coins: number }} bank
 * @param {Item} box
 */
function drawReserve(pen, view, bank, box) {
  const part = bank.coins > 0 ? shareOfInitial(view, bank, bank.coins) : 0;
  drawText(pen, 'Reserve', box.x, LINE_PX * 0.6, { bold: true });
  drawText(pen, part > 0 ? share(part) : 'dry', box.x, LINE_PX * 1.5, { soft: true });
  drawGauge(pen, box, part, { token: '--accent' });
  return { ...box, told: () => describeRange(view, bank) };
}

/**
 * Claims that were settled, of all there were.
 * @param {CanvasRenderingContext2D} pen
 * @param {View} view
 * @param {AccountRange} claims
 * @param {Item} box
 */
function drawSettled(pen, view, claims, box) {
  const customer = view.roles.role('customer');
  const owed = customer.coins * customer.count;
  const settled = owed > 0 ? view.current.balance(claims) / owed : 0;
  drawText(pen, 'Claims settled', box.x, LINE_PX * 0.6, { bold: true });
  drawText(pen, `${share(settled)} of ${coins(owed)}`, box.x, LINE_PX * 1.5, { soft: true, most: box.width });
  drawGauge(pen, box, settled, { token: '--good', lying: true });
  return { ...box, told: () => describeRange(view, claims) };
}

/**
 * A square for each customer, or for as many as there is room for, filled as far as their claim is
 * still there.
 * @param {CanvasRenderingContext2D} pen
 * @param {View} view
 * @param {Item} box
 * @param {number} side of a square and the gap beside it
 */
function drawQueue(pen, view, box, side) {
  const customer = view.roles.role('customer');
  const columns = columnsIn(box, side);
  const rows = Math.max(1, Math.floor((box.height + GAP_PX) / side));
  const groups = groupsOf(customer, Math.min(SQUARES_MAX, columns * rows));
  const left = view.current.having(customer);
  const words = `${count(left)} of ${count(customer.count)}`;
  const each = groups[0]?.count > 1 ? `, ${count(groups[0].count)} a square` : '';
  drawText(pen, 'Customers with a claim', box.x, box.y - LINE_PX * 1.6, { bold: true });
  drawText(pen, words + each, box.x, box.y - LINE_PX * 0.7, { soft: true, most: box.width });
  const size = side - GAP_PX;
  const squares = groups.map((group, index) => {
    const x = box.x + (index % columns) * side;
    const y = box.y + Math.floor(index / columns) * side;
    const full = Math.min(1, Math.max(0, shareOfInitial(view, group, customer.coins))) * size;
    return { x, y, width: size, height: size, full, told: () => describeRange(view, group) };
  });
  // All of one colour at once: there are hundreds.
  pen.fillStyle = tokenColour('--line-4');
  for (const { x, y, full } of squares) pen.fillRect(x, y + size - full, size, full);
  pen.strokeStyle = tokenColour('--border-strong');
  pen.lineWidth = 1;
  pen.beginPath();
  for (const { x, y } of squares) pen.rect(x + 0.5, y + 0.5, size - 1, size - 1);
  pen.stroke();
  return squares;
}

/** As large as there is room for so many squares. @param {Item} box */
function sideIn({ width, height }) {
  const side = Math.floor(Math.sqrt((width * height) / SQUARES_MAX));
  return Math.min(SQUARE_PX.most, Math.max(SQUARE_PX.least, side));
}

/** @param {Item} box @param {number} side */
function columnsIn({ width }, side) {
  return Math.max(1, Math.floor((width + GAP_PX) / side));
}
