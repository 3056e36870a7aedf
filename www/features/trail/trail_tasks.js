/**
 * What takes a while and is done with the trail as a whole: what was found is saved, the trail is
 * sealed and compared with its seal. One is done at a time, and tells how far it is.
 */
/** @import { Store } from '../../app/store.js' */
/** @import { TrailSeal, TrailState } from '../../types.d.ts' */
import { count, counted } from '../../lib/format.js';
import { saveFile } from '../../lib/save_file.js';
import { messageOf, asSentence } from '../../lib/user_error.js';
import { QueryCancelled, fileOf } from './trail_queries.js';

export class TrailTasks {
  #store;
  #rows;
  #stopped = false;

  /**
   * @param {Store} store
   * @param {() => number | null} rows those that are found, as the reader knows them
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
    this.#stopped = true;
  }

  /** Saves what was found. @param {'ndjson' | 'csv'} form */
  async save(form) {
    const { count: length } = this.#state;
    const { current_run, reader } = this.#store.state;
    const rows = this.#rows();
    if (!reader || rows === null) return;
    const name = `ledgerlab-${current_run?.scenario.name}-${current_run?.parameters.seed}-trail.${form}`;
    this.#stopped = false;
    await this.#do('Saving', length, true, async (tell) => {
      const file = await fileOf(reader, { rows, count: length, form }, (done) => {
        tell(done);
        return !this.#stopped && rows === this.#rows();
      });
      saveFile(file, name);
      return `${counted(length, 'entries')} saved as ${name}.`;
    });
  }

  /** @returns {Promise<TrailSeal | null>} */
  async seal() {
    const { reader } = this.#store.state;
    if (!reader) return null;
    await this.#do('Sealing', this.#records(), false, async (tell) => {
      const seal = await reader.seal(tell);
      this.#set({ seal });
      return `${counted(seal.records, 'records')} sealed.`;
    });
    return this.#state.seal;
  }

  async verify() {
    const { seal } = this.#state;
    const { reader } = this.#store.state;
    if (!seal || !reader) return;
    await this.#do('Verifying', seal.records, false, async (tell) => {
      const broken = await reader.verify(seal.seal, tell);
      if (broken !== null) throw new Error(broken);
      return `Verified: all ${counted(seal.records, 'records')} are as they were sealed.`;
    });
  }

  /** Has one byte of the entry that is shown changed in a copy, to see it found. */
  async verifyAlteredCopy() {
    const { entry } = this.#state;
    const { reader } = this.#store.state;
    const seal = this.#state.seal ?? (await this.seal());
    if (!entry || !reader || !seal) return;
    const { writer, place } = entry;
    await this.#do('Verifying the copy', seal.records, false, async (tell) => {
      const broken = await reader.verifyChanged(seal.seal, writer, Number(place), tell);
      if (broken === null) throw new Error('The byte that was changed in the copy was not found.');
      return asSentence(`Found in the copy: ${broken}`);
    });
  }

  /** About how many records there are. */
  #records() {
    const { report, reading } = this.#store.state;
    const working = reading?.workers.reduce((sum, worker) => sum + worker.entries, 0) ?? 0;
    return report?.totals.trail_entries ?? (reading?.setup_entries ?? 0) + working;
  }

  /**
   * Does something that takes a while, tells how far it is, and says what came of it.
   * @param {string} title
   * @param {number} total how many steps it has
   * @param {boolean} cancellable whether it can be stopped
   * @param {(tell: (done: number) => void) => Promise<string>} act
   */
  async #do(title, total, cancellable, act) {
    if (this.#state.task) return;
    const { reader } = this.#store.state;
    const isCurrent = () => reader === this.#store.state.reader;
    let done = 0;
    this.#set({ task: { title, done: 0, total, cancellable }, status_text: '', error_text: '' });
    try {
      const words = await act((now) => {
        done = now;
        if (isCurrent()) this.#set({ task: { title, done, total, cancellable } });
      });
      if (isCurrent()) this.#set({ task: null, status_text: words });
    } catch (error) {
      if (!isCurrent()) return;
      const stopped = `Stopped after ${count(done)} of ${count(total)}.`;
      const ended = error instanceof QueryCancelled ? { said: stopped } : { problem: messageOf(error) };
      this.#set({ task: null, ...ended });
    }
  }
}
