/**
 * Computes which rows are visible. No browser supports an element as high as ten million rows, so the
 * scrolled height is bounded, and its scroll position is scaled to the height of all rows.
 */

/** The highest scrolled element. Browsers support between 17 and 33 million pixels. */
export const SCROLLED_MAX_PX = 8_000_000;

export class VirtualScroll {
  #row_px;
  #rows = 0;
  /** The height of the visible part. */
  #view_px = 0;
  /** The position of the upper edge within all rows. */
  #position_px = 0;

  /** @param {number} row_px */
  constructor(row_px) {
    this.#row_px = row_px;
  }

  /** @param {number} rows @param {number} view_px */
  resize(rows, view_px) {
    this.#rows = rows;
    this.#view_px = view_px;
    this.moveTo(this.#position_px);
  }

  get rows() {
    return this.#rows;
  }

  /** The greatest position of the upper edge. */
  get #position_max_px() {
    return Math.max(0, this.#rows * this.#row_px - this.#view_px);
  }

  /** The height of the element that the browser scrolls. */
  get scrolled_px() {
    return Math.min(SCROLLED_MAX_PX, Math.max(this.#rows * this.#row_px, this.#view_px));
  }

  /** Whether a scrolled pixel stands for more than one pixel of the rows. */
  get is_scaled() {
    return this.#rows * this.#row_px > SCROLLED_MAX_PX;
  }

  get #scroll_top_max_px() {
    return Math.max(0, this.scrolled_px - this.#view_px);
  }

  get position_px() {
    return this.#position_px;
  }

  /** @param {number} position_px */
  moveTo(position_px) {
    this.#position_px = Math.min(Math.max(0, position_px), this.#position_max_px);
  }

  /** @param {number} distance_px */
  moveBy(distance_px) {
    this.moveTo(this.#position_px + distance_px);
  }

  /** The scroll position of the browser. */
  get scroll_top_px() {
    if (!this.is_scaled) return this.#position_px;
    return (this.#position_px / this.#position_max_px) * this.#scroll_top_max_px;
  }

  /**
   * Follows the browser's scroll position, which is fractional: its end is the end of all rows.
   * @param {number} scroll_top_px
   */
  syncFromScrollTop(scroll_top_px) {
    const max_px = this.#scroll_top_max_px;
    if (!this.is_scaled) this.moveTo(scroll_top_px);
    else if (scroll_top_px > max_px - 1) this.moveTo(this.#position_max_px);
    else this.moveTo((scroll_top_px / max_px) * this.#position_max_px);
  }

  /** The first row that is at least partly visible. */
  get first() {
    return Math.floor(this.#position_px / this.#row_px);
  }

  /** The part of the first row above the upper edge. */
  get shift_px() {
    return this.#position_px - this.first * this.#row_px;
  }

  /** The number of completely visible rows. */
  get page() {
    return Math.max(1, Math.floor(this.#view_px / this.#row_px));
  }

  /** Scrolls just far enough to make a row completely visible. @param {number} row */
  reveal(row) {
    const top_px = row * this.#row_px;
    if (top_px < this.#position_px) this.moveTo(top_px);
    const bottom_px = top_px + this.#row_px - this.#view_px;
    if (bottom_px > this.#position_px) this.moveTo(bottom_px);
  }

  /** Scrolls a row to the middle. @param {number} row */
  center(row) {
    this.moveTo(row * this.#row_px - (this.#view_px - this.#row_px) / 2);
  }
}
