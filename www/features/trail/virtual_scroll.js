/**
 * Which rows are in sight. A browser cannot make anything as high as ten million rows, so what it
 * scrolls is bounded, and the way along it stands for the way along all rows.
 */

/** The height that is scrolled at most: browsers end between 17 and 33 million pixels. */
export const SCROLLED_MAX_PX = 8_000_000;

export class VirtualScroll {
  /** How high one row is. */
  #row_px;
  #rows = 0;
  /** How much of the rows is in sight. */
  #sight_px = 0;
  /** Where the upper edge is, along all rows. */
  #position_px = 0;

  /** @param {number} row_px */
  constructor(row_px) {
    this.#row_px = row_px;
  }

  /**
   * @param {number} rows
   * @param {number} sight_px
   */
  resize(rows, sight_px) {
    this.#rows = rows;
    this.#sight_px = sight_px;
    this.moveTo(this.#position_px);
  }

  get rows() {
    return this.#rows;
  }

  /** How far the upper edge can go. */
  get #way_px() {
    return Math.max(0, this.#rows * this.#row_px - this.#sight_px);
  }

  /** How high what the browser scrolls has to be. */
  get scrolled_px() {
    return Math.min(SCROLLED_MAX_PX, Math.max(this.#rows * this.#row_px, this.#sight_px));
  }

  /** Whether a pixel that is scrolled stands for more than one. */
  get isScaled() {
    return this.#rows * this.#row_px > SCROLLED_MAX_PX;
  }

  get #scrolled_way_px() {
    return Math.max(0, this.scrolled_px - this.#sight_px);
  }

  get position_px() {
    return this.#position_px;
  }

  /** @param {number} position_px */
  moveTo(position_px) {
    this.#position_px = Math.min(Math.max(0, position_px), this.#way_px);
  }

  /** @param {number} way_px */
  moveBy(way_px) {
    this.moveTo(this.#position_px + way_px);
  }

  /** Where the browser's own scroll position belongs. */
  get scroll_top_px() {
    if (!this.isScaled) return this.#position_px;
    return (this.#position_px / this.#way_px) * this.#scrolled_way_px;
  }

  /**
   * Follows the browser's scroll position. It counts pixels in fractions, so its end is all rows'.
   * @param {number} scroll_top_px
   */
  syncFromScrollTop(scroll_top_px) {
    const way_px = this.#scrolled_way_px;
    if (!this.isScaled) this.moveTo(scroll_top_px);
    else if (scroll_top_px > way_px - 1) this.moveTo(this.#way_px);
    else this.moveTo((scroll_top_px / way_px) * this.#way_px);
  }

  /** The first row that is in sight, be it in part. */
  get first() {
    return Math.floor(this.#position_px / this.#row_px);
  }

  /** How much of it is past the upper edge. */
  get shift_px() {
    return this.#position_px - this.first * this.#row_px;
  }

  /** Rows that are wholly in sight. */
  get page() {
    return Math.max(1, Math.floor(this.#sight_px / this.#row_px));
  }

  /** Moves as little as it takes to have a row wholly in sight. @param {number} row */
  reveal(row) {
    const top_px = row * this.#row_px;
    if (top_px < this.#position_px) this.moveTo(top_px);
    const above_px = top_px + this.#row_px - this.#sight_px;
    if (above_px > this.#position_px) this.moveTo(above_px);
  }

  /** Has a row in the middle. @param {number} row */
  center(row) {
    this.moveTo(row * this.#row_px - (this.#sight_px - this.#row_px) / 2);
  }
}
