/**
 * Caches rows of the trail in blocks. One block is read at a time, and always one that is visible at
 * that moment: blocks that were scrolled past are never read.
 */
/** @import { TrailEntry } from '../../types.d.ts' */

/** The rows that the core reads without a search. */
export const BLOCK_ROWS = 256;
/** The least recently used blocks are dropped above this number. */
export const BLOCKS_MAX = 64;

export class RowCache {
  #read;
  #changed;
  #failed;
  /** The most recently used block is the last. @type {Map<number, TrailEntry[]>} */
  #blocks = new Map();
  /** The visible blocks, then their neighbours. @type {number[]} */
  #wanted = [];
  #count = 0;
  #reading = false;
  #closed = false;

  /**
   * @param {(first: number, limit: number) => Promise<TrailEntry[]>} read
   * @param {() => void} changed called when rows were read
   * @param {(error: unknown) => void} failed called when rows could not be read
   */
  constructor(read, changed, failed) {
    this.#read = read;
    this.#changed = changed;
    this.#failed = failed;
  }

  /** @param {number} count the rows found so far */
  setRowCount(count) {
    this.#count = count;
    this.#readNext();
  }

  /** Returns a row if it was read. @param {number} row @returns {TrailEntry | undefined} */
  get(row) {
    return this.#blocks.get(Math.floor(row / BLOCK_ROWS))?.[row % BLOCK_ROWS];
  }

  /** The number of cached blocks. */
  get size() {
    return this.#blocks.size;
  }

  /**
   * Sets the visible rows. The blocks next to them are read last.
   * @param {number} first
   * @param {number} last
   */
  setVisibleRows(first, last) {
    const from = Math.floor(first / BLOCK_ROWS);
    const to = Math.floor(last / BLOCK_ROWS);
    const visible = Array.from({ length: to - from + 1 }, (_, index) => from + index);
    this.#wanted = [...visible, to + 1, from - 1];
    for (const block of visible) this.#touch(block);
    this.#readNext();
  }

  /** Stops reading. */
  close() {
    this.#closed = true;
    this.#blocks.clear();
  }

  /** Returns the number of rows in a block. @param {number} block */
  #lengthOf(block) {
    return Math.min(BLOCK_ROWS, this.#count - block * BLOCK_ROWS);
  }

  /** @param {number} block */
  #touch(block) {
    const rows = this.#blocks.get(block);
    if (!rows) return;
    this.#blocks.delete(block);
    this.#blocks.set(block, rows);
  }

  async #readNext() {
    if (this.#reading || this.#closed) return;
    const missing = this.#wanted.find((block) => {
      const length = block < 0 ? 0 : this.#lengthOf(block);
      return length > (this.#blocks.get(block)?.length ?? 0);
    });
    if (missing === undefined) return;
    this.#reading = true;
    try {
      const rows = await this.#read(missing * BLOCK_ROWS, this.#lengthOf(missing));
      if (this.#closed) return;
      this.#blocks.delete(missing);
      this.#blocks.set(missing, rows);
      const [oldest] = this.#blocks.keys();
      if (this.#blocks.size > BLOCKS_MAX) this.#blocks.delete(oldest);
      this.#changed();
    } catch (error) {
      // A block that failed is not retried until it is visible again.
      this.#wanted = this.#wanted.filter((block) => block !== missing);
      if (!this.#closed) this.#failed(error);
    } finally {
      this.#reading = false;
    }
    this.#readNext();
  }
}
