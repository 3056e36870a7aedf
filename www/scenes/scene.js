/** The parts shared by all scenes: the view they draw, and the targets that a pointer can hit. */
/** @import { LedgerSample, State } from '../types.d.ts' */
/** @import { AccountSums } from './account_sums.js' */
/** @import { AccountRange, AccountRoles } from './account_roles.js' */
import { amount, counted } from '../lib/format.js';

/**
 * @typedef {object} View
 * @property {AccountRoles} roles
 * @property {LedgerSample} sample
 * @property {AccountSums} current
 * @property {AccountSums | null} previous while money moves
 * @property {number} seconds between the two
 * @property {State} state
 * @property {number} width of the scene, in CSS pixels
 * @property {number} height
 */

/**
 * The bounds of a target.
 * @typedef {object} Item
 * @property {number} x of its upper left corner
 * @property {number} y
 * @property {number} width
 * @property {number} height
 */

/**
 * @typedef {object} Targets
 * @property {number} count
 * @property {number} stride the targets in a row, for the arrow keys up and down
 * @property {(index: number) => Item} item
 * @property {(index: number) => string} describe its name and balance
 * @property {(x: number, y: number) => number} at the index at a position, or -1
 */

/**
 * @typedef {object} Scene
 * @property {string} title
 * @property {(view: View) => string} describe in a sentence
 * @property {(context: CanvasRenderingContext2D, view: View) => Targets} draw
 */

/** Targets extend beyond their drawing, so that they are easier to hit. */
const SLACK_PX = 3;

/**
 * @param {(Item & { describe: () => string })[]} items later ones are drawn above earlier ones
 * @param {number} [stride]
 * @returns {Targets}
 */
export function targets(items, stride = 1) {
  return {
    count: items.length,
    stride,
    item: (index) => items[index],
    describe: (index) => items[index].describe(),
    at: (x, y) =>
      items.findLastIndex(
        (item) =>
          x >= item.x - SLACK_PX &&
          x <= item.x + item.width + SLACK_PX &&
          y >= item.y - SLACK_PX &&
          y <= item.y + item.height + SLACK_PX,
      ),
  };
}

/** Returns the bounds of a disc. @param {number} x @param {number} y @param {number} radius @returns {Item} */
export function boundsOfDisc(x, y, radius) {
  return { x: x - radius, y: y - radius, width: 2 * radius, height: 2 * radius };
}

/**
 * Returns names and balance: "trader_3: 9,812 coins", "trader_1 to trader_5: 49,000 coins in 5 accounts".
 * @param {View} view
 * @param {AccountRange} range
 */
export function describeRange({ roles, current }, range) {
  const pending = current.pending(range);
  const accounts = range.count > 1 ? ` in ${counted(range.count, 'accounts')}` : '';
  const held = pending > 0 ? `, ${amount(pending)} held` : '';
  return `${roles.names(range)}: ${coins(current.balance(range))}${accounts}${held}`;
}

/** @param {number} value */
export function coins(value) {
  return `${amount(value)}\u00a0${Math.abs(value) === 1 ? 'coin' : 'coins'}`;
}

/**
 * Returns the change of a balance since the previous sample.
 * @param {View} view
 * @param {AccountRange} range
 */
export function gainSincePrevious({ current, previous }, range) {
  return previous ? current.balance(range) - previous.balance(range) : 0;
}

/**
 * Returns a balance as a share of the coins at the start; 1 if there were none.
 * @param {View} view
 * @param {AccountRange} range
 * @param {number} initial coins of each account
 */
export function shareOfInitial({ current }, range, initial) {
  const total = initial * range.count;
  return total > 0 ? current.balance(range) / total : 1;
}

/** Returns the refused attempts so far. @param {State} state */
export function refusedCount({ report, reading }) {
  const workers = report?.workers ?? reading?.workers ?? [];
  return workers.reduce((sum, { refused }) => sum + refused, 0);
}
