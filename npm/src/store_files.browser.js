/**
 * The files of a store in a folder of the origin private file system, for the worker that owns them.
 *
 * A file is opened asynchronously, and the core opens files synchronously. So all files are opened before the core asks, and
 * so are spare ones: the next log files, which are empty. Empty files do not exist for the core. A removed file becomes empty.
 *
 * A browser has no way to say that a file's creation is on the disk. It survives the end of the page and of the browser; a
 * machine that loses its power right after the creation can lose the file.
 */
import { LedgerStartError } from './errors.js';

const HEAD = 'ledger.head';

/** The log files that are opened ahead. Each has 256 MiB. */
const SPARE_FILES = 2;

/** How long a page that was just left may still hold the lock or the files. */
const LOCK_TIMEOUT_MS = 3_000;
const RETRY_MS = 50;

/** @param {number} number */
const logName = (number) => `${String(number).padStart(8, '0')}.log`;

/** Lets the worker attend to other events, such as its end. A timer would be late by milliseconds. */
const otherEvents = () =>
  new Promise((done) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      done(undefined);
    };
    port2.postMessage(0);
  });

/** @param {string} name */
const refused = (name) => {
  const message = `another tab or worker of this site has it open; a store has one owner at a time. Close ${JSON.stringify(name)} there, or name another one.`;
  return new LedgerStartError(message, { code: 'store_in_use', field: 'opfs' });
};

/**
 * Takes the Web Lock of a store. Returns a function that releases it.
 * @param {string} name
 * @returns {Promise<() => void>}
 */
const lock = (name) =>
  new Promise((resolve, reject) => {
    const held = () => new Promise((release) => resolve(() => release(undefined)));
    const signal = AbortSignal.timeout(LOCK_TIMEOUT_MS);
    navigator.locks.request(`ledgerlab:${name}`, { signal }, held).catch((error) => {
      reject(signal.aborted ? refused(name) : error);
    });
  });

/**
 * Opens the files of a store.
 * @param {string} name
 * @param {boolean} [replaces] whether a store that exists is deleted first
 */
export async function originFiles(name, replaces = false) {
  const unlock = await lock(name);
  /** @type {{ name: string, handle: any, exists: boolean }[]} */
  const files = [];
  /** @type {any} */
  let folder;

  const close = () => {
    for (const { handle } of files) handle.close();
    files.length = 0;
    unlock();
  };

  /** Tries again while a page that was just left still has a file. @template T @param {() => Promise<T>} act */
  async function retried(act) {
    const begun_ms = performance.now();
    for (;;) {
      try {
        return await act();
      } catch (/** @type {any} */ error) {
        if (error.name !== 'NoModificationAllowedError') throw error;
        if (performance.now() - begun_ms > LOCK_TIMEOUT_MS) throw refused(name);
        await new Promise((done) => setTimeout(done, RETRY_MS));
      }
    }
  }

  /** Opens a file for the core to open. @param {string} file */
  async function prepare(file) {
    if (files.some((other) => other.name === file)) return;
    const entry = await folder.getFileHandle(file, { create: true });
    const handle = await retried(() => entry.createSyncAccessHandle());
    files.push({ name: file, handle, exists: handle.getSize() > 0 });
  }

  /** Deletes the store. @param {FileSystemDirectoryHandle} parent */
  async function remove(parent) {
    const removed = retried(() => parent.removeEntry(name, { recursive: true }));
    await removed.catch((error) => {
      if (error.name !== 'NotFoundError') throw error;
    });
  }

  /** Opens the spare files. */
  async function prepareSpare() {
    const numbers = files.filter(({ exists }) => exists).map((file) => Number.parseInt(file.name, 10) || 0);
    const last = Math.max(0, ...numbers);
    for (let next = 1; next <= SPARE_FILES; next += 1) await prepare(logName(last + next));
  }

  /** @type {import('./store_files.js').HostFiles} */
  const host = {
    list: () => files.filter(({ exists }) => exists).map((file) => file.name),

    open(file) {
      const number = files.findIndex((other) => other.name === file);
      if (number === -1) throw new DOMException(`${file} was not opened ahead`, 'QuotaExceededError');
      files[number].exists = true;
      return number;
    },

    remove(file) {
      const found = files.find((other) => other.name === file);
      if (!found) return;
      found.handle.truncate(0);
      found.handle.flush();
      found.exists = false;
    },

    syncFolder() {},
    // The handle stays open for the next time.
    close() {},
    length: (file) => files[file].handle.getSize(),

    read(file, bytes, at) {
      const count = files[file].handle.read(bytes, { at });
      if (count > bytes.length) throw new Error('the browser could not read the file');
      return count;
    },

    write(file, bytes, at) {
      const written = files[file].handle.write(bytes, { at });
      // Without space, some browsers write less, and Chromium can return the number of its error: -8, as a number of 32 bits
      // without a sign.
      if (written !== bytes.length) throw new DOMException('the browser wrote a part only', 'QuotaExceededError');
    },

    truncate: (file, length) => files[file].handle.truncate(length),
    sync: (file) => files[file].handle.flush(),
    isNoSpace: (error) => error?.name === 'QuotaExceededError',
  };

  try {
    const root = await navigator.storage.getDirectory();
    const parent = await root.getDirectoryHandle('ledgerlab', { create: true });
    if (replaces) await remove(parent);
    folder = await parent.getDirectoryHandle(name, { create: true });
    for await (const file of folder.keys()) await prepare(file);
    await prepare(HEAD);
    await prepareSpare();
    const attend = async () => {
      await otherEvents();
      await prepareSpare();
    };
    return { host, attend, close };
  } catch (error) {
    close();
    throw error;
  }
}
