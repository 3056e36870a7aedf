/** Who waits for whom, followed until it comes back. */
/** @import { LatchWait } from '../types.d.ts' */

/**
 * Those who wait for each other in a circle; nobody, where there is none.
 * @param {LatchWait[]} waiting
 * @returns {LatchWait[]}
 */
export function deadlockCycle(waiting) {
  /** Who holds an account. @param {number | null} wanted */
  const holder = (wanted) => waiting.find(({ holds }) => wanted !== null && holds.includes(wanted));
  for (const begin of waiting) {
    /** @type {LatchWait[]} */
    const way = [];
    let at = /** @type {LatchWait | undefined} */ (begin);
    while (at && !way.includes(at)) {
      way.push(at);
      at = holder(at.wants);
    }
    if (at === begin && way.length > 1) return way;
  }
  return [];
}
