/** The card in which one picks what varies, and has the same load run once for each. */
/** @import { Laboratory } from '../laboratory.js' */
/** @import { Scenario, State } from '../types.d.ts' */
/** @import { Varied } from '../comparison.js' */
import { offers, plans, progressOf, resultOf } from '../comparison.js';
import { element, freshId, place, write } from '../dom.js';
import { chosen, valuesOf } from '../parameters.js';
import { isBusy } from '../state.js';
import { comparedTable } from './compared_table.js';
import { multiples } from './multiples.js';

/** @type {{ varied: Varied, title: string }[]} */
const WAYS = [
  { varied: 'concurrency', title: 'Strategies' },
  { varied: 'workers', title: 'Numbers of workers' },
];

/**
 * Two panels: what is asked for and said, and the runs beside each other.
 * @param {Laboratory} laboratory
 */
export function compare(laboratory) {
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
  place('compare').append(title, hint, form, progress, said, results);

  const varied = () => ways.find(({ input }) => input.checked) ?? ways[0];
  const now = () => laboratory.store.state;
  form.addEventListener('change', () => show(now()));
  cancel.addEventListener('click', () => laboratory.cancel());
  clear.addEventListener('click', () => laboratory.comparison.clear());
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    const choice = chosen(now());
    if (!choice || reasonOf(now(), varied().picked())) return;
    const parameters = valuesOf(choice.scenario, now().fields);
    const { varied: name, picked } = varied();
    laboratory.comparison.run(choice.scenario, plans(choice.scenario, parameters, name, picked()));
  });

  /** @type {Scenario | null} */
  let offered = null;
  /** What was shown last: a run changes nothing here ten times a second. @type {unknown[]} */
  let last = [];
  /** @param {State} state */
  function show(state) {
    const choice = chosen(state);
    form.hidden = hint.hidden = !choice;
    if (!choice) return;
    if (choice.scenario !== offered) {
      offered = choice.scenario;
      for (const { offer } of ways) offer(offered);
    }
    write(
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
    write(reason, why);
    showVerbs(state, why);
    write(progress, state.comparing ? progressOf(state.comparing) : '');
    write(said, state.comparing ? '' : resultOf(state.comparison, state.description));
  }

  /** @param {State} state @param {string} why */
  function showVerbs(state, why) {
    const comparing = state.comparing !== null;
    const focused = document.activeElement;
    const turned = start.hidden !== comparing;
    start.hidden = comparing;
    cancel.hidden = !comparing;
    clear.hidden = comparing || state.comparison.length === 0;
    start.setAttribute('aria-disabled', String(why !== '' || isBusy(state)));
    if (why) start.setAttribute('aria-describedby', reason.id);
    else start.removeAttribute('aria-describedby');
    cancel.setAttribute('aria-disabled', String(state.comparing?.cancelled ?? false));
    // The focus goes with the verb, as it does in the state line.
    if (turned && comparing && focused === start) cancel.focus({ preventScroll: true });
    if (turned && !comparing && focused === cancel) start.focus({ preventScroll: true });
  }

  const table = comparedTable(laboratory);
  const charts = multiples();
  results.append(table.block, charts.block);
  /** @type {State['comparison'] | null} */
  let shown = null;
  return [
    /** @param {State} state */
    (state) => {
      const { description, scenario, fields, comparing, comparison } = state;
      const parts = [description, scenario, fields, comparing, comparison, isBusy(state)];
      if (parts.every((part, index) => part === last[index])) return;
      last = parts;
      show(state);
    },
    /** @param {State} state */
    ({ comparison }) => {
      if (comparison === shown) return;
      shown = comparison;
      const focused = table.block.contains(document.activeElement);
      results.hidden = comparison.length === 0;
      table.show(comparison);
      charts.show(comparison);
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
  const choice = chosen(state);
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
    checked: varied === 'concurrency',
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
    made = offers(scenario, varied).map(({ value, flaw }) => ({
      value,
      box: element('input', { type: 'checkbox', checked: before.get(value) ?? flaw === null }),
    }));
    const labels = offers(scenario, varied).map(({ label, flaw }, index) => {
      const name = element('span', {}, label);
      if (flaw !== null) name.append(element('span', { class: 'flawed' }, ' ⚠ flawed'));
      return element('label', { class: 'tick', title: flaw ?? '' }, made[index].box, name);
    });
    boxes.replaceChildren(...labels);
  };
  const picked = () => made.filter(({ box }) => box.checked).map(({ value }) => value);
  return { varied, input, radio, group, offer, picked };
}
