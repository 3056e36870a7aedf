/** What becomes of runs that have ended: kept, shown again, forgotten, brought from a file. */
/** @import { FinishedRun } from '../../types.d.ts' */
/** @import { Store } from '../../app/store.js' */
import { RunArchive } from './run_archive.js';
import { pointsOfReport, ledgerPointsOfReport } from '../../charts/time_series.js';
import { problemOf, readReport } from '../../report/read_report.js';
import { UserError } from '../../lib/user_error.js';

export class RunHistory {
  #archive = new RunArchive();
  #store;
  /** Each call waits for the one before, so that the list that is shown is the last. */
  #turn = Promise.resolve();
  /** Counts the runs that were shown, so that what comes late for one is not shown with another. */
  #recalls = 0;

  /** @param {Store} store */
  constructor(store) {
    this.#store = store;
  }

  /**
   * @template Value
   * @param {() => Promise<Value>} act
   * @returns {Promise<Value>}
   */
  #inTurn(act) {
    const done = this.#turn.then(async () => {
      const value = await act();
      this.#store.set({ stored_runs: await this.#archive.list() });
      return value;
    });
    this.#turn = done.then(() => {});
    return done;
  }

  /** Looks what is kept. */
  refresh() {
    return this.#inTurn(async () => {});
  }

  /** @param {FinishedRun} ended */
  add(ended) {
    return this.#inTurn(() => this.#archive.add(ended));
  }

  /** @param {number} id */
  remove(id) {
    return this.#inTurn(() => this.#archive.remove(id));
  }

  clear() {
    return this.#inTurn(() => this.#archive.clear());
  }

  /**
   * A run from the list, with a course even where its own cannot be read.
   * @param {number} id
   * @returns {Promise<FinishedRun>}
   */
  async get(id) {
    const ended = await this.#archive.get(id);
    const problem = ended ? await problemOf(ended.report) : 'It is not there any more.';
    if (!ended || problem) {
      await this.refresh();
      throw new UserError({
        what: 'This run cannot be opened.',
        why: problem ?? '',
        next: 'Delete it from the list if it stays there.',
      });
    }
    const points = whole(ended) ? ended.points : pointsOfReport(ended.report);
    return { ...ended, points, ledger_points: seen(ended) ? ended.ledger_points : ledgerPointsOfReport(ended.report) };
  }

  /**
   * A run out of a file, which is kept like one of this page.
   * @param {File} file
   * @returns {Promise<{ ended: FinishedRun, id: number }>}
   */
  async importFile(file) {
    const report = await readReport(file);
    /** @type {FinishedRun} */
    const ended = {
      report,
      points: pointsOfReport(report),
      ledger_points: ledgerPointsOfReport(report),
      stopped_after_ms: null,
      file: file.name,
    };
    return { ended, id: await this.add(ended) };
  }

  /**
   * Looks up the run of the same scenario before another one, or the last.
   * @param {string} scenario
   * @param {number} [id] of the other one
   */
  async loadPreviousRun(scenario, id) {
    this.#recalls += 1;
    const recall = this.#recalls;
    this.#store.set({ previous_points: [] });
    // What has just ended is being kept while the next one begins.
    await this.#turn;
    const { runs } = this.#store.state.stored_runs;
    const earlier = runs.slice(runs.findIndex((run) => run.id === id) + 1);
    const found = earlier.find((run) => run.scenario === scenario);
    const ended = found && (await this.#archive.get(found.id));
    if (!ended || recall !== this.#recalls) return;
    const previous_points = whole(ended) ? ended.points : [];
    this.#store.set({ previous_points, revision: this.#store.state.revision + 1 });
  }
}

/**
 * Whether a course can be drawn: storage can be changed by anybody.
 * @param {FinishedRun} ended
 */
function whole({ points }) {
  const names = /** @type {const} */ ([
    'time_ns',
    'operations',
    'attempts',
    'accepted',
    'refused',
    'interrupted',
    'entries',
  ]);
  return points.every(
    (point) =>
      names.every((name) => Number.isFinite(point?.[name])) && Array.isArray(point.workers),
  );
}

/**
 * The same of its looks, which runs of older pages have none of.
 * @param {FinishedRun} ended
 */
function seen({ ledger_points }) {
  const figures = /** @type {const} */ (['difference', 'p50_ns', 'p99_ns', 'p999_ns']);
  return (
    Array.isArray(ledger_points) &&
    ledger_points.every(
      (look) =>
        Number.isFinite(look?.time_ns) &&
        figures.every((name) => look[name] === null || Number.isFinite(look[name])),
    )
  );
}
