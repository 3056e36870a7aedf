/** The ledger that is stored in the browser's storage: a run writes it, and it is offered back, opened, saved and deleted. */
/** @import { Engine, LedgerOrigin, StoredLedgerState, Report, Request, Scenario, Store } from '../../types.d.ts' */
import { LedgerRefusedError } from '../../../npm/src/errors.js';
import { isBusy } from '../../app/store.js';
import { RunSeries } from '../../charts/run_series.js';
import { bytes } from '../../lib/format.js';
import { saveFile } from '../../lib/save_file.js';
import { UserError, asSentence } from '../../lib/user_error.js';
import { HEAD, RECORD, deleteStoredFiles, isBeingWritten, storedFiles, onRecordChange } from './ledger_folder.js';
import { readRecord, recordIn, unsupportedReason, writeRecord } from './ledger_folder.js';
import { archiveOf, filesIn } from './tar.js';

/** The maximum size of a ledger that the page opens: all of it is in the memory that workers share. */
const BYTES_MAX = 1 << 30;

const time = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'short' });

/** Returns what a stored ledger is, as a part of a sentence. @param {LedgerOrigin | null} run */
export function ledgerName(run) {
  return run ? `a ledger of ${run.title}, ${time.format(run.began_at_ms)}` : 'a ledger';
}

/** @param {Iterable<[string, Blob]>} files */
const sizeOf = (files) => [...files].reduce((sum, [, blob]) => sum + blob.size, 0);

/** @param {string} what @param {string} why @param {string} next */
const failure = (what, why, next) => new UserError({ what, why, next });

export class StoredLedgers {
  #store;
  #engine;

  /** @param {Store} store @param {Engine} engine */
  constructor(store, engine) {
    this.#store = store;
    this.#engine = engine;
    const refresh = () => {
      // At the end of a run of this tab it is refreshed anyway.
      if (!isBusy(this.#store.state)) void this.refresh();
    };
    onRecordChange(refresh);
    // A tab that crashes says nothing.
    document.addEventListener('visibilitychange', () => {
      if (!document.hidden) refresh();
    });
  }

  get #state() {
    return this.#store.state.stored_ledger;
  }

  /** @param {Partial<StoredLedgerState>} changes */
  #set(changes) {
    this.#store.set({ stored_ledger: { ...this.#state, ...changes } });
  }

  /** Finds out whether ledgers can be stored, and which one is. */
  async refresh() {
    const unsupported = await unsupportedReason();
    if (unsupported) return this.#set({ unsupported, is_on: false, ledger: null });
    const files = await storedFiles().catch(() => null);
    const is_being_written = files !== null && (await isBeingWritten());
    this.#set({ unsupported, ledger: files && { run: readRecord(), bytes: sizeOf(files), is_being_written } });
  }

  /** @param {boolean} is_on */
  choose(is_on) {
    this.#set({ is_on });
  }

  /**
   * Returns what the engine calls while it stores the ledger of a run.
   * @param {Scenario} scenario
   * @param {Request} request
   */
  storingOf({ title }, request) {
    const began_at_ms = request.environment.started_at_ms;
    return {
      begun: () => {
        writeRecord({ title, request, began_at_ms, trail_hash: null });
        this.#set({ ledger: null, status_text: '', error_text: '' });
      },
      holder: () => ledgerName(readRecord()),
    };
  }

  /** Completes the record of the run whose ledger is stored, and offers the ledger. @param {Report} report */
  async finish({ started_at_ms, trail_hash }) {
    const record = readRecord();
    // Another tab can have stored another ledger since.
    if (record?.began_at_ms === started_at_ms) writeRecord({ ...record, trail_hash });
    await this.refresh();
  }

