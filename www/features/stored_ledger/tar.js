/** A ledger as one file: a tar archive of its folder, which the command line reads as well. Contents are not held in memory. */
import { bytes } from '../../lib/format.js';

/** Headers and contents begin at multiples of this. */
const RECORD = 512;
/** The maximum number of files in an archive, of which a browser reads headers. */
const FILES_MAX = 4_096;

/** The files of a ledger, and what says which run wrote it. Others are ignored. */
const OF_LEDGER = /^(ledger\.head|\d{8,}\.log|run\.json)$/;

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** @param {number} size */
const padding = (size) => new Uint8Array((RECORD - (size % RECORD)) % RECORD);

/** @param {string} name @param {number} size @param {number} time_s */
function headerOf(name, size, time_s) {
  const header = new Uint8Array(RECORD);
  const put = (/** @type {string} */ text, /** @type {number} */ offset) => header.set(encoder.encode(text), offset);
  const octal = (/** @type {number} */ value, /** @type {number} */ digits) => value.toString(8).padStart(digits, '0');
  put(name, 0);
  put(octal(0o600, 7), 100);
  put(octal(0, 7), 108);
  put(octal(0, 7), 116);
  put(octal(size, 11), 124);
  put(octal(time_s, 11), 136);
  put('        0', 148);
  put('ustar\x0000', 257);
  const sum = header.reduce((total, byte) => total + byte, 0);
  put(`${octal(sum, 6)}\0 `, 148);
  return header;
}

/** @param {Iterable<[string, Blob]>} files @param {number} time_ms of the files */
export function archiveOf(files, time_ms) {
  const parts = [...files].flatMap(([name, blob]) => {
    return [headerOf(name, blob.size, Math.floor(time_ms / 1000)), blob, padding(blob.size)];
  });
  return new Blob([...parts, new Uint8Array(2 * RECORD)], { type: 'application/x-tar' });
}

/** @param {Uint8Array} header */
const hasMagic = (header) => decoder.decode(header.subarray(257, 262)) === 'ustar';

/** Whether a file begins like an archive. @param {Blob} file */
export async function isArchive(file) {
  return hasMagic(await readHeader(file, 0));
}

/** @param {Blob} file @param {number} offset */
async function readHeader(file, offset) {
  return new Uint8Array(await file.slice(offset, offset + RECORD).arrayBuffer());
}

/** Returns the name and size that a header has, or null if it is none. @param {Uint8Array} header */
function parseHeader(header) {
  const text = (/** @type {number} */ from, /** @type {number} */ to) => decoder.decode(header.subarray(from, to)).split('\0')[0];
  const number = (/** @type {string} */ octal) => (/^ *[0-7]+ *$/.test(octal) ? Number.parseInt(octal.trim(), 8) : Number.NaN);
  // The sum is of a header whose own field has spaces.
  const sum = header.reduce((total, byte, index) => total + (index >= 148 && index < 156 ? 32 : byte), 0);
  const size = number(text(124, 136));
  if (!hasMagic(header) || number(text(148, 156)) !== sum || !Number.isSafeInteger(size)) return null;
  const is_file = header[156] === 0 || header[156] === 0x30;
  return { name: text(0, 100).split('/').at(-1) ?? '', size, is_file };
}

/**
 * Returns the files in an archive, as parts of it.
 * @param {Blob} file
 * @returns {Promise<Map<string, Blob>>} rejects with a sentence if it is damaged
 */
export async function filesIn(file) {
  /** @type {Map<string, Blob>} */
  const files = new Map();
  let offset = 0;
  for (let count = 0; count < FILES_MAX; count += 1) {
    const header = await readHeader(file, offset);
    if (header.length < RECORD) throw new Error(`It is cut off after ${bytes(file.size)}.`);
    // Zeros end it.
    if (header.every((byte) => byte === 0)) return files;
    const found = parseHeader(header);
    if (!found) throw new Error(`It has no header of a file at byte ${offset}.`);
    offset += RECORD;
    const { name, size, is_file } = found;
    if (offset + size > file.size) throw new Error(`It is cut off within ${name}, after ${bytes(file.size)}.`);
    if (is_file && OF_LEDGER.test(name)) {
      if (files.has(name)) throw new Error(`It has ${name} twice.`);
      files.set(name, file.slice(offset, offset + size));
    }
    offset += size + padding(size).length;
  }
  throw new Error(`It has more than ${FILES_MAX} files, so it is not the file of a ledger.`);
}
