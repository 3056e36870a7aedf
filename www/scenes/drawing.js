/** Drawing functions that scenes share. Colours are tokens of the style sheet. */
import { tokenColour } from '../charts/palette.js';

/** @typedef {CanvasRenderingContext2D} Context */
/** @typedef {{ x: number, y: number }} Point */

const TEXT_PX = 12;
export const LINE_PX = 17;

/**
 * @param {Context} context
 * @param {string} words
 * @param {number} x
 * @param {number} y of the centre
 * @param {{ align?: CanvasTextAlign, soft?: boolean, bold?: boolean, max_width?: number }} [how]
 * @returns {number} the width of the text
 */
export function drawText(context, words, x, y, { align = 'left', soft, bold = false, max_width } = {}) {
  context.font = fontOf(bold);
  context.textAlign = align;
  context.textBaseline = 'middle';
  context.fillStyle = tokenColour(soft ? '--text-soft' : '--text');
  context.fillText(words, x, y, max_width);
  return Math.min(context.measureText(words).width, max_width ?? Infinity);
}

/**
 * Draws a label on its own background.
 * @param {Context} context
 * @param {string} words
 * @param {Point} middle
 * @param {{ bold?: boolean, max_width?: number }} [how]
 */
export function drawLabel(context, words, { x, y }, { bold = false, max_width } = {}) {
  context.font = fontOf(bold);
  const width = Math.min(context.measureText(words).width, max_width ?? Infinity) + 8;
  context.fillStyle = tokenColour('--surface');
  context.fillRect(x - width / 2, y - LINE_PX / 2, width, LINE_PX);
  drawText(context, words, x, y + 0.5, { align: 'center', bold, max_width });
}

/** @param {boolean} bold */
function fontOf(bold) {
  return `${bold ? 650 : 400} ${TEXT_PX}px system-ui, sans-serif`;
}

/**
 * @param {Context} context
 * @param {Point} centre
 * @param {number} radius
 * @param {string} token
 * @param {boolean} [hollow]
 */
export function drawDisc(context, { x, y }, radius, token, hollow = false) {
  context.beginPath();
  context.arc(x, y, Math.max(0.5, radius), 0, 2 * Math.PI);
  context.lineWidth = 1.5;
  context.fillStyle = tokenColour(hollow ? '--surface' : token);
  context.strokeStyle = tokenColour(token);
  context.fill();
  if (hollow) context.stroke();
}

/**
 * @param {Context} context
 * @param {Point} from
 * @param {Point} to
 * @param {{ token: string, width?: number, dash?: number[] }} how
 */
export function drawLine(context, from, to, { token, width = 1, dash = [] }) {
  context.beginPath();
  context.moveTo(from.x, from.y);
  context.lineTo(to.x, to.y);
  context.lineWidth = width;
  context.strokeStyle = tokenColour(token);
  context.setLineDash(dash);
  context.stroke();
  context.setLineDash([]);
}

/**
 * Draws a bent arrow, so that arrows in opposite directions do not overlap.
 * @param {Context} context
 * @param {Point} from
 * @param {Point} to
 * @param {{ token: string, width?: number, bend?: number, gap?: number }} how `gap` is kept free at both ends
 * @returns {Point} its centre
 */
export function drawArrow(context, from, to, { token, width = 2, bend = 0, gap = 0 }) {
  const length = Math.hypot(to.x - from.x, to.y - from.y) || 1;
  const [ux, uy] = [(to.x - from.x) / length, (to.y - from.y) / length];
  const knee = {
    x: (from.x + to.x) / 2 - uy * bend * length,
    y: (from.y + to.y) / 2 + ux * bend * length,
  };
  const begin = towards(from, knee, gap);
  const end = towards(to, knee, gap);
  const angle = Math.atan2(end.y - knee.y, end.x - knee.x);
  const head = 5 + 2 * width;
  const neck = towards(end, knee, head * 0.8);
  context.strokeStyle = context.fillStyle = tokenColour(token);
  context.lineWidth = width;
  context.beginPath();
  context.moveTo(begin.x, begin.y);
  context.quadraticCurveTo(knee.x, knee.y, neck.x, neck.y);
  context.stroke();
  context.beginPath();
  context.moveTo(end.x, end.y);
  for (const side of [-0.45, 0.45]) {
    context.lineTo(end.x - head * Math.cos(angle + side), end.y - head * Math.sin(angle + side));
  }
  context.fill();
  return { x: (begin.x + 2 * knee.x + end.x) / 4, y: (begin.y + 2 * knee.y + end.y) / 4 };
}

/** @param {Point} from @param {Point} to @param {number} far @returns {Point} */
function towards(from, to, far) {
  const length = Math.hypot(to.x - from.x, to.y - from.y) || 1;
  return { x: from.x + ((to.x - from.x) / length) * far, y: from.y + ((to.y - from.y) / length) * far };
}

/**
 * Draws a gauge filled from below, or horizontally from the left.
 * @param {Context} context
 * @param {import('./scene.js').Item} box
 * @param {number} share from 0 to 1
 * @param {{ token: string, horizontal?: boolean }} how
 */
export function drawGauge(context, { x, y, width, height }, share, { token, horizontal = false }) {
  const full = Math.min(1, Math.max(0, share));
  context.fillStyle = tokenColour(token);
  if (horizontal) context.fillRect(x, y, width * full, height);
  else context.fillRect(x, y + height * (1 - full), width, height * full);
  context.lineWidth = 1;
  context.strokeStyle = tokenColour('--border-strong');
  context.strokeRect(x + 0.5, y + 0.5, width - 1, height - 1);
}
