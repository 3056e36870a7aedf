/**
 * The script of the worker that owns the files of a ledger: it commits what the workers of a stored run write, or reads a
 * ledger that is opened.
 */
import { storeFiles } from '../../npm/src/store_files.js';
import { originFiles } from '../../npm/src/store_files.browser.js';
import { WorkerMain } from '../../npm/src/worker_main.js';
import { blobFiles } from './blob_files.js';
import { threaded } from './worker_glue.js';

class FilesWorker extends WorkerMain {
  /** @type {{ host: import('../../npm/src/store_files.js').HostFiles, attend?: () => Promise<void>, close?: () => void } | null} */
  #files = null;

  /** @param {(message: any) => void} post */
  constructor(post) {
    super({ threaded }, post);
    // The module's glue calls it by this name.
    Object.assign(self, { storeFiles: storeFiles(() => /** @type {any} */ (this.#files).host) });
  }

  /** @override @param {any} instance @param {string} name @param {any[]} parameters */
  async execute(instance, name, parameters) {
    switch (name) {
      case 'store_run':
        return this.#store(instance, ...parameters);
      case 'commit_run':
        return this.#commit(instance);
      case 'open_ledger_files':
        return this.#open(instance, ...parameters);
      default:
        return this.#release();
    }
  }

  /** Stores the ledger of a run, in place of the one that is there. @param {any} instance @param {...any} parameters */
  async #store(instance, ...[folder, run]) {
    this.#files = await originFiles(folder, true);
    try {
      instance.call('store_run', run);
    } catch (error) {
      this.#release();
      throw error;
    }
  }

  /** Commits until the store is closed. @param {any} instance */
  async #commit(instance) {
    while (instance.call('commit_run')) await this.#files?.attend?.();
  }

  /** Opens the ledger in these files. @param {any} instance @param {...any} parameters */
  #open(instance, ...[files, request]) {
    const bytes = files.reduce((/** @type {number} */ sum, /** @type {[string, Blob]} */ [, blob]) => sum + blob.size, 0);
    this.#files = { host: blobFiles(files) };
    try {
      return instance.call('open_ledger_files', request, bytes);
    } finally {
      this.#release();
    }
  }

  #release() {
    this.#files?.close?.();
    this.#files = null;
  }
}

const worker = new FilesWorker((message) => self.postMessage(message));
self.addEventListener('error', ({ error }) => worker.fail(error));
self.onmessage = ({ data }) => void worker.receive(data);
