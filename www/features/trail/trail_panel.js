/** The trail explorer: a filter, the entries, one of them with its neighbours, and the seal. */
/** @import { App } from '../../app/app.js' */
/** @import { State } from '../../types.d.ts' */
import { element, byId, setText } from '../../lib/dom.js';
import { count, counted } from '../../lib/format.js';
import { observeVisibility } from '../../lib/visibility.js';
import { capitalized } from '../../lib/user_error.js';
import { entryPanel } from './entry_panel.js';
import { filterForm } from './filter_form.js';
import { trailGrid } from './trail_grid.js';

const NO_BOOK =
  'The trail of a run can be looked through as long as its book is in this page: press Run. ' +
  'Of a run that was opened again there is the report only.';

const AT_WORK = 'The workers are at work: Find shows the entries that are written by then.';

/** @param {App} app */
export function trailPanel(app) {
  const { explorer } = app;
  const { tasks } = explorer;
  const title = element('h2', { id: 'trail-title' }, 'Trail');
  const hint = element('p', { class: 'hint' }, NO_BOOK);
  const sentence = element('p', { class: 'diverging-sentence', role: 'status' });
  const said = element('p', { class: 'trail-said', role: 'status' });
  const problem = element('p', { class: 'problem', role: 'alert' });
  const progress = element('progress', { 'aria-label': 'Progress in the trail' });
  const doing = element('span', { class: 'note' });
  const stop = button('Stop', () => explorer.stop());
  const work = element('div', { class: 'trail-work' }, progress, doing, stop);

  const row = element('input', {
    type: 'text',
    inputmode: 'numeric',
    size: 9,
    autocomplete: 'off',
  });
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
  const again = button('Find again', () => explorer.refresh());
  const ndjson = button('Save as NDJSON', () => tasks.save('ndjson'));
  const csv = button('Save as CSV', () => tasks.save('csv'));
  const seal = button('Seal', () => tasks.seal());
  const verify = button('Verify', () => tasks.verify());
  const hash = element('p', { class: 'trail-hash note' });
  const verbs = element(
    'div',
    { class: 'verbs trail-verbs' },
    go,
    again,
    ndjson,
    csv,
    seal,
    verify,
  );

  const form = filterForm(app);
  const grid = trailGrid(explorer);
  const detail = entryPanel(app, () => grid.element.focus());
  const book = element('div', { class: 'trail-book' });
  const parts = element('div', { class: 'trail-parts' }, grid.element, detail.element);
  book.append(form.element, verbs, hash, work, said, problem, sentence, parts);
  const panel = byId('trail');
  panel.append(title, hint, book);

  let isSeen = false;
  /** The trail is read when somebody looks at it. @param {State} state */
  const begin = ({ report, reader, trail: { search }, comparison_progress }) => {
    if (isSeen && reader && report && search === 0 && !comparison_progress) explorer.findFirst();
  };
  observeVisibility(panel, (seen) => {
    isSeen = seen;
    begin(app.store.state);
  });

  /** @type {unknown[]} */
  let last = [];
  /** @param {State} state */
  return (state) => {
    const { trail, reader, report } = state;
    const parts = [trail, reader, report];
    if (parts.every((part, index) => part === last[index])) return;
    last = parts;
    begin(state);
    hint.hidden = reader !== null && (report !== null || trail.search > 0);
    setText(hint, reader ? AT_WORK : NO_BOOK);
    book.hidden = reader === null;
    if (!reader) return;
    form.show(state);
    grid.show(state);
    detail.show(state);
    const { task, searching, search, seal: sealed } = trail;
    setText(said, trail.status_text);
    setText(problem, trail.error_text);
    setText(sentence, trail.divergence ? capitalized(trail.divergence.sentence) : '');
    work.hidden = !task && !searching;
    stop.hidden = !searching && !task?.cancellable;
    if (task) {
      progress.max = Math.max(1, task.total);
      progress.value = Math.min(task.done, task.total);
      setText(doing, `${task.title}: ${count(task.done)} of ${count(task.total)}`);
    } else if (searching) {
      progress.removeAttribute('value');
      setText(doing, `Finding: ${count(trail.count)} so far`);
    }
    const isBusy = task !== null;
    for (const verb of [ndjson, csv]) verb.disabled = isBusy || searching || search === 0;
    again.disabled = searching || search === 0;
    seal.disabled = isBusy;
    verify.disabled = isBusy || !sealed;
    const records = sealed && counted(sealed.records, 'records');
    setText(hash, sealed ? `Sealed: ${records} with the hash ${sealed.trail_hash}` : '');
  };
}

/** @param {string} text @param {() => void} act */
function button(text, act) {
  const made = element('button', { type: 'button', class: 'quiet' }, text);
  made.addEventListener('click', act);
  return made;
}

/** Leads to the entries, wherever one is on the page. */
export function focusTrail() {
  const panel = byId('trail');
  panel.scrollIntoView({ block: 'start' });
  /** @type {HTMLElement | null} */ (panel.querySelector('[role="grid"]'))?.focus({
    preventScroll: true,
  });
}
