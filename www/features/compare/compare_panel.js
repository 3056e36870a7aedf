/** Compares runs of the same load with different concurrency controls or worker counts. */
/** @import { App, Scenario, State } from '../../types.d.ts' */
/** @import { Variable } from './comparison_model.js' */
import { changeDetector, isBusy } from '../../app/store.js';
import { actionButton, byId, element, freshId, setText } from '../../lib/dom.js';
import { selection, valuesOf, invalidLabels } from '../run/parameters.js';
import { FLAWED_LABEL } from '../run/run_summary.js';
import { REPEATS, comparableValues, comparisonText, planRuns, progressText } from './comparison_model.js';
import { comparisonTable } from './comparison_table.js';
import { smallMultiples } from './small_multiples.js';

/** @type {{ variable: Variable, title: string }[]} */
const VARIABLES = [
  { variable: 'concurrency', title: 'Concurrency controls' },
  { variable: 'workers', title: 'Worker counts' },
];

/** Builds two panels: the form, and the results. @param {App} app */
export function comparePanels(app) {
  const title = element('h2', { id: 'compare-title' }, 'Compare');
  const results = element('div', { class: 'compare-results' });
  const { parts, start, show } = compareForm(app, title.id);
  byId('compare').append(title, ...parts, results);
  const formChanged = changeDetector();
  /** @param {State} state */
  const showForm = (state) => {
    const { description, scenario, fields, comparison_progress, compared_runs } = state;
    const parts = [description, scenario, fields, comparison_progress, compared_runs, isBusy(state)];
    if (formChanged(...parts)) show(state);
  };

  const table = comparisonTable(app);
  const charts = smallMultiples();
  results.append(table.block, charts.block);
  const runsChanged = changeDetector();
  /** @param {State} state */
  const showResults = ({ compared_runs }) => {
    if (!runsChanged(compared_runs)) return;
    const is_focus_in_table = table.block.contains(document.activeElement);
    results.hidden = compared_runs.length === 0;
    table.show(compared_runs);
    charts.show(compared_runs);
    // Rows are replaced, with their focused button.
    if (is_focus_in_table) (results.hidden ? start : table.block).focus({ preventScroll: true });
  };
  return [showForm, showResults];
}

