/** What all scenes have in common: what they are drawn from, and what can be pointed at in them. */
/** @import { LedgerSample, State } from '../types.d.ts' */
/** @import { AccountSums } from './account_sums.js' */
/** @import { AccountRange, AccountRoles } from './account_roles.js' */
import { amount, counted } from '../lib/format.js';

/**
 * @typedef {object} View
 * @property {AccountRoles} roles
 * @property {LedgerSample} sample
 * @property {AccountSums} current
 * @property {AccountSums | null} previous at the look before, while money moves
 * @property {number} seconds between the two
 * @property {State} state
 * @property {number} width of the picture, in CSS pixels
 * @property {number} height
 */

/**
 * Something that can be pointed at.
 * @typedef {object} Item
 * @property {number} x of its upper left corner
 * @property {number} y
 * @property {number} width
 * @property {number} height
 */

/**
 * @typedef {object} Targets
 * @property {number} count
 * @property {number} stride how many lie in a row, so that the arrows up and down go to the next one
 * @property {(index: number) => Item} item
 * @property {(index: number) => string} describe its name and what it holds
 * @property {(x: number, y: number) => number} at which one is there, or -1
 */

/**
 * @typedef {object} Scene
 * @property {string} title what kind of picture it is
 * @property {(view: View) => string} describe what can be seen in it, in a sentence
 * @property {(pen: CanvasRenderingContext2D, view: View) => Targets} draw
 */

/** A target is easier to hit than it is large. */
const SLACK_PX = 3;

/**
 * @param {(Item & { told: () => string })[]} items the later ones lie above the others
 * @param {number} [stride]
 * @returns {Targets}
 */
export function targets(items, stride = 1) {
  return {
    count: items.length,
    stride,
    item: (index) => items[index],
    describe: (index) => items[index].told(),
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

/** The box around a disc. @param {number} x @param {number} y @param {number} radius @returns {Item} */
export function boundsOfDisc(x, y, radius) {
  return { x: x - radius, y: y - radius, width: 2 * radius, height: 2 * radius };
}

/**
 * Name and balance: "trader_3: 9,812 coins", "trader_1 to trader_5: 49,000 coins in 5 accounts".
 * @param {View} view
 * @param {AccountRange} group
 */
export function describeRange({ roles, current }, group) {
  const pending = current.pending(group);
  const accounts = group.count > 1 ? ` in ${counted(group.count, 'accounts')}` : '';
  const held = pending > 0 ? `, ${amount(pending)} of them held` : '';
  return `${roles.names(group)}: ${coins(current.balance(group))}${accounts}${held}`;
}

/** @param {number} value */
export function coins(value) {
  return `${amount(value)}\u00a0${Math.abs(value) === 1 ? 'coin' : 'coins'}`;
}

/**
 * Coins that a group has gained since the look before, less those it has lost.
 * @param {View} view
 * @param {AccountRange} group
 */
export function gainSincePrevious({ current, previous }, group) {
  return previous ? current.balance(group) - previous.balance(group) : 0;
}

/**
 * How a balance compares with what the group was given at the start; 1 where it was given nothing.
 * @param {View} view
 * @param {AccountRange} group
 * @param {number} given to each
 */
export function shareOfInitial({ current }, group, given) {
  const at_first = given * group.count;
  return at_first > 0 ? current.balance(group) / at_first : 1;
}

/** Attempts that were refused so far. @param {State} state */
export function refusedCount({ report, reading }) {
  const workers = report?.workers ?? reading?.workers ?? [];
  return workers.reduce((sum, { refused }) => sum + refused, 0);
}
