/** Queries of the trail that take several calls to the reader. */
/** @import { Neighbour, Reader, RowsFound, TrailEntry, TrailFilter } from '../../types.d.ts' */
import { accountsOf, parseEntries } from './entry_text.js';

/** Rows that are found before the progress is reported. */
const FOUND_EACH = 200_000;
/** The most rows that the core reads at once. */
const READ_EACH = 4_096;
/** Pieces of text that are combined to one part of a file. */
const CHUNKS_EACH = 64;

export class QueryCancelled extends Error {}

/**
 * Finds all rows, unless it is stopped.
 * @param {Reader} reader
 * @param {number} rows
 * @param {(found: RowsFound) => Promise<boolean> | boolean} report called with the rows found so far;
 *   returns whether to continue
 */
export async function findAll(reader, rows, report) {
  let found = await reader.findRows(rows, FOUND_EACH);
  while ((await report(found)) && !found.complete) found = await reader.findRows(rows, FOUND_EACH);
}

/**
 * Returns the first entries under a filter.
 * @param {Reader} reader
 * @param {TrailFilter} filter
 * @param {number} limit
 * @returns {Promise<TrailEntry[]>}
 */
export async function firstEntries(reader, filter, limit) {
  const rows = await reader.openRows(filter);
  try {
    await reader.findRows(rows, limit);
    return parseEntries(await reader.readRows(rows, 0, limit, 'ndjson'));
  } finally {
    await reader.closeRows(rows);
  }
}

/**
 * Returns the entries before and after an entry in each of its accounts.
 * @param {Reader} reader
 * @param {TrailEntry} entry
 * @param {() => boolean} isCurrent checked before each query
 * @returns {Promise<Neighbour[]>}
 */
export async function neighboursOf(reader, entry, isCurrent) {
  const at = BigInt(entry.timestamp);
  const found = /** @type {Neighbour[]} */ ([]);
  for (const { account_id, side } of accountsOf(entry)) {
    for (const direction of /** @type {const} */ (['before', 'after'])) {
      if (!isCurrent()) throw new QueryCancelled();
      const before = { timestamp_max: String(at - 1n), reversed: true };
      const period = direction === 'before' ? before : { timestamp_min: String(at + 1n) };
      const is_first = direction === 'before' && at < 2n;
      const entries = is_first ? [] : await firstEntries(reader, { account_id, ...period }, 1);
      found.push({ account_id, side, direction, entry: entries[0] ?? null });
    }
  }
  return found;
}

/**
 * Returns all rows as one file.
 * @param {Reader} reader
 * @param {{ rows: number, count: number, format: 'ndjson' | 'csv' }} request
 * @param {(done: number) => boolean} report called with the number of rows before each chunk; returns
 *   whether to continue
 * @returns {Promise<Blob>}
 */
export async function fileOf(reader, { rows, count, format }, report) {
  const type = format === 'csv' ? 'text/csv;charset=utf-8' : 'application/x-ndjson';
  const parts = /** @type {BlobPart[]} */ ([]);
  let chunks = /** @type {string[]} */ ([]);
  // The browser may keep blobs on disk, while texts fill its memory.
  const combine = () => {
    parts.push(new Blob(chunks));
    chunks = [];
  };
  // A file without rows still has its headings.
  for (let first = 0; first === 0 || first < count; first += READ_EACH) {
    if (!report(first)) throw new QueryCancelled();
    const limit = Math.min(READ_EACH, count - first);
    chunks.push(await reader.readRows(rows, first, limit, format));
    if (chunks.length === CHUNKS_EACH) combine();
  }
  combine();
  return new Blob(parts, { type });
}
