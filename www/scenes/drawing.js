/** A few strokes that scenes share. Colours are the style sheet's. */
import { tokenColour } from '../charts/palette.js';

/** @typedef {CanvasRenderingContext2D} Pen */
/** @typedef {{ x: number, y: number }} Point */

const TEXT_PX = 12;
export const LINE_PX = 17;

/**
 * @param {Pen} pen
 * @param {string} words
 * @param {number} x
 * @param {number} y the middle of the line
 * @param {{ align?: CanvasTextAlign, soft?: boolean, bold?: boolean, most?: number }} [how]
 * @returns {number} how wide the words are
 */
export function drawText(pen, words, x, y, { align = 'left', soft, bold = false, most } = {}) {
  pen.font = fontOf(bold);
  pen.textAlign = align;
  pen.textBaseline = 'middle';
  pen.fillStyle = tokenColour(soft ? '--text-soft' : '--text');
  pen.fillText(words, x, y, most);
  return Math.min(pen.measureText(words).width, most ?? Infinity);
}

/**
 * Words over what was drawn before, on a ground of their own.
 * @param {Pen} pen
 * @param {string} words
 * @param {Point} middle
 * @param {{ bold?: boolean, most?: number }} [how]
 */
export function drawLabel(pen, words, { x, y }, { bold = false, most } = {}) {
  pen.font = fontOf(bold);
  const width = Math.min(pen.measureText(words).width, most ?? Infinity) + 8;
  pen.fillStyle = tokenColour('--surface');
  pen.fillRect(x - width / 2, y - LINE_PX / 2, width, LINE_PX);
  drawText(pen, words, x, y + 0.5, { align: 'center', bold, most });
}

/** @param {boolean} bold */
function fontOf(bold) {
  return `${bold ? 650 : 400} ${TEXT_PX}px system-ui, sans-serif`;
}

/**
 * @param {Pen} pen
 * @param {Point} centre
 * @param {number} radius
 * @param {string} token
 * @param {boolean} [hollow]
 */
export function drawDisc(pen, { x, y }, radius, token, hollow = false) {
  pen.beginPath();
  pen.arc(x, y, Math.max(0.5, radius), 0, 2 * Math.PI);
  pen.lineWidth = 1.5;
  pen.fillStyle = tokenColour(hollow ? '--surface' : token);
  pen.strokeStyle = tokenColour(token);
  pen.fill();
  if (hollow) pen.stroke();
}

/**
 * @param {Pen} pen
 * @param {Point} from
 * @param {Point} to
 * @param {{ token: string, width?: number, dash?: number[] }} how
 */
export function drawLine(pen, from, to, { token, width = 1, dash = [] }) {
  pen.beginPath();
  pen.moveTo(from.x, from.y);
  pen.lineTo(to.x, to.y);
  pen.lineWidth = width;
  pen.strokeStyle = tokenColour(token);
  pen.setLineDash(dash);
  pen.stroke();
  pen.setLineDash([]);
}

/**
 * A bent arrow, so that two that go to and fro between two places do not lie on each other.
 * @param {Pen} pen
 * @param {Point} from
 * @param {Point} to
 * @param {{ token: string, width?: number, bend?: number, gap?: number }} how `gap` is left free at both ends
 * @returns {Point} its middle
 */
export function drawArrow(pen, from, to, { token, width = 2, bend = 0, gap = 0 }) {
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
  pen.strokeStyle = pen.fillStyle = tokenColour(token);
  pen.lineWidth = width;
  pen.beginPath();
  pen.moveTo(begin.x, begin.y);
  pen.quadraticCurveTo(knee.x, knee.y, neck.x, neck.y);
  pen.stroke();
  pen.beginPath();
  pen.moveTo(end.x, end.y);
  for (const side of [-0.45, 0.45]) {
    pen.lineTo(end.x - head * Math.cos(angle + side), end.y - head * Math.sin(angle + side));
  }
  pen.fill();
  return { x: (begin.x + 2 * knee.x + end.x) / 4, y: (begin.y + 2 * knee.y + end.y) / 4 };
}

/** @param {Point} from @param {Point} to @param {number} far @returns {Point} */
function towards(from, to, far) {
  const length = Math.hypot(to.x - from.x, to.y - from.y) || 1;
  return { x: from.x + ((to.x - from.x) / length) * far, y: from.y + ((to.y - from.y) / length) * far };
}

/**
 * A vessel filled from below, or a bar filled from the left.
 * @param {Pen} pen
 * @param {import('./scene.js').Item} box
 * @param {number} share from 0 to 1
 * @param {{ token: string, lying?: boolean }} how
 */
export function drawGauge(pen, { x, y, width, height }, share, { token, lying = false }) {
  const full = Math.min(1, Math.max(0, share));
  pen.fillStyle = tokenColour(token);
  if (lying) pen.fillRect(x, y, width * full, height);
  else pen.fillRect(x, y + height * (1 - full), width, height * full);
  pen.lineWidth = 1;
  pen.strokeStyle = tokenColour('--border-strong');
  pen.strokeRect(x + 0.5, y + 0.5, width - 1, height - 1);
}
