/** The files of a ledger that is only read, as blobs: those of the browser's storage, or parts of a file that was opened. */
/** @import { HostFiles } from '../../npm/src/store_files.js' */

/** Bytes that are read at once: blocks can be small, and each reading of a blob takes a moment. */
const PIECE_BYTES = 4 << 20;

const readOnly = () => {
  throw new Error('the ledger is only read');
};

/** @param {[string, Blob][]} files @returns {HostFiles} */
export function blobFiles(files) {
  // Workers have it, and the types of the page do not.
  const reader = new (/** @type {any} */ (self).FileReaderSync)();
  /** The piece of a file that was read last. */
  let piece = { file: -1, offset: 0, bytes: new Uint8Array() };

  /** Returns bytes of a file from an offset on; none at its end. @param {number} file @param {number} offset */
  function bytesAt(file, offset) {
    const end = piece.offset + piece.bytes.length;
    if (piece.file !== file || offset < piece.offset || offset >= end) {
      const blob = files[file][1].slice(offset, offset + PIECE_BYTES);
      piece = { file, offset, bytes: new Uint8Array(reader.readAsArrayBuffer(blob)) };
    }
    return piece.bytes.subarray(offset - piece.offset);
  }

  return {
    list: () => files.map(([name]) => name),
    open(name) {
      const found = files.findIndex(([other]) => other === name);
      if (found < 0) throw new Error(`there is no ${name}`);
      return found;
    },
    length: (file) => files[file][1].size,
    read(file, bytes, offset) {
      let count = 0;
      while (count < bytes.length) {
        const found = bytesAt(file, offset + count).subarray(0, bytes.length - count);
        if (found.length === 0) break;
        bytes.set(found, count);
        count += found.length;
      }
      return count;
    },
    close() {},
    syncFolder() {},
    sync() {},
    remove: readOnly,
    write: readOnly,
    truncate: readOnly,
    isNoSpace: () => false,
  };
}
