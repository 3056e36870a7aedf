/** The files of a store in a folder, by Node's synchronous calls. */
import {
  closeSync, constants, fdatasyncSync, fstatSync, fsyncSync, ftruncateSync, openSync, readSync, readdirSync, unlinkSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';

import { LOCKS } from './folder_lock.node.js';

/** @param {string} folder @returns {import('./store_files.js').HostFiles} */
export const folderFiles = (folder) => ({
  list: () => readdirSync(folder).filter((name) => !LOCKS.some((lock) => name.startsWith(lock))),
  open: (name) => openSync(join(folder, name), constants.O_RDWR | constants.O_CREAT, 0o600),
  remove: (name) => unlinkSync(join(folder, name)),

  syncFolder() {
    // Windows cannot open a folder, and makes its changes durable with those of the file.
    if (process.platform === 'win32') return;
    const opened = openSync(folder, 'r');
    try {
      fsyncSync(opened);
    } finally {
      closeSync(opened);
    }
  },

  close: closeSync,
  length: (file) => fstatSync(file).size,

  read(file, bytes, offset) {
    let read = 0;
    while (read < bytes.length) {
      const more = readSync(file, bytes, read, bytes.length - read, offset + read);
      if (more === 0) break;
      read += more;
    }
    return read;
  },

  write(file, bytes, offset) {
    let written = 0;
    while (written < bytes.length) {
      written += writeSync(file, bytes, written, bytes.length - written, offset + written);
    }
  },

  truncate: ftruncateSync,
  sync: fdatasyncSync,
  isNoSpace: ({ code }) => code === 'ENOSPC' || code === 'EDQUOT',
});
