/**
 * Something that takes a while and of which only the last call counts: while one is under way at
 * most one more waits, and it is the last that was asked for.
 * @template Asked
 * @param {(asked: Asked) => Promise<void>} act
 * @returns {(asked: Asked) => Promise<void>} done when nothing is under way any more
 */
export function coalesce(act) {
  /** @type {Promise<void> | null} */
  let working = null;
  /** @type {{ asked: Asked } | null} */
  let waiting = null;
  const work = async () => {
    while (waiting) {
      const { asked } = waiting;
      waiting = null;
      await act(asked);
    }
  };
  return (asked) => {
    waiting = { asked };
    working ??= work().finally(() => (working = null));
    return working;
  };
}
