/** How high a chart is, and what stands beside its height. */
/** @import uPlot from 'uplot' */
/** @import { PreviousRun } from './time_series.js' */
import { axisMaximum } from './time_series.js';
import { bytes, duration, tick } from '../lib/format.js';

/**
 * @typedef {object} ValueScale
 * @property {(ghost: PreviousRun | null) => uPlot.Scale} scale
 * @property {(value: number) => string} tell a value in words, as short as an axis needs them
 * @property {(least: number, most: number) => number[]} [splits] where the axis has its values
 * @property {string} [unit] the axis is named by it
 * @property {(value: number) => string} [beside] the same value in another unit, on the other side
 */

/** From zero to a little above the highest value. @type {ValueScale} */
export const FROM_ZERO = {
  scale: (ghost) => ({
    range: (plot, _, most) => {
      const height = axisMaximum(most, ghost, plot.scales.x.max ?? 0);
      return [0, height > 0 ? height * 1.08 : 1];
    },
  }),
  tell: tick,
};

/**
 * From zero, with the memory that as many entries take on the other side.
 * @param {() => number} entry_bytes
 * @returns {ValueScale}
 */
export function entriesAndMemory(entry_bytes) {
  return { ...FROM_ZERO, beside: (entries) => bytes(Math.round(entries * entry_bytes())) };
}

/** What is above the highest value, as a share of it. */
const MARGIN = 1.15;

/** Zero is a line in the middle, whatever leaves it and to which side. @type {ValueScale} */
export const AROUND_ZERO = {
  scale: () => ({
    range: (_, least, most) => {
      const farthest = MARGIN * (Math.max(Math.abs(least ?? 0), Math.abs(most ?? 0)) || 1);
      return [-farthest, farthest];
    },
  }),
  splits: (_, most) => [-most / MARGIN, 0, most / MARGIN],
  unit: 'coins',
  tell: tick,
};

/** Times, each line of the grid ten times the one below. @type {ValueScale} */
export const TENFOLD_NS = {
  scale: () => ({
    distr: 3,
    log: 10,
    range: (_, least, most) => {
      const [low, high] = [least, most].map((value) => Math.log10(Math.max(1, value ?? 1)));
      const floor = Math.floor(low);
      return [10 ** floor, 10 ** Math.max(floor + 1, Math.ceil(high))];
    },
  }),
  splits: (least, most) => {
    const powers = [];
    for (let at = least; at <= most * 1.001; at *= 10) powers.push(at);
    return powers;
  },
  tell: duration,
};
