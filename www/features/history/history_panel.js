/** The run history: opens stored runs, adds them to the comparison, deletes them, imports reports. */
/** @import { App, FinishedRun, State, StoredRun } from '../../types.d.ts' */
import { changeDetector, isBusy } from '../../app/store.js';
import { actionButton, byId, element, setText } from '../../lib/dom.js';
import { counted, rate } from '../../lib/format.js';
import { stackingTable } from '../../lib/stacking_table.js';
import { messageOf } from '../../lib/user_error.js';
import { FLAWED_LABEL, concurrencyLabel, outcomeOf } from '../run/run_summary.js';
import { isArchive } from '../stored_ledger/tar.js';
import { dropZone } from './drop_zone.js';
import { RUNS_MAX } from './run_archive.js';

const HEADINGS = [
  'Time',
  'Scenario',
  'Concurrency control',
  'Workers',
  'Operations/s',
  'Result',
  'Actions',
];
const EMPTY = `No runs yet. Finished runs are stored in this browser only, the last ${RUNS_MAX}.`;
const IMPORT = 'You can also open a report of the command line, or the file of a ledger, or drop it anywhere on the page.';
/** A second press within this time deletes all runs. */
const CONFIRMATION_MS = 5_000;

const time = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'medium' });

/** @param {App} app */
export function historyPanel(app) {
  const title = element('h2', { id: 'history-title' }, 'Run history');
  const hint = element('p', { class: 'hint' });
  const storage_error = element('p', { class: 'problem', role: 'status' });
  const status = element('p', { class: 'history-status', role: 'status' });
  const alert = element('div', { role: 'alert' });
  const { block, fill } = stackingTable('Stored runs', HEADINGS);
  block.classList.add('history-list');

  /** Performs an action and shows its result or its error. @param {() => Promise<string>} act */
  const perform = async (act) => {
    setText(status, '');
    alert.replaceChildren();
    try {
      setText(status, await act());
    } catch (error) {
      alert.replaceChildren(element('p', { class: 'problem' }, messageOf(error)));
      alert.scrollIntoView({ block: 'nearest' });
    }
  };
  const { open, picker } = importControls(app, perform);
  const clear = clearButton(app, perform);
  const buttons = element('div', { class: 'verbs' }, open, picker, clear);
  byId('history').append(title, hint, buttons, storage_error, status, alert, block);

  const changed = changeDetector();
  /** @param {State} state */
  return (state) => {
    const { stored_runs, description } = state;
    const is_busy = isBusy(state);
    if (!changed(stored_runs, description, is_busy)) return;
    const { loaded, runs } = stored_runs;
    const number = `${counted(runs.length, 'runs')} in this browser, which stores the last ${RUNS_MAX}.`;
    open.disabled = is_busy || !description;
    setText(hint, loaded ? `${runs.length > 0 ? number : EMPTY} ${IMPORT}` : 'Loading the stored runs.');
    setText(storage_error, stored_runs.storage_error);
    const focused = document.activeElement;
    const is_focus_in_list = block.contains(focused);
    clear.hidden = runs.length === 0 && !stored_runs.storage_error;
    block.hidden = runs.length === 0;
    fill(runs.map((run) => rowOf(run, app, perform)));
    // Rows are replaced, with their focused button.
    if (is_focus_in_list) (block.hidden ? open : block).focus({ preventScroll: true });
    if (focused === clear && clear.hidden) open.focus({ preventScroll: true });
  };
}

/** @typedef {(act: () => Promise<string>) => Promise<void>} Perform */

/** @param {App} app @param {Perform} perform */
function importControls(app, perform) {
  /** @param {File} file */
  const importFile = (file) =>
    perform(async () => {
      const { state } = app.store;
      if (isBusy(state)) return 'Wait for the run to finish, then open the file.';
      if (!state.description) return 'Wait for the ledger to load, then open the file.';
      if (file.name.toLowerCase().endsWith('.tar') || (await isArchive(file))) {
        await app.stored_ledgers.openFile(file);
        byId('opened').scrollIntoView({ block: 'nearest' });
        return `“${file.name}” is displayed.`;
      }
      const { finished, id } = await app.history.importFile(file);
      return showRun(app, finished, id, `“${file.name}”`);
    });
  const attributes = { type: 'file', accept: '.json,.tar,application/json,application/x-tar', class: 'unseen', tabindex: -1 };
  const picker = element('input', { ...attributes, 'aria-label': 'Report or ledger to open' });
  picker.addEventListener('change', async () => {
    const [file] = picker.files ?? [];
    if (file) await importFile(file);
    // The same file can be picked again.
    picker.value = '';
  });
  dropZone((files) => {
    if (files.length === 1) importFile(files[0]);
    else perform(async () => `Drop one file at a time, not ${counted(files.length, 'files')}.`);
  });
  return { open: actionButton('Open a file…', () => picker.click(), 'button'), picker };
}

/** @param {App} app @param {Perform} perform */
function clearButton(app, perform) {
  let is_confirmed = false;
  const press = () => {
    if (is_confirmed) {
      perform(async () => {
        await app.history.clear();
        return 'All runs were deleted.';
      });
    }
    is_confirmed = !is_confirmed;
    setText(button, is_confirmed ? 'Really delete all' : 'Delete all');
    setTimeout(() => {
      is_confirmed = false;
      setText(button, 'Delete all');
    }, CONFIRMATION_MS);
  };
  const button = actionButton('Delete all', press, 'button');
  return button;
}

/** @param {StoredRun} run @param {App} app @param {Perform} perform */
function rowOf(run, app, perform) {
  const { state } = app.store;
  const name = `${run.title}, ${time.format(run.started_at_ms)}`;
  /** @param {string} text @param {() => Promise<string>} act */
  const button = (text, act) => actionButton(text, () => perform(act), 'quiet', ` ${name}`);
  const open = button('Open', async () => {
    return showRun(app, await app.history.get(run.id), run.id, name);
  });
  open.disabled = isBusy(state);
  const compare = button('Compare', async () => {
    const fits = app.comparison.addStoredRun(await app.history.get(run.id), run.id);
    return fits ? `${name} was added to the comparison.` : 'The comparison is full. Remove a run first.';
  });
  const remove = button('Delete', async () => {
    await app.history.remove(run.id);
    return `${name} was deleted.`;
  });
  const { good, text } = outcomeOf(run);
  return [
    time.format(run.started_at_ms),
    run.file ? `${run.title}, from ${run.file}` : run.title + (run.durable ? ', on disk' : ''),
    concurrencyLabel(state.description, run) + (run.flawed ? FLAWED_LABEL : ''),
    String(run.parameters.workers),
    rate(run.operations_per_second),
    element('span', { class: good ? 'good' : 'bad' }, text),
    element('span', { class: 'row-verbs' }, open, compare, remove),
  ];
}

/** @param {App} app @param {FinishedRun} finished @param {number} id @param {string} name */
function showRun(app, finished, id, name) {
  if (isBusy(app.store.state)) return 'Wait for the current run to finish, then open this one.';
  app.show(finished, id);
  byId('result').scrollIntoView({ block: 'nearest' });
  return `${name} is displayed.`;
}
