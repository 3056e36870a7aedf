/** What the explorer asks of a run's reader, call by call. */
/** @import { Neighbour, RowsFound, TrailEntry, TrailFilter } from '../../types.d.ts' */
/** @import { Reader } from '../../engine/reader.js' */
import { accountsOf, entriesOf } from './entry_text.js';

/** Rows that are found before it is told how many there are. */
const FOUND_EACH = 200_000;
/** The most rows that the core reads at once. */
const READ_EACH = 4_096;
/** Pieces that are put together before they become one part of a file. */
const PIECES_EACH = 64;

/** What an abandoned call ends with. */
export class QueryCancelled extends Error {}

/**
 * Finds all rows, unless it is told to stop.
 * @param {Reader} reader
 * @param {number} rows
 * @param {(found: RowsFound) => Promise<boolean> | boolean} goesOn told how many there are so far
 */
export async function findAll(reader, rows, goesOn) {
  let found = await reader.findRows(rows, FOUND_EACH);
  while ((await goesOn(found)) && !found.complete) found = await reader.findRows(rows, FOUND_EACH);
}

/**
 * The first entry under a filter.
 * @param {Reader} reader
 * @param {TrailFilter} filter
 * @returns {Promise<TrailEntry | null>}
 */
async function firstOf(reader, filter) {
  const rows = await reader.openRows(filter);
  try {
    await reader.findRows(rows, 1);
    return entriesOf(await reader.readRows(rows, 0, 1, 'ndjson'))[0] ?? null;
  } finally {
    await reader.closeRows(rows);
  }
}

/**
 * The entries before and after an entry in each account that it concerns.
 * @param {Reader} reader
 * @param {TrailEntry} entry
 * @param {() => boolean} isWanted asked before each look
 * @returns {Promise<Neighbour[]>}
 */
export async function neighboursOf(reader, entry, isWanted) {
  const at = BigInt(entry.timestamp);
  const found = /** @type {Neighbour[]} */ ([]);
  for (const { account_id, side } of accountsOf(entry)) {
    for (const direction of /** @type {const} */ (['before', 'after'])) {
      if (!isWanted()) throw new QueryCancelled();
      const before = { timestamp_max: String(at - 1n), reversed: true };
      const period = direction === 'before' ? before : { timestamp_min: String(at + 1n) };
      const isFirst = direction === 'before' && at < 2n;
      const beside = isFirst ? null : await firstOf(reader, { account_id, ...period });
      found.push({ account_id, side, direction, entry: beside });
    }
  }
  return found;
}

/**
 * All rows as one file.
 * @param {Reader} reader
 * @param {{ rows: number, count: number, form: 'ndjson' | 'csv' }} asked
 * @param {(done: number) => boolean} goesOn told how many rows there are in it, before each piece
 * @returns {Promise<Blob>}
 */
export async function fileOf(reader, { rows, count, form }, goesOn) {
  const type = form === 'csv' ? 'text/csv;charset=utf-8' : 'application/x-ndjson';
  const parts = /** @type {BlobPart[]} */ ([]);
  let pieces = /** @type {string[]} */ ([]);
  // What the browser holds as a part of a file may lie on its disk, where texts fill its memory.
  const put = () => {
    parts.push(new Blob(pieces));
    pieces = [];
  };
  // Even a file of no rows has its headings.
  for (let first = 0; first === 0 || first < count; first += READ_EACH) {
    if (!goesOn(first)) throw new QueryCancelled();
    const limit = Math.min(READ_EACH, count - first);
    pieces.push(await reader.readRows(rows, first, limit, form));
    if (pieces.length === PIECES_EACH) put();
  }
  put();
  return new Blob(parts, { type });
}
