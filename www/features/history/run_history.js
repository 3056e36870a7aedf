/** The history of finished runs: stores them, reads them back, and imports reports from files. */
/** @import { CounterPoint, FinishedRun, LedgerPoint } from '../../types.d.ts' */
/** @import { Store } from '../../app/store.js' */
import { ledgerPointsOfReport, pointsOfReport } from '../../charts/time_series.js';
import { UserError } from '../../lib/user_error.js';
import { readReport } from '../../report/read_report.js';
import { verifyReport } from '../../report/verify_report.js';
import { RunArchive } from './run_archive.js';

export class RunHistory {
  #archive = new RunArchive();
  #store;
  /** The last change. Each change waits for the one before, so that the last list is shown. */
  #last_change = Promise.resolve();
  /** Counts the displayed runs, to drop a previous run that is read too late. */
  #displayed = 0;

  /** @param {Store} store */
  constructor(store) {
    this.#store = store;
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
    this.#last_change = done.then(() => {});
    return done;
  }

  refresh() {
    return this.#enqueue(async () => {});
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

  /**
   * Returns a stored run. Points that cannot be read are replaced by those of its report.
   * @param {number} id
   * @returns {Promise<FinishedRun>}
   */
  async get(id) {
    const finished = await this.#archive.get(id);
    const problem = finished ? await verifyReport(finished.report) : 'It is no longer stored.';
    if (!finished || problem) {
      await this.refresh();
      throw new UserError({
        what: 'This run cannot be opened.',
        why: problem ?? '',
        next: 'If it stays in the list, delete it.',
      });
    }
    const { report, points, ledger_points } = finished;
    return {
      ...finished,
      points: arePoints(points) ? points : pointsOfReport(report),
      ledger_points: areLedgerPoints(ledger_points) ? ledger_points : ledgerPointsOfReport(report),
    };
  }

  /**
   * Reads a report from a file and stores it like a run of this page.
   * @param {File} file
   * @returns {Promise<{ finished: FinishedRun, id: number }>}
   */
  async importFile(file) {
    const report = await readReport(file);
    const finished = {
      report,
      points: pointsOfReport(report),
      ledger_points: ledgerPointsOfReport(report),
      stopped_after_ms: null,
      file: file.name,
    };
    return { finished, id: await this.add(finished) };
  }

  /**
   * Loads the points of the previous run of the same scenario.
   * @param {string} scenario
   * @param {number} [id] of the run before which it is looked for; the newest run without it
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
 * Whether points can be drawn. Anything can change the browser's storage.
 * @param {CounterPoint[]} points
 */
function arePoints(points) {
  const sums = /** @type {const} */ (['accepted', 'refused', 'interrupted', 'entries']);
  const names = /** @type {const} */ (['time_ns', 'operations', 'attempts', ...sums]);
  return points.every((point) => {
    return names.every((name) => Number.isFinite(point?.[name])) && Array.isArray(point.workers);
  });
}

/**
 * Whether ledger points can be drawn. Runs of older pages have none.
 * @param {LedgerPoint[]} points
 */
function areLedgerPoints(points) {
  const figures = /** @type {const} */ (['difference', 'p50_ns', 'p99_ns', 'p999_ns']);
  /** @param {LedgerPoint} point */
  const isPoint = (point) => {
    const hasFigure = (/** @type {typeof figures[number]} */ name) => {
      return point[name] === null || Number.isFinite(point[name]);
    };
    return Number.isFinite(point?.time_ns) && figures.every(hasFigure);
  };
  return Array.isArray(points) && points.every(isPoint);
}
