/**
 * Rows of the trail that were read, block by block, as many as a person scrolls through in a while.
 * One block is read at a time, and always what is in sight then: what was scrolled past before its
 * turn came is never asked for.
 */
/** @import { TrailEntry } from '../../types.d.ts' */

/** Rows of a block: how many the core can read without a search. */
export const BLOCK_ROWS = 256;
/** Blocks that are kept. */
export const BLOCKS_MAX = 64;

export class RowCache {
  #read;
  #changed;
  #failed;
  /** The one that was used last comes last. @type {Map<number, TrailEntry[]>} */
  #blocks = new Map();
  /** The blocks that are in sight, what is needed most first. @type {number[]} */
  #wanted = [];
  #count = 0;
  #reading = false;
  #closed = false;

  /**
   * @param {(first: number, limit: number) => Promise<TrailEntry[]>} read
   * @param {() => void} changed called when rows have come
   * @param {(error: unknown) => void} failed called when rows could not be read
   */
  constructor(read, changed, failed) {
    this.#read = read;
    this.#changed = changed;
    this.#failed = failed;
  }

  /** How many rows were found by now. @param {number} count */
  setRowCount(count) {
    this.#count = count;
    this.#readOn();
  }

  /**
   * A row, if it was read.
   * @param {number} row
   * @returns {TrailEntry | undefined}
   */
  get(row) {
    return this.#blocks.get(Math.floor(row / BLOCK_ROWS))?.[row % BLOCK_ROWS];
  }

  /** How many blocks are kept. */
  get size() {
    return this.#blocks.size;
  }

  /**
   * Says which rows are in sight. The blocks beside them are read when nothing else is to be done.
   * @param {number} first
   * @param {number} last
   */
  setVisibleRows(first, last) {
    const from = Math.floor(first / BLOCK_ROWS);
    const to = Math.floor(last / BLOCK_ROWS);
    const seen = Array.from({ length: to - from + 1 }, (_, index) => from + index);
    this.#wanted = [...seen, to + 1, from - 1];
    for (const block of seen) this.#use(block);
    this.#readOn();
  }

  /** Nothing is read any more. */
  close() {
    this.#closed = true;
    this.#blocks.clear();
  }

  /** Rows that a block has. @param {number} block */
  #lengthOf(block) {
    return Math.min(BLOCK_ROWS, this.#count - block * BLOCK_ROWS);
  }

  /** @param {number} block */
  #use(block) {
    const rows = this.#blocks.get(block);
    if (!rows) return;
    this.#blocks.delete(block);
    this.#blocks.set(block, rows);
  }

  async #readOn() {
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
      // What failed is not asked for again and again.
      this.#wanted = this.#wanted.filter((block) => block !== missing);
      if (!this.#closed) this.#failed(error);
    } finally {
      this.#reading = false;
    }
    this.#readOn();
  }
}
