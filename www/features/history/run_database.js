/** Runs in the browser's own storage: what lists say of each, and apart from it the whole of it. */
/** @import { FinishedRun, StoredRun } from '../../types.d.ts' */

const NAME = 'ledgerlab-runs';
const VERSION = 1;
/** Browsers have been seen not to answer at all. */
const OPEN_LIMIT_MS = 5_000;

const SUMMARIES = 'summaries';
const RUNS = 'runs';

export class RunDatabase {
  #database;

  /** @param {IDBDatabase} database */
  constructor(database) {
    this.#database = database;
    // Another tab may hold a newer page, which must not wait for this one.
    database.onversionchange = () => database.close();
  }

  /** @returns {Promise<RunDatabase>} */
  static open() {
    return new Promise((resolve, reject) => {
      const request = indexedDB.open(NAME, VERSION);
      const late = () => reject(new Error(`it did not answer within ${OPEN_LIMIT_MS / 1000} s`));
      setTimeout(late, OPEN_LIMIT_MS);
      request.onupgradeneeded = () => {
        request.result.createObjectStore(SUMMARIES, { keyPath: 'id', autoIncrement: true });
        request.result.createObjectStore(RUNS);
      };
      request.onblocked = () => reject(new Error('another tab with an older page holds it'));
      request.onerror = () => reject(request.error);
      request.onsuccess = () => resolve(new RunDatabase(request.result));
    });
  }

  /** Whatever lies there, in the order in which it was kept. @returns {Promise<unknown[]>} */
  summaries() {
    return this.#ask((store) => store(SUMMARIES).getAll(), 'readonly');
  }

  /** @param {number} id @returns {Promise<unknown>} */
  run(id) {
    return this.#ask((store) => store(RUNS).get(id), 'readonly');
  }

  /**
   * Keeps a run, and forgets the oldest ones past the most.
   * @param {Omit<StoredRun, 'id'>} summary
   * @param {FinishedRun} ended
   * @param {number} most
   * @returns {Promise<number>} its id
   */
  add(summary, ended, most) {
    return this.#ask((store) => {
      const added = store(SUMMARIES).add(summary);
      added.onsuccess = () => {
        store(RUNS).put(ended, added.result);
        const keys = store(SUMMARIES).getAllKeys();
        keys.onsuccess = () => {
          const past = keys.result.slice(0, Math.max(0, keys.result.length - most));
          for (const id of past) remove(store, id);
        };
      };
      return added;
    }, 'readwrite');
  }

  /** @param {number} id */
  async remove(id) {
    await this.#ask((store) => remove(store, id), 'readwrite');
  }

  async clear() {
    await this.#ask((store) => {
      store(RUNS).clear();
      return store(SUMMARIES).clear();
    }, 'readwrite');
  }

  /**
   * What a request answers, once all that was asked for with it is done.
   * @param {(store: (name: string) => IDBObjectStore) => IDBRequest} ask
   * @param {IDBTransactionMode} mode
   * @returns {Promise<any>}
   */
  #ask(ask, mode) {
    return new Promise((resolve, reject) => {
      const transaction = this.#database.transaction([SUMMARIES, RUNS], mode);
      const request = ask((name) => transaction.objectStore(name));
      transaction.oncomplete = () => resolve(request.result);
      transaction.onabort = () => reject(transaction.error ?? request.error);
    });
  }
}

/**
 * @param {(name: string) => IDBObjectStore} store
 * @param {IDBValidKey} id
 */
function remove(store, id) {
  store(RUNS).delete(id);
  return store(SUMMARIES).delete(id);
}
