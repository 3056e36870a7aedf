/** Actions on the abort of a signal. However many there are, a signal has one listener, because Node warns of many. */

/** @type {WeakMap<AbortSignal, { actions: Set<() => void>, listener: () => void }>} */
const listeners = new WeakMap();

/**
 * Runs an action when a signal aborts.
 * @param {AbortSignal} signal
 * @param {() => void} action
 * @returns {() => void} forgets the action
 */
export function onAbort(signal, action) {
  if (signal.aborted) {
    action();
    return () => {};
  }
  let entry = listeners.get(signal);
  if (!entry) {
    const actions = new Set();
    const listener = () => {
      for (const run of actions) run();
      actions.clear();
    };
    entry = { actions, listener };
    listeners.set(signal, entry);
    signal.addEventListener('abort', listener, { once: true });
  }
  const { actions, listener } = entry;
  actions.add(action);
  return () => {
    actions.delete(action);
    if (actions.size > 0 || listeners.get(signal)?.actions !== actions) return;
    signal.removeEventListener('abort', listener);
    listeners.delete(signal);
  };
}