/** @param {App} app @param {string} title_id */
function compareForm(app, title_id) {
  const hint = element('p', { class: 'hint' });
  const groups = VARIABLES.map(({ variable, title }) => optionGroup(variable, title));
  const variables = element('fieldset', { class: 'group ticks' });
  variables.append(
    element('legend', { class: 'side-title' }, 'What varies'),
    ...groups.map(({ radio }) => radio),
  );
  const reason = element('p', { class: 'problem', id: freshId('reason') });
  const start = element('button', { type: 'submit', class: 'button primary' }, 'Compare');
  const cancel = actionButton('Cancel comparison', () => app.cancel(), 'button');
  const clear = actionButton('Clear comparison', () => app.comparison.clear(), 'button');
  const buttons = element('div', { class: 'verbs' }, start, cancel, clear);
  const attributes = { 'aria-labelledby': title_id, class: 'compare-form', novalidate: true };
  const form = element('form', attributes, variables, ...groups.map(({ group }) => group), reason, buttons);
  // The state line announces the progress, so only the result is announced here.
  const progress = element('p', { class: 'hint' });
  const status = element('p', { class: 'compare-status', role: 'status' });

  const selectedGroup = () => groups.find(({ input }) => input.checked) ?? groups[0];
  form.addEventListener('change', () => show(app.store.state));
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    const { state } = app.store;
    const selected = selection(state);
    const { variable, checkedValues } = selectedGroup();
    if (!selected || reasonOf(state, checkedValues())) return;
    const { scenario } = selected;
    const parameters = valuesOf(scenario, state.fields);
    app.comparison.run(scenario, planRuns(scenario, parameters, variable, checkedValues()));
  });

  const scenarioChanged = changeDetector();
  /** @param {State} state */
  const show = (state) => {
    const selected = selection(state);
    form.hidden = hint.hidden = !selected;
    if (!selected) return;
    const { scenario } = selected;
    if (scenarioChanged(scenario)) for (const { offer } of groups) offer(scenario);
    setText(
      hint,
      `Runs ${scenario.title} with the selected parameters: each option once to warm up, and then ` +
        `${REPEATS} times, in turns.`,
    );
    const is_busy = isBusy(state);
    for (const { group, input } of groups) {
      group.hidden = !input.checked;
      group.disabled = is_busy;
    }
    variables.disabled = is_busy;
    const why = is_busy ? '' : reasonOf(state, selectedGroup().checkedValues());
    setText(reason, why);
    showButtons(state, why);
    const { comparison_progress, compared_runs, description } = state;
    setText(progress, comparison_progress ? progressText(comparison_progress) : '');
    setText(status, comparison_progress ? '' : comparisonText(compared_runs, description));
  };

  /** @param {State} state @param {string} why */
  const showButtons = (state, why) => {
    const { comparison_progress, compared_runs } = state;
    const is_comparing = comparison_progress !== null;
    const focused = document.activeElement;
    const has_changed = start.hidden !== is_comparing;
    start.hidden = is_comparing;
    cancel.hidden = !is_comparing;
    clear.hidden = is_comparing || compared_runs.length === 0;
    start.setAttribute('aria-disabled', String(why !== '' || isBusy(state)));
    if (why) start.setAttribute('aria-describedby', reason.id);
    else start.removeAttribute('aria-describedby');
    cancel.setAttribute('aria-disabled', String(comparison_progress?.cancelled ?? false));
    // The focus moves with the button, as in the state line.
    if (has_changed && is_comparing && focused === start) cancel.focus({ preventScroll: true });
    if (has_changed && !is_comparing && focused === cancel) start.focus({ preventScroll: true });
  };
  return { parts: [hint, form, progress, status], start, show };
}

/**
 * Returns why the comparison cannot start; empty if it can.
 * @param {State} state
 * @param {unknown[]} checked
 */
function reasonOf(state, checked) {
  const labels = invalidLabels(selection(state));
  if (labels) return `Correct these fields to compare: ${labels}.`;
  return checked.length === 0 ? 'Select at least one option.' : '';
}

/**
 * Builds a radio button for a variable, and a checkbox for each of its values.
 * @param {Variable} variable
 * @param {string} title
 */
function optionGroup(variable, title) {
  const checked = variable === 'concurrency';
  const input = element('input', { type: 'radio', name: 'varied', value: variable, checked });
  const radio = element('label', { class: 'tick' }, input, element('span', {}, title));
  const labels = element('div', { class: 'ticks' });
  const legend = element('legend', { class: 'side-title' }, title);
  const group = element('fieldset', { class: 'group' }, legend, labels);

  /** @type {{ value: string | number, box: HTMLInputElement }[]} */
  let options = [];
  /** @param {Scenario} scenario */
  const offer = (scenario) => {
    // Scenarios usually have the same options, and these stay checked.
    const before = new Map(options.map(({ value, box }) => [value, box.checked]));
    const created = comparableValues(scenario, variable).map(({ value, label, flaw }) => {
      const is_checked = before.get(value) ?? flaw === null;
      const box = element('input', { type: 'checkbox', checked: is_checked });
      const name = element('span', {}, label);
      if (flaw !== null) name.append(element('span', { class: 'flawed' }, FLAWED_LABEL));
      return { value, box, label: element('label', { class: 'tick', title: flaw ?? '' }, box, name) };
    });
    options = created;
    labels.replaceChildren(...created.map(({ label }) => label));
  };
  const checkedValues = () => options.filter(({ box }) => box.checked).map(({ value }) => value);
  return { variable, input, radio, group, offer, checkedValues };
}
