/**
 * The field of one parameter: its label, its control, its problem, and its meaning. All
 * texts come from the core's description.
 */
/** @import { App, ChoiceParameter, NumberParameter, Parameter, State } from '../../types.d.ts' */
import { actionButton, element, freshId, setText } from '../../lib/dom.js';
import { choiceOf, rangeOf } from './parameters.js';

/** The text of a field without a valid number: browsers do not return what was typed. */
const NOT_A_NUMBER = '…';

/**
 * @typedef {object} Field
 * @property {HTMLElement} block
 * @property {(state: State, problems: Record<string, string>) => void} show
 */

/** @param {Parameter} parameter @param {App} app @returns {Field} */
export function parameterField(parameter, app) {
  return parameter.kind === 'choice' ? choiceField(parameter, app) : numberField(parameter, app);
}

/** @param {NumberParameter} parameter @param {App} app @returns {Field} */
function numberField(parameter, app) {
  const { name, label, unit, minimum, maximum, description } = parameter;
  const range = rangeOf(parameter).replace(/^f/, 'F');
  const hint = element('p', { class: 'hint field-hint', id: freshId('hint') }, `${description} ${range}.`);
  const problem = element('p', { class: 'problem', id: freshId('problem') });
  const input = element('input', {
    id: freshId(name),
    type: 'number',
    inputmode: 'numeric',
    min: minimum,
    max: maximum,
    step: 1,
    required: true,
    autocomplete: 'off',
    'aria-describedby': `${problem.id} ${hint.id}`,
  });
  input.addEventListener('input', () => {
    app.changeField(name, input.validity.badInput ? NOT_A_NUMBER : input.value);
  });

  const title = element('span', {}, element('label', { for: input.id }, label));
  if (name === 'seed') title.append(actionButton('New seed', () => app.newSeed()));
  const box = element('span', { class: 'box' }, input);
  if (unit) box.append(element('span', { class: 'unit' }, unit));
  const row = element('div', { class: 'row' }, title, box);
  const block = element('div', { class: 'field' }, row, problem, hint);

  /** @type {Field['show']} */
  const show = ({ fields }, problems) => {
    const text = fields[name];
    if (input.value !== text && text !== NOT_A_NUMBER) input.value = text;
    input.setAttribute('aria-invalid', String(name in problems));
    setText(problem, problems[name] ?? '');
  };
  return { block, show };
}

/**
 * A select with the description of the chosen option. The warning of an option that is incorrect on
 * purpose is read aloud when it appears.
 * @param {ChoiceParameter} parameter
 * @param {App} app
 * @returns {Field}
 */
function choiceField(parameter, app) {
  const { name, label, choices, description } = parameter;
  const text = element('p', { class: 'hint', id: freshId('hint') });
  const hint = element('p', { class: 'hint field-hint', id: freshId('hint') }, description);
  const warning = element('div', { id: freshId('flaw'), role: 'status' });
  const select = element(
    'select',
    { id: freshId(name), 'aria-describedby': `${hint.id} ${text.id} ${warning.id}` },
    ...choices.map((choice) => element('option', { value: choice.name }, choice.label)),
  );
  select.addEventListener('change', () => app.changeField(name, select.value));
  const row = element('div', { class: 'row' }, element('label', { for: select.id }, label), select);
  const block = element('div', { class: 'field choice' }, row, hint, text, warning);

  /** The flaw that the warning shows. A warning that is replaced would be read aloud again. */
  let shown = '';
  /** @type {Field['show']} */
  const show = ({ fields }) => {
    const choice = choiceOf(parameter, fields[name]);
    select.value = fields[name];
    setText(text, choice?.description ?? '');
    const flaw = choice?.flaw ?? '';
    if (flaw !== shown) warning.replaceChildren(...(flaw ? [warningOf(flaw)] : []));
    shown = flaw;
  };
  return { block, show };
}

/** @param {string} flaw */
function warningOf(flaw) {
  const icon = element('span', { class: 'flaw-icon', 'aria-hidden': 'true' }, '⚠');
  return element('p', { class: 'flaw' }, icon, element('span', {}, flaw));
}
