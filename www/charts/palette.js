/** The colours of the style sheet, for what is drawn on a canvas, which no style sheet reaches. */

/** @type {Map<string, string>} */
const known = new Map();
/** @type {Set<() => void>} */
const listeners = new Set();

/** @param {string} token such as `--accent` */
export function tokenColour(token) {
  let value = known.get(token);
  if (value === undefined) {
    value = getComputedStyle(document.documentElement).getPropertyValue(token).trim();
    known.set(token, value);
  }
  return value;
}

/**
 * Called when the colours have changed and what was drawn with the old ones has to be drawn again.
 * @param {() => void} listener
 */
export function onColourChange(listener) {
  listeners.add(listener);
}

for (const query of ['(prefers-color-scheme: dark)', '(forced-colors: active)']) {
  matchMedia(query).addEventListener('change', () => {
    known.clear();
    for (const listener of listeners) listener();
  });
}
