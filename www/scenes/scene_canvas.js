/**
 * The canvas of a scene, in the size of its container and the pixels of the screen. The name and the
 * balance of a target appear below it, by pointer or by arrow keys.
 */
/** @import { Scene, Targets, View } from './scene.js' */
import { element, setText } from '../lib/dom.js';
import { onColoursChanged } from '../charts/palette.js';

const HINT = 'Point at an account, or use the arrow keys, to read its balance.';

export class SceneCanvas {
  #canvas = element('canvas', { role: 'img', tabindex: 0, 'aria-label': 'Scene of the run' });
  #mark = element('div', { class: 'scene-mark', hidden: true });
  #text = element('p', { class: 'scene-text' }, HINT);
  /** Announced when the arrow keys move on, not when the balance changes. */
  #status = element('p', { class: 'unseen', role: 'status' });
  #size = { width: 0, height: 0 };
  /** @type {Scene | null} */
  #scene = null;
  /** @type {Omit<View, 'width' | 'height'> | null} */
  #view = null;
  /** @type {Targets | null} */
  #targets = null;
  /** The selected target, or -1. */
  #index = -1;
  #is_pointed_at = false;

  constructor() {
    const canvas = this.#canvas;
    const space = element('div', { class: 'scene-space' }, canvas, this.#mark);
    this.element = element('div', {}, space, this.#text, this.#status);
    new ResizeObserver(([{ contentRect }]) => {
      this.#size = { width: Math.floor(contentRect.width), height: Math.floor(contentRect.height) };
      // In the next frame, because this one may have used up its budget.
      requestAnimationFrame(() => this.#draw());
    }).observe(space);
    onColoursChanged(() => this.#draw());
    for (const kind of /** @type {const} */ (['pointermove', 'pointerdown'])) {
      canvas.addEventListener(kind, ({ offsetX, offsetY, movementX, movementY }) => {
        // The page has moved under a pointer that rests. The keys keep their selection.
        if (kind === 'pointermove' && movementX === 0 && movementY === 0) return;
        this.#is_pointed_at = true;
        this.#select(this.#targets?.at(offsetX, offsetY) ?? -1);
      });
    }
    canvas.addEventListener('pointerleave', () => {
      if (this.#is_pointed_at) this.#select(-1);
    });
    canvas.addEventListener('blur', () => this.#select(-1));
    canvas.addEventListener('keydown', (event) => this.#key(event));
  }

  /**
   * @param {Scene} scene
   * @param {Omit<View, 'width' | 'height'>} view
   * @param {string} label the accessible name
   */
  show(scene, view, label) {
    if (scene !== this.#scene) this.#index = -1;
    this.#scene = scene;
    this.#view = view;
    this.#canvas.setAttribute('aria-label', label);
    this.#draw();
  }

  #draw() {
    const { width, height } = this.#size;
    const context = this.#canvas.getContext('2d');
    if (!context || !this.#scene || !this.#view || width < 1 || height < 1) return;
    const scale = devicePixelRatio;
    const [across, down] = [Math.round(width * scale), Math.round(height * scale)];
    // Setting the size, even to the same value, clears the canvas.
    if (this.#canvas.width !== across) this.#canvas.width = across;
    if (this.#canvas.height !== down) this.#canvas.height = down;
    context.setTransform(scale, 0, 0, scale, 0, 0);
    context.clearRect(0, 0, width, height);
    this.#targets = this.#scene.draw(context, { ...this.#view, width, height });
    this.#select(this.#index < this.#targets.count ? this.#index : -1);
  }

  /** @param {number} index */
  #select(index) {
    this.#index = index;
    const targets = this.#targets;
    this.#mark.hidden = index < 0;
    if (!targets || index < 0) {
      setText(this.#text, HINT);
      return;
    }
    setText(this.#text, targets.describe(index));
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
    const indexes = {
      ArrowRight: this.#index + 1,
      ArrowLeft: this.#index < 0 ? last : this.#index - 1,
      ArrowDown: this.#index < 0 ? 0 : this.#index + targets.stride,
      ArrowUp: this.#index < 0 ? last : this.#index - targets.stride,
      Home: 0,
      End: last,
    };
    if (!(key in indexes)) return;
    event.preventDefault();
    this.#is_pointed_at = false;
    this.#select(Math.min(last, Math.max(0, indexes[key])));
    setText(this.#status, targets.describe(this.#index));
  }
}
