/** The main object of the worker that owns a store's files: it opens them and commits until the ledger is closed. */
import { WorkerMain } from './worker_main.js';
import { storeFiles } from './store_files.js';

/**
 * The open files of a store.
 * @typedef {object} OpenFiles
 * @property {import('./store_files.js').HostFiles} host
 * @property {() => Promise<void>} [attend] attends to other events, and opens files ahead
 * @property {() => void} [close]
 */

export class StoreWorker extends WorkerMain {
  /** @type {OpenFiles | null} */
  #files = null;
  #openFiles;

  /**
   * @param {(console: object, storeFiles: object) => any} threaded the glue of the module
   * @param {(message: any, transfer?: any[]) => void} post
   * @param {(where: string) => Promise<OpenFiles>} openFiles
   */
  constructor(threaded, post, openFiles) {
    const files = storeFiles(() => /** @type {OpenFiles} */ (this.#files).host);
    super({ threaded: (console) => threaded(console, files) }, post);
    this.#openFiles = openFiles;
  }

  /** @override @param {any} instance @param {string} name @param {any[]} parameters */
  async execute(instance, name, parameters) {
    if (name === 'open_store') return this.#open(instance, ...parameters);
    if (name === 'commit') return this.#commit(instance);
    return this.#files?.close?.();
  }

  /** @param {any} instance @param {string} [where] @param {string} [options] */
  async #open(instance, where = '', options = '') {
    this.#files = await this.#openFiles(where);
    instance.call('call_ledger', 0, 'open_store', options);
  }

  /** Commits until the ledger is closed. The core returns now and then, and when a file was opened. @param {any} instance */
  async #commit(instance) {
    while (instance.call('call_ledger', 0, 'commit', '') === 'true') await this.#files?.attend?.();
  }
}
