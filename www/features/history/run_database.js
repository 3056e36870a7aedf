/** The browser's database of runs: a summary of each run for lists, and separately the whole run. */
/** @import { FinishedRun, StoredRun } from '../../types.d.ts' */

const NAME = 'ledgerlab-runs';
/** Version 1 had summaries with other fields. They are computed again from the runs. */
const VERSION = 2;
/** Some browsers never answer. */
const OPEN_LIMIT_MS = 5_000;

const SUMMARIES = 'summaries';
const RUNS = 'runs';

export class RunDatabase {
  #database;

  /** @param {IDBDatabase} database */
  constructor(database) {
    this.#database = database;
    // A newer page in another tab must not wait for this one.
    database.onversionchange = () => database.close();
  }

  /** @returns {Promise<RunDatabase>} */
  static open() {
    return new Promise((resolve, reject) => {
      const request = indexedDB.open(NAME, VERSION);
      const timeout = () => reject(new Error(`it did not answer within ${OPEN_LIMIT_MS / 1000} s`));
      setTimeout(timeout, OPEN_LIMIT_MS);
      request.onupgradeneeded = ({ oldVersion }) => {
        const database = request.result;
        if (oldVersion === 1) {
          // Clearing a store preserves its key generator. A new store would reuse the keys.
          request.transaction?.objectStore(SUMMARIES).clear();
          return;
        }
        database.createObjectStore(SUMMARIES, { keyPath: 'id', autoIncrement: true });
        database.createObjectStore(RUNS);
      };
      request.onblocked = () => reject(new Error('a tab with an older version of this page uses it'));
      request.onerror = () => reject(request.error);
      request.onsuccess = () => resolve(new RunDatabase(request.result));
    });
  }

  /** Returns whatever is stored, in the order of storing. @returns {Promise<unknown[]>} */
  summaries() {
    return this.#transact('readonly', (store) => store(SUMMARIES).getAll());
  }

  /** Returns the ids of the runs without a summary. @returns {Promise<number[]>} */
  async unlistedIds() {
    const [listed, stored] = await Promise.all(
      [SUMMARIES, RUNS].map((name) => this.#transact('readonly', (store) => store(name).getAllKeys())),
    );
    return stored.filter((/** @type {number} */ id) => !listed.includes(id));
  }

  /** Replaces a run and its summary. @param {StoredRun} summary @param {FinishedRun} finished */
  async replace(summary, finished) {
    await this.#transact('readwrite', (store) => {
      store(RUNS).put(finished, summary.id);
      return store(SUMMARIES).put(summary);
    });
  }

  /** @param {number} id @returns {Promise<unknown>} */
  run(id) {
    return this.#transact('readonly', (store) => store(RUNS).get(id));
  }

  /**
   * Stores a run and deletes the oldest ones above a limit.
   * @param {Omit<StoredRun, 'id'>} summary
   * @param {FinishedRun} finished
   * @param {number} runs_max
   * @returns {Promise<number>} its id
   */
  add(summary, finished, runs_max) {
    return this.#transact('readwrite', (store) => {
      const added = store(SUMMARIES).add(summary);
      added.onsuccess = () => {
        store(RUNS).put(finished, added.result);
        const keys = store(SUMMARIES).getAllKeys();
        keys.onsuccess = () => {
          const oldest = keys.result.slice(0, Math.max(0, keys.result.length - runs_max));
          for (const id of oldest) remove(store, id);
        };
      };
      return added;
    });
  }

  /** @param {number} id */
  async remove(id) {
    await this.#transact('readwrite', (store) => remove(store, id));
  }

  async clear() {
    await this.#transact('readwrite', (store) => {
      store(RUNS).clear();
      return store(SUMMARIES).clear();
    });
  }

  /**
   * Returns the result of a request, once its transaction is complete.
   * @param {IDBTransactionMode} mode
   * @param {(store: (name: string) => IDBObjectStore) => IDBRequest} act
   * @returns {Promise<any>}
   */
  #transact(mode, act) {
    return new Promise((resolve, reject) => {
      const transaction = this.#database.transaction([SUMMARIES, RUNS], mode);
      const request = act((name) => transaction.objectStore(name));
      transaction.oncomplete = () => resolve(request.result);
      transaction.onabort = () => reject(transaction.error ?? request.error);
    });
  }
}

/** @param {(name: string) => IDBObjectStore} store @param {IDBValidKey} id */
function remove(store, id) {
  store(RUNS).delete(id);
  return store(SUMMARIES).delete(id);
}
