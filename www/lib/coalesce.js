/**
 * Wraps a slow action of which only the last call matters. During a call, at most the latest of further
 * calls waits.
 * @template Argument
 * @param {(argument: Argument) => Promise<void>} act
 * @returns {(argument: Argument) => Promise<void>} resolves when nothing is under way any more
 */
export function coalesce(act) {
  /** @type {Promise<void> | null} */
  let working = null;
  /** @type {{ argument: Argument } | null} */
  let waiting = null;
  const work = async () => {
    while (waiting) {
      const { argument } = waiting;
      waiting = null;
      await act(argument);
    }
  };
  return (argument) => {
    waiting = { argument };
    working ??= work().finally(() => (working = null));
    return working;
  };
}
