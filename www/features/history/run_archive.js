/**
 * The last runs, in the browser's storage. Runs that it rejects stay in this page's memory until the page
 * is closed.
 */
/** @import { FinishedRun, Report, StoredRun, StoredRuns } from '../../types.d.ts' */
import { LedgerRefusedError } from '../../../npm/src/errors.js';
import { counted } from '../../lib/format.js';
import { asSentence } from '../../lib/user_error.js';
import { summaryOf } from '../run/run_summary.js';
import { RunDatabase } from './run_database.js';

/** A report with all its accounts takes up to two megabytes. */
export const RUNS_MAX = 50;

export class RunArchive {
  /** @type {Promise<RunDatabase> | null} */
  #database = null;
  /** Why the last request to the storage failed; empty if it did not. */
  #error = '';
  /** Why the runs that are kept in memory could not be stored. */
  #memory_reason = '';
  /** @type {Map<number, { stored: StoredRun, finished: FinishedRun }>} */
  #memory = new Map();
  #memory_ids = 0;

  /** @returns {Promise<StoredRuns>} */
  async list() {
    const found = (await this.#try((database) => database.summaries())) ?? [];
    const readable = found.filter(isStoredRun);
    const runs = [...readable, ...[...this.#memory.values()].map(({ stored }) => stored)];
    runs.sort((a, b) => b.stored_at_ms - a.stored_at_ms || b.id - a.id);
    const storage_error = this.#errorText(found.length - readable.length);
    return { loaded: true, runs: runs.slice(0, RUNS_MAX), storage_error };
  }

  /**
   * Lists the runs that an older page stored. Runs with invalid reports are deleted.
   * @param {(json: string) => Promise<Report>} verifyReport
   */
  async migrate(verifyReport) {
    for (const id of (await this.#try((database) => database.unlistedIds())) ?? []) {
      const stored = /** @type {any} */ (await this.#try((database) => database.run(id)));
      if (!stored) continue;
      try {
        const report = await verifyReport(JSON.stringify(stored.report ?? null));
        const finished = { file: '', ...stored, report };
        // The time of storing is unknown. Without it these runs are the oldest, in order of their ids.
        const summary = { ...summaryOf(finished), stored_at_ms: 0, id };
        await this.#try((database) => database.replace(summary, finished));
      } catch (error) {
        if (!(error instanceof LedgerRefusedError)) throw error;
        await this.remove(id);
      }
    }
  }

  /**
   * @param {FinishedRun} finished
   * @returns {Promise<number>} its id
   */
  async add(finished) {
    const summary = { ...summaryOf(finished), stored_at_ms: Date.now() };
    const id = await this.#try((database) => database.add(summary, finished, RUNS_MAX));
    if (id !== undefined) return id;
    this.#memory_reason = this.#error;
    this.#memory_ids -= 1;
    this.#memory.set(this.#memory_ids, { stored: { ...summary, id: this.#memory_ids }, finished });
    const [oldest] = this.#memory.keys();
    if (this.#memory.size > RUNS_MAX) this.#memory.delete(oldest);
    return this.#memory_ids;
  }

  /**
   * @param {number} id
   * @returns {Promise<FinishedRun | null>} null if it is no longer stored or cannot be read
   */
  async get(id) {
    if (id < 0) return this.#memory.get(id)?.finished ?? null;
    const found = await this.#try((database) => database.run(id));
    return isFinishedRun(found) ? found : null;
  }

  /** @param {number} id */
  async remove(id) {
    if (id < 0) this.#memory.delete(id);
    else await this.#try((database) => database.remove(id));
  }

  async clear() {
    this.#memory.clear();
    await this.#try((database) => database.clear());
  }

  /**
   * @template Value
   * @param {(database: RunDatabase) => Promise<Value>} act
   * @returns {Promise<Value | undefined>} undefined if the storage fails
   */
  async #try(act) {
    try {
      this.#database ??= RunDatabase.open();
      const value = await act(await this.#database);
      this.#error = '';
      return value;
    } catch (error) {
      // The database may have been closed. The next request opens it again.
      this.#database = null;
      this.#error = error instanceof Error ? error.message : String(error);
      return undefined;
    }
  }

  /** @param {number} unreadable stored runs that cannot be read */
  #errorText(unreadable) {
    if (this.#error) {
      const reason = asSentence(this.#error);
      return `This browser’s storage failed: ${reason} Runs are kept until this page is closed.`;
    }
    if (this.#memory.size > 0) {
      const runs = counted(this.#memory.size, 'runs');
      const reason = asSentence(this.#memory_reason);
      return `${runs} could not be saved in this browser’s storage: ${reason} They are kept until this page is closed.`;
    }
    if (unreadable > 0) {
      return `${counted(unreadable, 'stored runs')} cannot be read and are not listed. “Delete all” deletes them too.`;
    }
    return '';
  }
}

/**
 * Whether a value is a summary as this page stores it. Anything can change the browser's storage.
 * @param {any} found
 * @returns {found is StoredRun}
 */
function isStoredRun(found) {
  const texts = [found?.scenario, found?.title, found?.ended_by, found?.file];
  const numbers = ['id', 'stored_at_ms', 'started_at_ms', 'elapsed_ns', 'operations_per_second'];
  const counts = ['refused', 'waits', 'conflicts', 'p50_ns', 'p99_ns', 'check_count'];
  return (
    texts.every((text) => typeof text === 'string') &&
    [...numbers, ...counts].every((name) => Number.isFinite(found[name])) &&
    !Number.isNaN(new Date(found.started_at_ms).getTime()) &&
    Array.isArray(found.failed_checks) &&
    Number.isFinite(found.parameters?.workers)
  );
}

/** @param {any} found @returns {found is FinishedRun} */
function isFinishedRun(found) {
  const { report, points } = found ?? {};
  return Number.isFinite(report?.report) && Array.isArray(points) && points.length > 0;
}
