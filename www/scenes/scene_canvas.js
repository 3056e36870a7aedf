/**
 * What a scene is drawn on: a canvas that fits its place and the screen's pixels. Whoever points at
 * something, or goes there with the arrow keys, reads its name and what it holds below.
 */
/** @import { Scene, Targets, View } from './scene.js' */
import { element, setText } from '../lib/dom.js';
import { onColoursChanged } from '../charts/palette.js';

const HINT = 'Point at an account, or go from one to the next with the arrow keys, to read what it has.';

export class SceneCanvas {
  #canvas = element('canvas', { role: 'img', tabindex: 0, 'aria-label': 'Picture of the money' });
  #mark = element('div', { class: 'picture-mark', hidden: true });
  #told = element('p', { class: 'picture-told' }, HINT);
  /** Read aloud when the arrow keys go on, and not when the balance that stands there changes. */
  #said = element('p', { class: 'unseen', role: 'status' });
  #size = { width: 0, height: 0 };
  /** @type {Scene | null} */
  #scene = null;
  /** @type {Omit<View, 'width' | 'height'> | null} */
  #seen = null;
  /** @type {Targets | null} */
  #targets = null;
  /** What is pointed at, or -1. */
  #at = -1;

  constructor() {
    const canvas = this.#canvas;
    const space = element('div', { class: 'picture-space' }, canvas, this.#mark);
    this.element = element('div', {}, space, this.#told, this.#said);
    new ResizeObserver(([{ contentRect }]) => {
      this.#size = { width: Math.floor(contentRect.width), height: Math.floor(contentRect.height) };
      // In a frame of its own: the one that had the size changed has its own to draw.
      requestAnimationFrame(() => this.#draw());
    }).observe(space);
    onColoursChanged(() => this.#draw());
    for (const kind of /** @type {const} */ (['pointermove', 'pointerdown'])) {
      canvas.addEventListener(kind, ({ offsetX, offsetY }) => {
        this.#point(this.#targets?.at(offsetX, offsetY) ?? -1);
      });
    }
    canvas.addEventListener('pointerleave', () => this.#point(-1));
    canvas.addEventListener('blur', () => this.#point(-1));
    canvas.addEventListener('keydown', (event) => this.#key(event));
  }

  /**
   * @param {Scene} scene
   * @param {Omit<View, 'width' | 'height'>} seen
   * @param {string} name what the picture shows, for who cannot see it
   */
  show(scene, seen, name) {
    if (scene !== this.#scene) this.#at = -1;
    this.#scene = scene;
    this.#seen = seen;
    this.#canvas.setAttribute('aria-label', name);
    this.#draw();
  }

  #draw() {
    const { width, height } = this.#size;
    const pen = this.#canvas.getContext('2d');
    if (!pen || !this.#scene || !this.#seen || width < 1 || height < 1) return;
    const scale = devicePixelRatio;
    const [across, down] = [Math.round(width * scale), Math.round(height * scale)];
    // To set them, even to the same, throws the canvas's memory away.
    if (this.#canvas.width !== across) this.#canvas.width = across;
    if (this.#canvas.height !== down) this.#canvas.height = down;
    pen.setTransform(scale, 0, 0, scale, 0, 0);
    pen.clearRect(0, 0, width, height);
    this.#targets = this.#scene.draw(pen, { ...this.#seen, width, height });
    this.#point(this.#at < this.#targets.count ? this.#at : -1);
  }

  /** @param {number} index */
  #point(index) {
    this.#at = index;
    const targets = this.#targets;
    this.#mark.hidden = index < 0;
    if (!targets || index < 0) {
      setText(this.#told, HINT);
      return;
    }
    setText(this.#told, targets.describe(index));
    const { x, y, width, height } = targets.item(index);
    Object.assign(this.#mark.style, {
      left: `${x - 3}px`,
      top: `${y - 3}px`,
      width: `${width + 6}px`,
      height: `${height + 6}px`,
    });
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    const { key, ctrlKey, altKey, metaKey } = event;
    const targets = this.#targets;
    if (!targets || targets.count === 0 || ctrlKey || altKey || metaKey) return;
    const last = targets.count - 1;
    /** @type {Record<string, number>} */
    const ways = {
      ArrowRight: this.#at + 1,
      ArrowLeft: this.#at < 0 ? last : this.#at - 1,
      ArrowDown: this.#at < 0 ? 0 : this.#at + targets.stride,
      ArrowUp: this.#at < 0 ? last : this.#at - targets.stride,
      Home: 0,
      End: last,
    };
    if (!(key in ways)) return;
    event.preventDefault();
    this.#point(Math.min(last, Math.max(0, ways[key])));
    setText(this.#said, targets.describe(this.#at));
  }
}
