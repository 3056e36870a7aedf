/** The history of finished runs: stores them, reads them back, and imports reports from files. */
/** @import { CounterPoint, FinishedRun, LedgerPoint, Report, Store } from '../../types.d.ts' */
import { ledgerPointsOfReport, pointsOfReport } from '../../charts/time_series.js';
import { UserError } from '../../lib/user_error.js';
import { readReport } from '../../report/read_report.js';
import { RunArchive } from './run_archive.js';

export class RunHistory {
  #archive = new RunArchive();
  #store;
  #verifyReport;
  /** The last change. Each change waits for the one before, so that the last list is shown. */
  #last_change = Promise.resolve();
  /** Counts the calls of loadPreviousRun, so that a run read for an earlier call is dropped. */
  #displayed = 0;

  /**
   * @param {Store} store
   * @param {(json: string) => Promise<Report>} verifyReport returns a report in the current version;
   *   rejects if it is not valid
   */
  constructor(store, verifyReport) {
    this.#store = store;
    this.#verifyReport = verifyReport;
  }

  /**
   * @template Value
   * @param {() => Promise<Value>} change
   * @returns {Promise<Value>}
   */
  #enqueue(change) {
    const done = this.#last_change.then(async () => {
      const value = await change();
      this.#store.set({ stored_runs: await this.#archive.list() });
      return value;
    });
    this.#last_change = done.then(() => {}, () => {});
    return done;
  }

  refresh() {
    return this.#enqueue(async () => {});
  }

  /** Lists the runs that an older page stored. If it fails, the next visit tries again. */
  migrate() {
    return this.#enqueue(() => this.#archive.migrate(this.#verifyReport)).catch(() => {});
  }

  /** @param {FinishedRun} finished */
  add(finished) {
    return this.#enqueue(() => this.#archive.add(finished));
  }

  /** @param {number} id */
  remove(id) {
    return this.#enqueue(() => this.#archive.remove(id));
  }

  clear() {
    return this.#enqueue(() => this.#archive.clear());
  }

  /** Returns a stored run. @param {number} id @returns {Promise<FinishedRun>} */
  async get(id) {
    const finished = await this.#archive.get(id);
    try {
      if (!finished) throw new Error('It is no longer stored.');
      const report = await this.#verifyReport(JSON.stringify(finished.report));
      return { ...finished, report, ...pointsOf(finished, report) };
    } catch (error) {
      await this.refresh();
      const why = /** @type {Error} */ (error).message;
      const next = 'If it stays in the list, delete it.';
      throw new UserError({ what: 'This run cannot be opened.', why, next });
    }
  }

  /**
   * Reads a report from a file and stores it like a run of this page.
   * @param {File} file
   * @returns {Promise<{ finished: FinishedRun, id: number }>}
   */
  async importFile(file) {
    const report = await readReport(file, this.#verifyReport);
    const finished = { report, ...pointsOf({}, report), stopped_after_ms: null, file: file.name };
    return { finished, id: await this.add(finished) };
  }

  /**
   * Loads the points of the previous run of the same scenario.
   * @param {string} scenario
   * @param {number} [id] of the displayed run; without it the newest run is the previous one
   */
  async loadPreviousRun(scenario, id) {
    this.#displayed += 1;
    const displayed = this.#displayed;
    this.#store.set({ previous_points: [] });
    // The run that has just finished may still be being stored.
    await this.#last_change;
    const { runs } = this.#store.state.stored_runs;
    const older = runs.slice(runs.findIndex((run) => run.id === id) + 1);
    const found = older.find((run) => run.scenario === scenario);
    const finished = found && (await this.#archive.get(found.id));
    if (!finished || displayed !== this.#displayed) return;
    const previous_points = arePoints(finished.points) ? finished.points : [];
    this.#store.set({ previous_points, revision: this.#store.state.revision + 1 });
  }
}

/**
 * Returns the points of a run. Points that are missing or invalid are replaced by those of its report.
 * @param {Partial<FinishedRun>} finished
 * @param {Report} report
 */
function pointsOf({ points, ledger_points }, report) {
  return {
    points: arePoints(points) ? points : pointsOfReport(report),
    ledger_points: areLedgerPoints(ledger_points) ? ledger_points : ledgerPointsOfReport(report),
  };
}

/**
 * Whether points can be drawn. Anything can change the browser's storage.
 * @param {any} points
 * @returns {points is CounterPoint[]}
 */
function arePoints(points) {
  const sums = ['time_ns', 'operations', 'attempts', 'accepted', 'refused', 'interrupted', 'entries'];
  return (
    Array.isArray(points) &&
    points.length > 0 &&
    points.every((point) => {
      return Array.isArray(point?.workers) && sums.every((name) => Number.isFinite(point[name]));
    })
  );
}

/**
 * Whether ledger points can be drawn. Runs of older pages have none.
 * @param {any} points
 * @returns {points is LedgerPoint[]}
 */
function areLedgerPoints(points) {
  const figures = ['difference', 'p50_ns', 'p99_ns', 'p999_ns'];
  /** @param {any} point */
  const isPoint = (point) => {
    const isFigure = (/** @type {string} */ name) => point[name] === null || Number.isFinite(point[name]);
    return Number.isFinite(point?.time_ns) && figures.every(isFigure);
  };
  return Array.isArray(points) && points.every(isPoint);
}
