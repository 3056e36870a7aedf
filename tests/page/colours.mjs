/** Finds colours of the style sheet on a canvas. */
/** @import { Locator } from 'playwright-core' */

/**
 * @param {Locator} canvas
 * @param {string} token such as `--bad`, a colour of six hexadecimal digits
 * @returns {Promise<boolean>} whether it has a pixel of it
 */
export function hasColour(canvas, token) {
  return canvas.evaluate((found, name) => {
    const style = getComputedStyle(document.documentElement).getPropertyValue(name);
    const wanted = (style.match(/[0-9a-f]{2}/gi) ?? []).map((pair) => parseInt(pair, 16));
    const { width, height } = /** @type {HTMLCanvasElement} */ (found);
    const pen = /** @type {HTMLCanvasElement} */ (found).getContext('2d');
    const data = pen?.getImageData(0, 0, width, height).data ?? [];
    for (let at = 0; at < data.length; at += 4) {
      const alike = wanted.every((part, index) => Math.abs(data[at + index] - part) < 8);
      if (alike && wanted.length === 3 && data[at + 3] > 200) return true;
    }
    return false;
  }, token);
}
