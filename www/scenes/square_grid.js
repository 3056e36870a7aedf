/** A grid of squares, one for each account or range of accounts. */
/** @import { Item } from './scene.js' */

const SQUARE_MIN_PX = 12;
const SQUARE_MAX_PX = 26;
export const SQUARE_GAP_PX = 3;

/** Returns the grid with the largest squares that fit. @param {Item} box @param {number} count */
export function squareGrid({ x, y, width, height }, count) {
  const fitting = Math.floor(Math.sqrt((width * height) / Math.max(1, count)));
  const side = Math.min(SQUARE_MAX_PX, Math.max(SQUARE_MIN_PX, fitting));
  const [columns, rows] = [width, height].map((length) => {
    return Math.max(1, Math.floor((length + SQUARE_GAP_PX) / side));
  });
  const size = side - SQUARE_GAP_PX;
  /** @param {number} index @param {number} [top] the distance from the top of the box */
  const itemAt = (index, top = 0) => ({
    x: x + (index % columns) * side,
    y: y + top + Math.floor(index / columns) * side,
    width: size,
    height: size,
  });
  return { size, columns, rows, itemAt };
}
