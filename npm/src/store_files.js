/**
 * The files of a store, as the core calls them: by the number of an operation, the number of a file, an offset, and bytes
 * in the module's memory. An operation returns a number, which is less than 0 if it failed; `FAILURE` then fills in why.
 * Nothing is thrown through the core.
 */

/** The operations, as in `src/host/web/store/host_files.rs`. */
export const OPEN = 0;
export const REMOVE = 1;
export const SYNC_FOLDER = 2;
export const WRITE = 3;
export const TRUNCATE = 4;
export const SYNC = 5;
export const CLOSE = 6;
export const LIST = 7;
export const READ = 8;
export const LENGTH = 9;
export const FAILURE = 10;

const NO_SPACE = -1;
const FAILED = -2;

/**
 * The files of a host. Names are those of the store's files, and numbers are those that `open` returns.
 * @typedef {object} HostFiles
 * @property {() => string[]} list
 * @property {(name: string) => number} open opens a file, and creates it if there is none
 * @property {(name: string) => void} remove
 * @property {() => void} syncFolder
 * @property {(file: number) => void} close
 * @property {(file: number) => number} length
 * @property {(file: number, bytes: Uint8Array, offset: number) => number} read may fill fewer bytes only at the end
 * @property {(file: number, bytes: Uint8Array, offset: number) => void} write
 * @property {(file: number, length: number) => void} truncate
 * @property {(file: number) => void} sync
 * @property {(error: any) => boolean} isNoSpace whether an error says that the disk has no space
 */

/** Returns the calls of the core for a host's files. @param {() => HostFiles} files */
export function storeFiles(files) {
  const encoder = new TextEncoder();
  const decoder = new TextDecoder();
  let failure = '';

  /** @param {(host: HostFiles) => number | void} operate */
  function attempt(operate) {
    try {
      return operate(files()) ?? 0;
    } catch (/** @type {any} */ error) {
      failure = String(error?.message ?? error);
      return files().isNoSpace(error) ? NO_SPACE : FAILED;
    }
  }

  /** Fills bytes with as much of a text as fits. @param {string} text @param {Uint8Array} bytes */
  function fill(text, bytes) {
    const encoded = encoder.encode(text).subarray(0, bytes.length);
    bytes.set(encoded);
    return encoded.length;
  }

  return {
    /** @param {number} operation @param {number} file @param {number} offset @param {Uint8Array} bytes */
    send(operation, file, offset, bytes) {
      // A decoder takes no shared memory.
      const name = () => decoder.decode(bytes.slice());
      return attempt((host) => {
        switch (operation) {
          case OPEN:
            return host.open(name());
          case REMOVE:
            return host.remove(name());
          case SYNC_FOLDER:
            return host.syncFolder();
          case WRITE:
            return host.write(file, bytes, offset);
          case TRUNCATE:
            return host.truncate(file, offset);
          case SYNC:
            return host.sync(file);
          default:
            return host.close(file);
        }
      });
    },

    /** @param {number} operation @param {number} file @param {number} offset @param {Uint8Array} bytes */
    receive(operation, file, offset, bytes) {
      if (operation === FAILURE) return fill(failure, bytes);
      return attempt((host) => {
        switch (operation) {
          case LIST:
            return fill(host.list().join('\n'), bytes);
          case READ:
            return host.read(file, bytes, offset);
          default:
            return host.length(file);
        }
      });
    },
  };
}
