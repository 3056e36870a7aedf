/** Stores the ledger of a run in the browser's storage while the run writes it. */
/** @import { WorkerPool } from '../../npm/src/worker_pool.js' */

/** The folder of the stored ledger in the origin private file system, below that of the package. There is one. */
export const LEDGER_FOLDER = 'laboratory';

/** A run whose ledger is being stored. */
export class DurableRun {
  #pool;
  #owner;
  #run;
  #committed;

  /** @param {WorkerPool} pool of the run @param {WorkerPool} owner the worker of the files @param {number} run */
  constructor(pool, owner, run) {
    this.#pool = pool;
    this.#owner = owner;
    this.#run = run;
    this.#committed = owner.ask(0, 'commit_run');
    // It is awaited at the end.
    this.#committed.catch(() => {});
  }

  /**
   * Stores the ledger of a prepared run, in place of the ledger that was stored before.
   * @param {WorkerPool} pool
   * @param {WorkerPool} owner
   * @param {number} run
   */
  static async begin(pool, owner, run) {
    await owner.ask(0, 'store_run', [LEDGER_FOLDER, run]);
    return new DurableRun(pool, owner, run);
  }

  /** Writes what is left and frees the files. */
  async end() {
    try {
      await this.#pool.ask(0, 'close_run_store', [this.#run]);
      await this.#committed;
    } finally {
      await this.#owner.ask(0, 'release');
    }
  }
}
