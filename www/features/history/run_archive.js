/**
 * The last runs. They lie in the browser's storage; what it does not take stays in this page's
 * memory, so that the page works the same without it, only shorter.
 */
/** @import { StoredRuns, FinishedRun, StoredRun } from '../../types.d.ts' */
import { counted } from '../../lib/format.js';
import { summaryOf } from '../run/run_summary.js';
import { asSentence } from '../../lib/user_error.js';
import { RunDatabase } from './run_database.js';

/** A report with all its accounts takes up to two megabytes. */
export const RUNS_MAX = 50;

export class RunArchive {
  /** @type {Promise<RunDatabase> | null} */
  #database = null;
  /** Why the last thing that was asked of the storage was not done. */
  #trouble = '';
  /** Why it did not take what is in memory. */
  #refusal = '';
  /** @type {Map<number, { kept: StoredRun, ended: FinishedRun }>} */
  #memory = new Map();
  #ids = 0;

  /** @returns {Promise<StoredRuns>} */
  async list() {
    const stored = (await this.#try((database) => database.summaries())) ?? [];
    const whole = stored.filter(isKept);
    const broken = stored.length - whole.length;
    const runs = [...whole, ...[...this.#memory.values()].map(({ kept }) => kept)];
    runs.sort((one, other) => other.stored_at_ms - one.stored_at_ms || other.id - one.id);
    return { loaded: true, runs: runs.slice(0, RUNS_MAX), storage_error: this.#told(broken) };
  }

  /**
   * @param {FinishedRun} ended
   * @returns {Promise<number>} its id
   */
  async add(ended) {
    const summary = { ...summaryOf(ended), stored_at_ms: Date.now() };
    const id = await this.#try((database) => database.add(summary, ended, RUNS_MAX));
    if (id !== undefined) return id;
    this.#refusal = this.#trouble;
    this.#ids -= 1;
    this.#memory.set(this.#ids, { kept: { ...summary, id: this.#ids }, ended });
    const [oldest] = this.#memory.keys();
    if (this.#memory.size > RUNS_MAX) this.#memory.delete(oldest);
    return this.#ids;
  }

  /**
   * @param {number} id
   * @returns {Promise<FinishedRun | null>} nothing, where it is not there any more or cannot be read
   */
  async get(id) {
    if (id < 0) return this.#memory.get(id)?.ended ?? null;
    const found = await this.#try((database) => database.run(id));
    return isEnded(found) ? found : null;
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
   * @returns {Promise<Value | undefined>} nothing, where the storage fails
   */
  async #try(act) {
    try {
      this.#database ??= RunDatabase.open();
      const value = await act(await this.#database);
      this.#trouble = '';
      return value;
    } catch (error) {
      // It may have been closed; the next one opens it again.
      this.#database = null;
      this.#trouble = error instanceof Error ? error.message : String(error);
      return undefined;
    }
  }

  /** @param {number} broken runs that are there and cannot be read */
  #told(broken) {
    const here = 'stay here until this page is closed.';
    if (this.#trouble) {
      return `This browser’s storage failed: ${asSentence(this.#trouble)} Runs ${here}`;
    }
    const number = this.#memory.size;
    if (number > 0) {
      const why = asSentence(this.#refusal);
      return `This browser’s storage did not take ${counted(number, 'runs')}, which ${here} ${why}`;
    }
    if (broken > 0) {
      const runs = `${broken} of the runs that this browser keeps`;
      return `${runs} cannot be read and are not shown; Delete all takes them away too.`;
    }
    return '';
  }
}

/**
 * Whether it is what this page writes: storage can be changed by anybody, and by older pages.
 * @param {any} found
 * @returns {found is StoredRun}
 */
function isKept(found) {
  const texts = [found?.scenario, found?.title, found?.ended_by, found?.file];
  const numbers = ['id', 'stored_at_ms', 'started_at_ms', 'elapsed_ns', 'operations_per_second'];
  const others = ['refused', 'waits', 'conflicts', 'p50_ns', 'p99_ns', 'checks'];
  return (
    texts.every((text) => typeof text === 'string') &&
    [...numbers, ...others].every((name) => Number.isFinite(found[name])) &&
    !Number.isNaN(new Date(found.started_at_ms).getTime()) &&
    Array.isArray(found.failed) &&
    Number.isFinite(found.parameters?.workers)
  );
}

/**
 * @param {any} found
 * @returns {found is FinishedRun}
 */
function isEnded(found) {
  return (
    Number.isFinite(found?.report?.report) && Array.isArray(found.points) && found.points.length > 0
  );
}
