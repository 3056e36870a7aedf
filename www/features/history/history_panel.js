/** Earlier runs: opened again, put into the comparison, deleted; and reports brought from files. */
/** @import { App } from '../../app/app.js' */
/** @import { FinishedRun, StoredRun, State } from '../../types.d.ts' */
import { RUNS_MAX } from './run_archive.js';
import { element, byId, setText } from '../../lib/dom.js';
import { counted, rate } from '../../lib/format.js';
import { isBusy } from '../../app/store.js';
import { outcomeOf, concurrencyLabel } from '../run/run_summary.js';
import { explain } from '../../lib/user_error.js';
import { dropZone } from './drop_zone.js';
import { stackingTable } from '../../lib/stacking_table.js';

const HEADINGS = [
  'Time',
  'Scenario',
  'Strategy',
  'Workers',
  'Operations/s',
  'Verdict',
  'What to do',
];
const EMPTY =
  'No earlier runs. Each run is kept here once it has ended, ' +
  `the last ${RUNS_MAX}, in this browser only.`;
const DROP = 'A report from the command line can be opened too, or dropped anywhere on the page.';
/** A second press within this deletes all. */
const SURE_MS = 5_000;

const time = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'medium' });

/** @param {App} app */
export function historyPanel(app) {
  const title = element('h2', { id: 'earlier-title' }, 'Earlier runs');
  const told = element('p', { class: 'hint' });
  const trouble = element('p', { class: 'problem', role: 'status' });
  const said = element('p', { class: 'earlier-said', role: 'status' });
  const problem = element('div', { role: 'alert' });
  const { block, fill } = stackingTable('List of earlier runs', HEADINGS);
  block.classList.add('earlier-list');
  const picker = element('input', {
    type: 'file',
    accept: '.json,application/json',
    class: 'unseen',
    tabindex: -1,
    'aria-label': 'Report to open',
  });
  const pick = element('button', { type: 'button', class: 'button' }, 'Open a report…');
  const clear = element('button', { type: 'button', class: 'button' }, 'Delete all');
  const verbs = element('div', { class: 'verbs' }, pick, picker, clear);
  byId('earlier').append(title, told, verbs, trouble, said, problem, block);

  /**
   * Does something that may fail, and says what came of it.
   * @param {() => Promise<string>} act
   */
  const tell = async (act) => {
    setText(said, '');
    problem.replaceChildren();
    try {
      setText(said, await act());
    } catch (error) {
      const { what, why, next } = explain(error);
      problem.replaceChildren(element('p', { class: 'problem' }, `${what} ${why} ${next}`));
      problem.scrollIntoView({ block: 'nearest' });
    }
  };

  /** @param {File} file */
  const bring = (file) =>
    tell(async () => {
      const { state } = app.store;
      if (isBusy(state)) return 'A report can be opened once the run has ended.';
      if (!state.description) return 'A report can be opened once there is a ledger.';
      const { ended, id } = await app.history.importFile(file);
      return shown(app, ended, id, `“${file.name}”`);
    });
  pick.addEventListener('click', () => picker.click());
  picker.addEventListener('change', async () => {
    const [file] = picker.files ?? [];
    if (file) await bring(file);
    // The same file can be picked again.
    picker.value = '';
  });
  dropZone((files) => {
    if (files.length === 1) bring(files[0]);
    else tell(async () => `One report at a time: ${counted(files.length, 'files')} were dropped.`);
  });

  let sure = false;
  clear.addEventListener('click', () => {
    if (sure) {
      tell(async () => {
        await app.history.clear();
        return 'All runs were deleted.';
      });
    }
    sure = !sure;
    setText(clear, sure ? 'Really delete all' : 'Delete all');
    setTimeout(() => {
      sure = false;
      setText(clear, 'Delete all');
    }, SURE_MS);
  });

  /** @param {string} text @param {StoredRun} run @param {(ended: FinishedRun) => string} act */
  const verb = (text, run, act) => {
    const name = element('span', { class: 'unseen' }, ` ${nameOf(run)}`);
    const button = element('button', { type: 'button', class: 'quiet' }, text, name);
    button.addEventListener('click', () =>
      tell(async () => act(await app.history.get(run.id))),
    );
    return button;
  };
  /** @param {StoredRun} run */
  const row = (run) => {
    const { good, text } = outcomeOf(run);
    const open = verb('Open', run, (ended) => shown(app, ended, run.id, nameOf(run)));
    open.disabled = isBusy(app.store.state);
    const put = verb('Compare', run, (ended) => {
      const fits = app.comparison.addStoredRun(ended, run.id);
      return fits
        ? `${nameOf(run)} is in the comparison.`
        : 'The comparison is full: remove a run.';
    });
    const gone = element('button', { type: 'button', class: 'quiet' }, 'Delete');
    gone.append(element('span', { class: 'unseen' }, ` ${nameOf(run)}`));
    gone.addEventListener('click', () =>
      tell(async () => {
        await app.history.remove(run.id);
        return `${nameOf(run)} was deleted.`;
      }),
    );
    return [
      time.format(run.started_at_ms),
      run.file ? `${run.title}, from ${run.file}` : run.title,
      concurrencyLabel(app.store.state.description, run) + (run.flawed ? ' ⚠ flawed' : ''),
      String(run.parameters.workers),
      rate(run.operations_per_second),
      element('span', { class: good ? 'good' : 'bad' }, text),
      element('span', { class: 'row-verbs' }, open, put, gone),
    ];
  };

  /** @type {unknown[]} */
  let last = [];
  /** @param {State} state */
  return (state) => {
    const { stored_runs, description } = state;
    const busy = isBusy(state);
    const parts = [stored_runs, description, busy];
    if (parts.every((part, index) => part === last[index])) return;
    last = parts;
    pick.disabled = busy || !description;
    const { loaded, runs } = stored_runs;
    const some = `${counted(runs.length, 'runs')}, in this browser only; the last ${RUNS_MAX} are kept. ${DROP}`;
    const found = runs.length > 0 ? some : `${EMPTY} ${DROP}`;
    setText(told, loaded ? found : 'Looking what is kept.');
    setText(trouble, stored_runs.storage_error);
    const focused = document.activeElement;
    const within = block.contains(focused);
    clear.hidden = runs.length === 0 && !stored_runs.storage_error;
    block.hidden = runs.length === 0;
    fill(runs.map(row));
    // A row that goes takes its buttons with it.
    if (within) (block.hidden ? pick : block).focus({ preventScroll: true });
    if (focused === clear && clear.hidden) pick.focus({ preventScroll: true });
  };
}

/** @param {StoredRun} run */
function nameOf({ title, started_at_ms }) {
  return `${title}, ${time.format(started_at_ms)}`;
}

/**
 * @param {App} app
 * @param {FinishedRun} ended
 * @param {number} id
 * @param {string} name
 */
function shown(app, ended, id, name) {
  if (isBusy(app.store.state))
    return 'A run can be opened once the one under way has ended.';
  app.show(ended, id);
  byId('numbers').scrollIntoView({ block: 'nearest' });
  return `${name} is shown.`;
}
