/** The lines of the workers: four colours, each with four dash patterns. */
/** @import { Line } from './chart.js' */

const TOKENS = ['--line-1', '--line-2', '--line-3', '--line-4'];
const DASHES = [undefined, [7, 4], [2, 3], [10, 3, 2, 3]];

/** @param {number} worker @returns {Line} */
export function workerLine(worker) {
  return {
    label: `Worker ${worker + 1}`,
    token: TOKENS[worker % TOKENS.length],
    dash: DASHES[Math.floor(worker / TOKENS.length) % DASHES.length],
  };
}
