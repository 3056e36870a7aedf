/** Finds a deadlock among the workers that wait for latches. */
/** @import { LatchWait } from '../types.d.ts' */

/**
 * Returns the workers that wait for each other in a cycle; none without a deadlock.
 * @param {LatchWait[]} waiting
 * @returns {LatchWait[]}
 */
export function deadlockCycle(waiting) {
  /** @param {number | null} account */
  const holderOf = (account) => {
    return waiting.find(({ holds }) => account !== null && holds.includes(account));
  };
  for (const start of waiting) {
    /** @type {LatchWait[]} */
    const path = [];
    let at = /** @type {LatchWait | undefined} */ (start);
    while (at && !path.includes(at)) {
      path.push(at);
      at = holderOf(at.wants);
    }
    if (at === start && path.length > 1) return path;
  }
  return [];
}
