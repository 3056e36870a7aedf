/** The trail explorer: a filter, the entries, one of them with its neighbours, and the seal. */
/** @import { Laboratory } from '../laboratory.js' */
/** @import { State } from '../types.d.ts' */
import { element, place, write } from '../dom.js';
import { count, counted } from '../format.js';
import { inSight } from '../sight.js';
import { capital } from '../trouble.js';
import { trailEntry } from './trail_entry.js';
import { trailForm } from './trail_form.js';
import { trailGrid } from './trail_grid.js';

const NO_BOOK =
  'The trail of a run can be looked through as long as its ledger is in this page: press Run. ' +
  'Of a run that was opened again there is the report only.';

const AT_WORK = 'The workers are at work: Find shows the entries that are written by then.';

/** @param {Laboratory} laboratory */
export function trail(laboratory) {
  const { explorer } = laboratory;
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
  const again = button('Find again', () => explorer.again());
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

  const form = trailForm(laboratory);
  const grid = trailGrid(explorer);
  const detail = trailEntry(laboratory, () => grid.element.focus());
  const ledger = element('div', { class: 'trail-ledger' });
  const parts = element('div', { class: 'trail-parts' }, grid.element, detail.element);
  ledger.append(form.element, verbs, hash, work, said, problem, sentence, parts);
  const panel = place('trail');
  panel.append(title, hint, ledger);

  let isSeen = false;
  /** The trail is read when somebody looks at it. @param {State} state */
  const begin = ({ report, reader, trail: { search }, comparing }) => {
    if (isSeen && reader && report && search === 0 && !comparing) explorer.begin();
  };
  inSight(panel, (seen) => {
    isSeen = seen;
    begin(laboratory.store.state);
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
    write(hint, reader ? AT_WORK : NO_BOOK);
    ledger.hidden = reader === null;
    if (!reader) return;
    form.show(state);
    grid.show(state);
    detail.show(state);
    const { task, finding, search, seal: sealed } = trail;
    write(said, trail.said);
    write(problem, trail.problem);
    write(sentence, trail.diverging ? capital(trail.diverging.message) : '');
    work.hidden = !task && !finding;
    stop.hidden = !finding && !task?.stops;
    if (task) {
      progress.max = Math.max(1, task.of);
      progress.value = Math.min(task.done, task.of);
      write(doing, `${task.title}: ${count(task.done)} of ${count(task.of)}`);
    } else if (finding) {
      progress.removeAttribute('value');
      write(doing, `Finding: ${count(trail.count)} so far`);
    }
    const isBusy = task !== null;
    for (const verb of [ndjson, csv]) verb.disabled = isBusy || finding || search === 0;
    again.disabled = finding || search === 0;
    seal.disabled = isBusy;
    verify.disabled = isBusy || !sealed;
    const records = sealed && counted(sealed.records, 'records');
    write(hash, sealed ? `Sealed: ${records} with the hash ${sealed.trail_hash}` : '');
  };
}

/** @param {string} text @param {() => void} act */
function button(text, act) {
  const made = element('button', { type: 'button', class: 'quiet' }, text);
  made.addEventListener('click', act);
  return made;
}

/** Leads to the entries, wherever one is on the page. */
export function leadToTrail() {
  const panel = place('trail');
  panel.scrollIntoView({ block: 'start' });
  /** @type {HTMLElement | null} */ (panel.querySelector('[role="grid"]'))?.focus({
    preventScroll: true,
  });
}
