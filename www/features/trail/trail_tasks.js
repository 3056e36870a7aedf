/** Slow tasks on the whole trail: saving, sealing, verifying. One runs at a time. */
/** @import { Store, TrailSeal, TrailState } from '../../types.d.ts' */
import { count, counted } from '../../lib/format.js';
import { saveFile } from '../../lib/save_file.js';
import { asSentence, messageOf } from '../../lib/user_error.js';
import { QueryCancelled, fileOf } from './trail_queries.js';

export class TrailTasks {
  #store;
  #rows;
  #is_stopped = false;

  /**
   * @param {Store} store
   * @param {() => number | null} rows returns the reader's handle of the found rows
   */
  constructor(store, rows) {
    this.#store = store;
    this.#rows = rows;
  }

  get #state() {
    return this.#store.state.trail;
  }

  /** @param {Partial<TrailState>} changes */
  #set(changes) {
    this.#store.set({ trail: { ...this.#state, ...changes } });
  }

  stop() {
    this.#is_stopped = true;
  }

  /** Saves the found rows. @param {'ndjson' | 'csv'} format */
  async save(format) {
    const { count: total } = this.#state;
    const { current_run, reader } = this.#store.state;
    const rows = this.#rows();
    if (!reader || rows === null) return;
    const { scenario, parameters } = current_run ?? {};
    const name = `ledgerlab-${scenario?.name}-${parameters?.seed}-trail.${format}`;
    this.#is_stopped = false;
    await this.#perform({ title: 'Saving', total, cancellable: true }, async (progress) => {
      const file = await fileOf(reader, { rows, count: total, format }, (done) => {
        progress(done);
        return !this.#is_stopped && rows === this.#rows();
      });
      saveFile(file, name);
      return `${counted(total, 'entries')} saved as ${name}.`;
    });
  }

  /** @returns {Promise<TrailSeal | null>} */
  async seal() {
    const { reader } = this.#store.state;
    if (!reader) return null;
    await this.#perform({ title: 'Sealing', total: this.#recordCount() }, async (progress) => {
      const seal = await reader.sealTrail(progress);
      this.#set({ seal });
      return `${counted(seal.records, 'records')} sealed.`;
    });
    return this.#state.seal;
  }

  async verify() {
    const { seal } = this.#state;
    const { reader } = this.#store.state;
    if (!seal || !reader) return;
    await this.#perform({ title: 'Verifying', total: seal.records }, async (progress) => {
      const difference = await reader.verifyTrail(seal.seal, progress);
      if (difference !== null) throw new Error(difference);
      return `Verified: all ${counted(seal.records, 'records')} match the seal.`;
    });
  }

  /** Verifies a copy in which one byte of the selected entry is altered. */
  async verifyAlteredCopy() {
    const { entry } = this.#state;
    const { reader } = this.#store.state;
    const seal = this.#state.seal ?? (await this.seal());
    if (!entry || !reader || !seal) return;
    const { writer, position } = entry;
    await this.#perform({ title: 'Verifying the copy', total: seal.records }, async (progress) => {
      const difference = await reader.verifyChangedTrail(seal.seal, writer, Number(position), progress);
      if (difference === null) throw new Error('Verification did not find the altered byte.');
      return asSentence(`Found in the copy: ${difference}`);
    });
  }

  /** The approximate number of records. */
  #recordCount() {
    const { report, reading } = this.#store.state;
    const written = reading?.workers.reduce((sum, worker) => sum + worker.entries, 0) ?? 0;
    return report?.totals.trail_entries ?? (reading?.setup_entries ?? 0) + written;
  }

  /**
   * Performs a task, and shows its progress and its result.
   * @param {{ title: string, total: number, cancellable?: boolean }} task
   * @param {(progress: (done: number) => void) => Promise<string>} act
   */
  async #perform({ title, total, cancellable = false }, act) {
    if (this.#state.task) return;
    const { reader } = this.#store.state;
    const isCurrent = () => reader === this.#store.state.reader;
    let done = 0;
    const task = { title, done, total, cancellable };
    this.#set({ task, status_text: '', error_text: '' });
    try {
      const status_text = await act((now) => {
        done = now;
        if (isCurrent()) this.#set({ task: { ...task, done } });
      });
      if (isCurrent()) this.#set({ task: null, status_text });
    } catch (error) {
      if (!isCurrent()) return;
      const stopped = `Stopped after ${count(done)} of ${count(total)}.`;
      const is_stopped = error instanceof QueryCancelled;
      this.#set({ task: null, ...(is_stopped ? { status_text: stopped } : { error_text: messageOf(error) }) });
    }
  }
}
