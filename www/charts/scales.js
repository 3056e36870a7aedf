/** The vertical scales of charts. */
/** @import uPlot from 'uplot' */
/** @import { PreviousRun } from './time_series.js' */
import { bytes, duration, tick } from '../lib/format.js';
import { axisMaximum } from './time_series.js';

/**
 * @typedef {object} ValueScale
 * @property {(previousRun: () => PreviousRun | undefined) => uPlot.Scale} uplot
 * @property {(value: number) => string} text a value, as short as an axis needs it
 * @property {(min: number, max: number) => number[]} [splits] the labelled values
 * @property {string} [unit] the label of the axis
 * @property {(value: number) => string} [right] the same value in the unit of the right axis
 */

/** From zero to a little above the highest value. @type {ValueScale} */
export const FROM_ZERO = {
  uplot: (previousRun) => ({
    range: (plot, _, max) => {
      const maximum = axisMaximum(max, previousRun(), plot.scales.x.max ?? 0);
      return [0, maximum > 0 ? maximum * 1.08 : 1];
    },
  }),
  text: tick,
};

/**
 * From zero, with the memory of as many entries on the right.
 * @param {() => number} entry_bytes
 * @returns {ValueScale}
 */
export function entriesAndMemory(entry_bytes) {
  return { ...FROM_ZERO, right: (entries) => bytes(Math.round(entries * entry_bytes())) };
}

/** The space around the highest value, as a factor. */
const MARGIN = 1.15;

/** Zero is in the middle. @type {ValueScale} */
export const AROUND_ZERO = {
  uplot: () => ({
    range: (_, min, max) => {
      const farthest = MARGIN * (Math.max(Math.abs(min ?? 0), Math.abs(max ?? 0)) || 1);
      return [-farthest, farthest];
    },
  }),
  splits: (_, max) => [-max / MARGIN, 0, max / MARGIN],
  unit: 'coins',
  text: tick,
};

/** Times on a logarithmic scale. @type {ValueScale} */
export const LOGARITHMIC_NS = {
  uplot: () => ({
    distr: 3,
    log: 10,
    range: (_, min, max) => {
      const [low, high] = [min, max].map((value) => Math.log10(Math.max(1, value ?? 1)));
      const floor = Math.floor(low);
      return [10 ** floor, 10 ** Math.max(floor + 1, Math.ceil(high))];
    },
  }),
  splits: (min, max) => {
    const powers = [];
    for (let at = min; at <= max * 1.001; at *= 10) powers.push(at);
    return powers;
  },
  text: duration,
};