  /** Performs an action on the stored ledger and shows its result. @param {(files: Map<string, Blob>) => Promise<string>} act */
  async #perform(act) {
    this.#set({ status_text: '', error_text: '' });
    try {
      this.#set({ status_text: await act(await this.#filesAtRest()) });
    } catch (error) {
      const { what, why, next } = explained(error);
      this.#set({ error_text: `${what} ${why} ${next}` });
    }
  }

  /** Returns the files of the stored ledger while nobody writes them. */
  async #filesAtRest() {
    const what = 'The stored ledger is in use.';
    if (await isBeingWritten()) {
      const why = `A tab of this page is writing ${ledgerName(readRecord())}.`;
      throw failure(what, why, 'Wait until its run has ended, or close that tab, and try again.');
    }
    const files = await storedFiles();
    if (files) return files;
    await this.refresh();
    throw failure('The stored ledger is gone.', 'Another tab or the browser has deleted it.', 'Run again to store another one.');
  }

  open() {
    return this.#perform(async (files) => {
      const run = readRecord();
      await this.#show(files, run, ledgerName(run), 'The stored ledger was not opened.');
      return '';
    });
  }

  download() {
    return this.#perform(async (files) => {
      const run = readRecord();
      const name = `ledgerlab-${run?.request.scenario ?? 'ledger'}-${run?.request.parameters.seed ?? 0}.tar`;
      /** @type {[string, Blob][]} */
      const record = run ? [[RECORD, new Blob([JSON.stringify(run)])]] : [];
      // The head comes first. The archive refers to the files, so it takes no memory.
      const sorted = [...files].sort(([a], [b]) => Number(b === HEAD) - Number(a === HEAD) || a.localeCompare(b));
      saveFile(archiveOf([...sorted, ...record], Date.now()), name);
      return `The download of ${name} has begun; keep the stored ledger until it is complete. “ledgerlab verify ${name}” reads it.`;
    });
  }

  remove() {
    return this.#perform(async () => {
      await deleteStoredFiles();
      await this.refresh();
      return 'The stored ledger was deleted.';
    });
  }

  /**
   * Opens a ledger from an archive.
   * @param {File} file
   */
  async openFile(file) {
    const what = `“${file.name}” was not opened.`;
    try {
      const files = await filesIn(file);
      if (!files.has(HEAD)) throw new Error(`It has no ${HEAD}, so it is not the file of a ledger.`);
      const run = await recordIn(files);
      files.delete(RECORD);
      await this.#show(files, run, `“${file.name}”${run ? `, ${ledgerName(run)}` : ''}`, what);
    } catch (error) {
      if (error instanceof UserError) throw error;
      const next = 'Check the file and open it again. What is displayed has not changed.';
      throw failure(what, asSentence(/** @type {Error} */ (error).message), next);
    }
  }

  /**
   * Opens a ledger and displays it in place of a run.
   * @param {Map<string, Blob>} files
   * @param {LedgerOrigin | null} run
   * @param {string} name
   * @param {string} what says that it was not opened
   */
  async #show(files, run, name, what) {
    const size = sizeOf(files);
    if (size > BYTES_MAX) {
      const next = 'Open it with the command line: “ledgerlab verify” and “ledgerlab inspect” read the file.';
      throw failure(what, `It has ${bytes(size)}, and this page opens ledgers of at most ${bytes(BYTES_MAX)}.`, next);
    }
    const { run_state, revision } = this.#store.state;
    this.#store.set({ run_state: 'opening' });
    try {
      const { reader, summary } = await this.#engine.openLedger([...files], run?.request ?? null);
      this.#store.set({
        run_state: 'idle',
        error: null,
        current_run: null,
        reading: null,
        report: null,
        file: '',
        reader,
        account_layout: null,
        ledger_samples: null,
        series: new RunSeries(0),
        revision: revision + 1,
        divergence: summary.divergence,
        opened_ledger: { name, summary, reported_hash: run?.trail_hash ?? null },
      });
      this.#store.set({ divergence: summary.divergence });
    } catch (error) {
      this.#store.set({ run_state });
      if (!(error instanceof LedgerRefusedError)) throw error;
      throw failure(what, error.message, 'What is displayed has not changed.');
    }
  }
}

/** @param {unknown} error */
function explained(error) {
  if (error instanceof UserError) return error.explanation;
  const why = asSentence(/** @type {Error} */ (error).message);
  return { what: 'The stored ledger cannot be used.', why, next: 'Try again, or reload the page.' };
}
