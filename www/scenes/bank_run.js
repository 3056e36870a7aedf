/** The bank's reserve as a vessel that drains, and the customers whose claims are still to be paid. */
/** @import { Group } from './account_roles.js' */
/** @import { Item, Scene, View } from './scene.js' */
import { count, counted, share } from '../lib/format.js';
import { colour } from '../charts/palette.js';
import { LINE_PX, vessel, write } from './drawing.js';
import { groupsOf } from './account_roles.js';
import { coins, refusedIn, shareOf, targets, tellGroup } from './scene.js';

const SQUARE_PX = { least: 12, most: 24 };
const SQUARES_MAX = 600;
const GAP_PX = 3;

/** @type {Scene} */
export const BANK_RUN = {
  title: 'Bank run',
  tell({ roster, now, state }) {
    const [bank, customer] = [roster.role('bank'), roster.role('customer')];
    const refused = counted(refusedIn(state), 'attempts');
    return (
      `The reserve has ${coins(now.balance(bank))} of ${count(bank.coins)}; ` +
      `${count(now.having(customer))} of ${counted(customer.count, 'customers')} still have a claim; ` +
      `${refused} refused.`
    );
  },
  draw(pen, view) {
    const { roster, width, height } = view;
    const [bank, claims] = [roster.role('bank'), roster.role('claims')];
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
 * @param {Group & { coins: number }} bank
 * @param {Item} box
 */
function drawReserve(pen, view, bank, box) {
  const part = bank.coins > 0 ? shareOf(view, bank, bank.coins) : 0;
  write(pen, 'Reserve', box.x, LINE_PX * 0.6, { bold: true });
  write(pen, part > 0 ? share(part) : 'dry', box.x, LINE_PX * 1.5, { soft: true });
  vessel(pen, box, part, { token: '--accent' });
  return { ...box, told: () => tellGroup(view, bank) };
}

/**
 * Claims that were settled, of all there were.
 * @param {CanvasRenderingContext2D} pen
 * @param {View} view
 * @param {Group} claims
 * @param {Item} box
 */
function drawSettled(pen, view, claims, box) {
  const customer = view.roster.role('customer');
  const owed = customer.coins * customer.count;
  const settled = owed > 0 ? view.now.balance(claims) / owed : 0;
  write(pen, 'Claims settled', box.x, LINE_PX * 0.6, { bold: true });
  write(pen, `${share(settled)} of ${coins(owed)}`, box.x, LINE_PX * 1.5, { soft: true, most: box.width });
  vessel(pen, box, settled, { token: '--good', lying: true });
  return { ...box, told: () => tellGroup(view, claims) };
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
  const customer = view.roster.role('customer');
  const columns = columnsIn(box, side);
  const rows = Math.max(1, Math.floor((box.height + GAP_PX) / side));
  const groups = groupsOf(customer, Math.min(SQUARES_MAX, columns * rows));
  const left = view.now.having(customer);
  const words = `${count(left)} of ${count(customer.count)}`;
  const each = groups[0]?.count > 1 ? `, ${count(groups[0].count)} a square` : '';
  write(pen, 'Customers with a claim', box.x, box.y - LINE_PX * 1.6, { bold: true });
  write(pen, words + each, box.x, box.y - LINE_PX * 0.7, { soft: true, most: box.width });
  const size = side - GAP_PX;
  const squares = groups.map((group, index) => {
    const x = box.x + (index % columns) * side;
    const y = box.y + Math.floor(index / columns) * side;
    const full = Math.min(1, Math.max(0, shareOf(view, group, customer.coins))) * size;
    return { x, y, width: size, height: size, full, told: () => tellGroup(view, group) };
  });
  // All of one colour at once: there are hundreds.
  pen.fillStyle = colour('--line-4');
  for (const { x, y, full } of squares) pen.fillRect(x, y + size - full, size, full);
  pen.strokeStyle = colour('--border-strong');
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
