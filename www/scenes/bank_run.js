/** The bank's reserve, and the customers whose claims are not settled yet. */
/** @import { AccountRange } from './account_roles.js' */
/** @import { Item, Scene, View } from './scene.js' */
import { count, counted, share } from '../lib/format.js';
import { tokenColour } from '../charts/palette.js';
import { LINE_PX, drawGauge, drawText } from './drawing.js';
import { rangesOf } from './account_roles.js';
import { squareGrid } from './square_grid.js';
import { coins, refusedCount, shareOfInitial, targets, describeRange } from './scene.js';

const SQUARES_MAX = 600;

/** @type {Scene} */
export const BANK_RUN = {
  title: 'Bank run',
  describe({ roles, current, state }) {
    const [bank, customer] = [roles.role('bank'), roles.role('customer')];
    const refused = counted(refusedCount(state), 'attempts');
    return (
      `The reserve has ${coins(current.balance(bank))} of ${count(bank.coins)}; ` +
      `${count(current.withCoins(customer))} of ${counted(customer.count, 'customers')} still have a claim; ` +
      `${refused} refused.`
    );
  },
  draw(context, view) {
    const { roles, width, height } = view;
    const [bank, claims] = [roles.role('bank'), roles.role('claims')];
    const wide = width >= 520;
    const reserve = { x: 0, y: 2 * LINE_PX, width: wide ? 130 : 72, height: height - 2 * LINE_PX };
    const left = reserve.width + (wide ? 36 : 18);
    const beside = { x: left, width: width - left };
    const queue = { ...beside, y: 5.5 * LINE_PX, height: height - 5.5 * LINE_PX };
    const grid = squareGrid(queue, SQUARES_MAX);
    return targets(
      [
        drawReserve(context, view, bank, reserve),
        drawSettled(context, view, claims, { ...beside, y: 2 * LINE_PX, height: LINE_PX }),
        ...drawQueue(context, view, queue, grid),
      ],
      grid.columns,
    );
  },
};

/**
 * @param {CanvasRenderingContext2D} context
 * @param {View} view
 * @param {AccountRange & { coins: number }} bank
 * @param {Item} box
 */
function drawReserve(context, view, bank, box) {
  const part = bank.coins > 0 ? shareOfInitial(view, bank, bank.coins) : 0;
  drawText(context, 'Reserve', box.x, LINE_PX * 0.6, { bold: true });
  drawText(context, part > 0 ? share(part) : 'empty', box.x, LINE_PX * 1.5, { soft: true });
  drawGauge(context, box, part, { token: '--accent' });
  return { ...box, describe: () => describeRange(view, bank) };
}

/**
 * The share of settled claims.
 * @param {CanvasRenderingContext2D} context
 * @param {View} view
 * @param {AccountRange} claims
 * @param {Item} box
 */
function drawSettled(context, view, claims, box) {
  const customer = view.roles.role('customer');
  const owed = customer.coins * customer.count;
  const settled = owed > 0 ? view.current.balance(claims) / owed : 0;
  drawText(context, 'Claims settled', box.x, LINE_PX * 0.6, { bold: true });
  drawText(context, `${share(settled)} of ${coins(owed)}`, box.x, LINE_PX * 1.5, { soft: true, max_width: box.width });
  drawGauge(context, box, settled, { token: '--good', horizontal: true });
  return { ...box, describe: () => describeRange(view, claims) };
}

/**
 * Squares for the customers, each filled by the share of its claims that is not settled. If there is
 * no room for all customers, a square stands for several.
 * @param {CanvasRenderingContext2D} context
 * @param {View} view
 * @param {Item} box
 * @param {ReturnType<typeof squareGrid>} grid
 */
function drawQueue(context, view, box, { size, columns, rows, itemAt }) {
  const customer = view.roles.role('customer');
  const ranges = rangesOf(customer, Math.min(SQUARES_MAX, columns * rows));
  const left = view.current.withCoins(customer);
  const words = `${count(left)} of ${count(customer.count)}`;
  const each = ranges[0]?.count > 1 ? `, ${count(ranges[0].count)} per square` : '';
  drawText(context, 'Customers with a claim', box.x, box.y - LINE_PX * 1.6, { bold: true });
  drawText(context, words + each, box.x, box.y - LINE_PX * 0.7, { soft: true, max_width: box.width });
  const squares = ranges.map((range, index) => {
    const full = Math.min(1, Math.max(0, shareOfInitial(view, range, customer.coins))) * size;
    return { ...itemAt(index), full, describe: () => describeRange(view, range) };
  });
  // Hundreds of squares are drawn in one colour at a time.
  context.fillStyle = tokenColour('--line-4');
  for (const { x, y, full } of squares) context.fillRect(x, y + size - full, size, full);
  context.strokeStyle = tokenColour('--border-strong');
  context.lineWidth = 1;
  context.beginPath();
  for (const { x, y } of squares) context.rect(x + 0.5, y + 0.5, size - 1, size - 1);
  context.stroke();
  return squares;
}
