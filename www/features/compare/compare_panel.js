/** The card in which one picks what varies, and has the same load run once for each. */
/** @import { App } from '../../app/app.js' */
/** @import { Scenario, State } from '../../types.d.ts' */
/** @import { Varied } from './comparison_model.js' */
import { comparableValues, planRuns, progressText, resultText } from './comparison_model.js';
import { element, freshId, byId, setText } from '../../lib/dom.js';
import { selection, valuesOf } from '../run/parameters.js';
import { isBusy } from '../../app/store.js';
import { comparisonTable } from './comparison_table.js';
import { smallMultiples } from './small_multiples.js';

/** @type {{ varied: Varied, title: string }[]} */
const WAYS = [
  { varied: 'isolation', title: 'Strategies' },
  { varied: 'workers', title: 'Numbers of workers' },
];

/**
 * Two panels: what is asked for and said, and the runs beside each other.
 * @param {App} app
 */
export function comparePanels(app) {
  const title = element('h2', { id: 'compare-title' }, 'Compare');
  const hint = element('p', { class: 'hint' });
  const ways = WAYS.map(({ varied, title }) => way(varied, title));
  const choices = element('fieldset', { class: 'group varied' });
  choices.append(
    element('legend', { class: 'side-title' }, 'What varies'),
    ...ways.map(({ radio }) => radio),
  );
  const reason = element('p', { class: 'problem', id: freshId('reason') });
  const start = element('button', { type: 'submit', class: 'button primary' }, 'Compare');
  const cancel = element('button', { type: 'button', class: 'button' }, 'Cancel comparison');
  const clear = element('button', { type: 'button', class: 'button' }, 'Clear comparison');
  const verbs = element('div', { class: 'verbs' }, start, cancel, clear);
  const form = element(
    'form',
    { 'aria-labelledby': title.id, class: 'compare-form', novalidate: true },
    ...[choices, ...ways.map(({ group }) => group), reason, verbs],
  );
  // The state line reads the progress aloud; only the result is told here.
  const progress = element('p', { class: 'hint' });
  const said = element('p', { class: 'compare-said', role: 'status' });
  const results = element('div', { class: 'compare-results' });
  byId('compare').append(title, hint, form, progress, said, results);

  const varied = () => ways.find(({ input }) => input.checked) ?? ways[0];
  const now = () => app.store.state;
  form.addEventListener('change', () => show(now()));
  cancel.addEventListener('click', () => app.cancel());
  clear.addEventListener('click', () => app.comparison.clear());
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    const choice = selection(now());
    if (!choice || reasonOf(now(), varied().picked())) return;
    const parameters = valuesOf(choice.scenario, now().fields);
    const { varied: name, picked } = varied();
    app.comparison.run(choice.scenario, planRuns(choice.scenario, parameters, name, picked()));
  });

  /** @type {Scenario | null} */
  let offered = null;
  /** What was shown last: a run changes nothing here ten times a second. @type {unknown[]} */
  let last = [];
  /** @param {State} state */
  function show(state) {
    const choice = selection(state);
    form.hidden = hint.hidden = !choice;
    if (!choice) return;
    if (choice.scenario !== offered) {
      offered = choice.scenario;
      for (const { offer } of ways) offer(offered);
    }
    setText(
      hint,
      `${choice.scenario.title} with the parameters that are chosen, once for each, one after the other.`,
    );
    const busy = isBusy(state);
    for (const { group, input } of ways) {
      group.hidden = !input.checked;
      group.disabled = busy;
    }
    choices.disabled = busy;
    const why = busy ? '' : reasonOf(state, varied().picked());
    setText(reason, why);
    showVerbs(state, why);
    setText(progress, state.comparison_progress ? progressText(state.comparison_progress) : '');
    setText(said, state.comparison_progress ? '' : resultText(state.compared_runs, state.description));
  }

  /** @param {State} state @param {string} why */
  function showVerbs(state, why) {
    const comparing = state.comparison_progress !== null;
    const focused = document.activeElement;
    const turned = start.hidden !== comparing;
    start.hidden = comparing;
    cancel.hidden = !comparing;
    clear.hidden = comparing || state.compared_runs.length === 0;
    start.setAttribute('aria-disabled', String(why !== '' || isBusy(state)));
    if (why) start.setAttribute('aria-describedby', reason.id);
    else start.removeAttribute('aria-describedby');
    cancel.setAttribute('aria-disabled', String(state.comparison_progress?.cancelled ?? false));
    // The focus goes with the verb, as it does in the state line.
    if (turned && comparing && focused === start) cancel.focus({ preventScroll: true });
    if (turned && !comparing && focused === cancel) start.focus({ preventScroll: true });
  }

  const table = comparisonTable(app);
  const charts = smallMultiples();
  results.append(table.block, charts.block);
  /** @type {State['compared_runs'] | null} */
  let shown = null;
  return [
    /** @param {State} state */
    (state) => {
      const { description, scenario, fields, comparison_progress, compared_runs } = state;
      const parts = [description, scenario, fields, comparison_progress, compared_runs, isBusy(state)];
      if (parts.every((part, index) => part === last[index])) return;
      last = parts;
      show(state);
    },
    /** @param {State} state */
    ({ compared_runs }) => {
      if (compared_runs === shown) return;
      shown = compared_runs;
      const focused = table.block.contains(document.activeElement);
      results.hidden = compared_runs.length === 0;
      table.show(compared_runs);
      charts.show(compared_runs);
      // A row that goes takes its button with it.
      if (focused) (results.hidden ? start : table.block).focus({ preventScroll: true });
    },
  ];
}

/**
 * Why it cannot begin, in a sentence.
 * @param {State} state
 * @param {unknown[]} picked
 */
function reasonOf(state, picked) {
  const choice = selection(state);
  const wrong = choice?.scenario.parameters.filter(({ name }) => name in choice.problems) ?? [];
  const labels = wrong.map(({ label }) => label.toLowerCase()).join(', ');
  if (labels) return `Compare is off until this is put right: ${labels}.`;
  return picked.length === 0 ? 'Compare is off until something is ticked.' : '';
}

/**
 * One thing that can vary: the choice of it, and a box for each of its values.
 * @param {Varied} varied
 * @param {string} title
 */
function way(varied, title) {
  const input = element('input', {
    type: 'radio',
    name: 'varied',
    value: varied,
    checked: varied === 'isolation',
  });
  const radio = element('label', { class: 'tick' }, input, element('span', {}, title));
  const boxes = element('div', { class: 'ticks' });
  const legend = element('legend', { class: 'side-title' }, title);
  const group = element('fieldset', { class: 'group' }, legend, boxes);

  /** @type {{ value: string | number, box: HTMLInputElement }[]} */
  let made = [];
  /** @param {Scenario} scenario */
  const offer = (scenario) => {
    // Another scenario offers the same as a rule, and what was ticked stays so.
    const before = new Map(made.map(({ value, box }) => [value, box.checked]));
    made = comparableValues(scenario, varied).map(({ value, flaw }) => ({
      value,
      box: element('input', { type: 'checkbox', checked: before.get(value) ?? flaw === null }),
    }));
    const labels = comparableValues(scenario, varied).map(({ label, flaw }, index) => {
      const name = element('span', {}, label);
      if (flaw !== null) name.append(element('span', { class: 'flawed' }, ' ⚠ flawed'));
      return element('label', { class: 'tick', title: flaw ?? '' }, made[index].box, name);
    });
    boxes.replaceChildren(...labels);
  };
  const picked = () => made.filter(({ box }) => box.checked).map(({ value }) => value);
  return { varied, input, radio, group, offer, picked };
}
