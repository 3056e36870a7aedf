/** The colours of the style sheet, for drawing on a canvas. */

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
 * Registers a function that redraws a canvas after the colour scheme has changed.
 * @param {() => void} redraw
 */
export function onColoursChanged(redraw) {
  listeners.add(redraw);
}

for (const query of ['(prefers-color-scheme: dark)', '(forced-colors: active)']) {
  matchMedia(query).addEventListener('change', () => {
    known.clear();
    for (const redraw of listeners) redraw();
  });
}

/**
 * Draws within the bounds of a plot and restores the canvas afterwards.
 * @param {import('uplot')} plot
 * @param {() => void} draw
 */
export function clipToPlot({ ctx: context, bbox }, draw) {
  context.save();
  context.beginPath();
  context.rect(bbox.left, bbox.top, bbox.width, bbox.height);
  context.clip();
  draw();
  context.restore();
}
