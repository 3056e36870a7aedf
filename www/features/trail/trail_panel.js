/** The trail explorer: a filter, the matching entries, the selected entry, and the seal of the trail. */
/** @import { App, State } from '../../types.d.ts' */
import { changeDetector, isAtRest } from '../../app/store.js';
import { actionButton, byId, element, setText } from '../../lib/dom.js';
import { count, counted } from '../../lib/format.js';
import { observeVisibility } from '../../lib/visibility.js';
import { divergenceView } from './divergence_view.js';
import { entryPanel } from './entry_panel.js';
import { filterForm } from './filter_form.js';
import { trailGrid } from './trail_grid.js';

const NO_LEDGER =
  'Start a run to explore its trail. The trail stays available until the next run; a stored run has ' +
  'its report only.';
const RUNNING = 'The workers are running. Press Find to see the entries written so far.';

/** @param {App} app */
export function trailPanel(app) {
  const { explorer } = app;
  const title = element('h2', { id: 'trail-title' }, 'Trail');
  const hint = element('p', { class: 'hint' }, NO_LEDGER);
  const divergence = divergenceView();
  const status = element('p', { class: 'trail-message', role: 'status' });
  const problem = element('p', { class: 'problem', role: 'alert' });
  const form = filterForm(app);
  const grid = trailGrid(app);
  const entry = entryPanel(app, () => grid.element.focus());
  const actions = trailActions(app);
  const progress = progressLine(app);
  const parts = element('div', { class: 'trail-parts' }, grid.element, entry.element);
  const explorer_parts = element('div', { class: 'trail-explorer' });
  explorer_parts.append(form.element, actions.element, actions.hash, progress.element);
  explorer_parts.append(status, problem, divergence.element, parts);
  const panel = byId('trail');
  panel.append(title, hint, explorer_parts);

  let is_visible = false;
  /** Searches when the panel comes into view. @param {State} state */
  const findFirst = (state) => {
    const { reader, trail, comparison_progress } = state;
    if (is_visible && reader && isAtRest(state) && trail.search === 0 && !comparison_progress) explorer.findFirst();
  };
  observeVisibility(panel, (now_visible) => {
    is_visible = now_visible;
    findFirst(app.store.state);
  });

  const changed = changeDetector();
  /** @param {State} state */
  return (state) => {
    const { trail, reader, report, opened_ledger, account_layout } = state;
    if (!changed(trail, reader, report, opened_ledger, account_layout)) return;
    findFirst(state);
    hint.hidden = reader !== null && (isAtRest(state) || trail.search > 0);
    setText(hint, reader ? RUNNING : NO_LEDGER);
    explorer_parts.hidden = reader === null;
    if (!reader) return;
    form.show(state);
    grid.show(state);
    entry.show(state);
    actions.show(state);
    progress.show(state);
    setText(status, trail.status_text);
    setText(problem, trail.error_text);
    divergence.show(state);
  };
}

/** The actions on all matching entries and on the whole trail. @param {App} app */
function trailActions({ explorer }) {
  const { tasks } = explorer;
  const row = element('input', { type: 'text', inputmode: 'numeric', size: 9, autocomplete: 'off' });
  const go = element('form', { class: 'trail-go', novalidate: true });
  go.append(
    element('label', {}, element('span', {}, 'Row'), row),
    element('button', { type: 'submit', class: 'quiet' }, 'Go to row'),
  );
  go.addEventListener('submit', (event) => {
    event.preventDefault();
    const number = Number(row.value.replace(/[\s.,’']/g, ''));
    if (Number.isSafeInteger(number) && number >= 1) explorer.goTo(number - 1);
  });
  const refresh = actionButton('Find again', () => explorer.refresh());
  const ndjson = actionButton('Save as NDJSON', () => tasks.save('ndjson'));
  const csv = actionButton('Save as CSV', () => tasks.save('csv'));
  const seal = actionButton('Seal', () => tasks.seal());
  const verify = actionButton('Verify', () => tasks.verify());
  const hash = element('p', { class: 'trail-hash note' });
  const buttons = element('div', { class: 'verbs trail-verbs' });
  buttons.append(go, refresh, ndjson, csv, seal, verify);
  /** @param {State} state */
  const show = ({ trail: { task, searching, search, seal: sealed } }) => {
    const is_busy = task !== null;
    for (const save of [ndjson, csv]) save.disabled = is_busy || searching || search === 0;
    refresh.disabled = searching || search === 0;
    seal.disabled = is_busy;
    verify.disabled = is_busy || !sealed;
    const records = sealed && counted(sealed.records, 'records');
    setText(hash, sealed ? `Sealed: ${records}, hash ${sealed.trail_hash}` : '');
  };
  return { element: buttons, hash, show };
}

/** The progress of a search or a task. @param {App} app */
function progressLine({ explorer }) {
  const progress = element('progress', { 'aria-label': 'Progress in the trail' });
  const note = element('span', { class: 'note' });
  const stop = actionButton('Stop', () => explorer.stop());
  const line = element('div', { class: 'verbs trail-progress' }, progress, note, stop);
  /** @param {State} state */
  const show = ({ trail: { task, searching, count: found } }) => {
    line.hidden = !task && !searching;
    stop.hidden = !searching && !task?.cancellable;
    if (task) {
      progress.max = Math.max(1, task.total);
      progress.value = Math.min(task.done, task.total);
      setText(note, `${task.title}: ${count(task.done)} of ${count(task.total)}`);
    } else if (searching) {
      progress.removeAttribute('value');
      setText(note, `Finding: ${count(found)} so far`);
    }
  };
  return { element: line, show };
}

/** Scrolls to the entries and moves the focus there. */
export function focusTrail() {
  const panel = byId('trail');
  panel.scrollIntoView({ block: 'start' });
  /** @type {HTMLElement | null} */
  const grid = panel.querySelector('[role="grid"]');
  grid?.focus({ preventScroll: true });
}
