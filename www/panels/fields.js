/**
 * The field of one parameter. Each is a block with its label, what is wrong with it, and its
 * meaning for those who ask; what it offers and says comes from the core's description.
 */
/** @import { Laboratory } from '../laboratory.js' */
/** @import { ChoiceParameter, NumberParameter, Parameter, State } from '../types.d.ts' */
import { element, freshId, write } from '../dom.js';
import { count } from '../format.js';
import { choiceOf } from '../parameters.js';

/** A number field tells that something else than a number was typed, and not what. */
const UNREADABLE = '…';

/**
 * @typedef {object} Field
 * @property {HTMLElement} block
 * @property {(state: State, problems: Record<string, string>) => void} show
 */

/**
 * @param {Parameter} parameter
 * @param {Laboratory} laboratory
 * @returns {Field}
 */
export function field(parameter, laboratory) {
  return parameter.kind === 'choice'
    ? choiceField(parameter, laboratory)
    : numberField(parameter, laboratory);
}

/**
 * A number with its unit and its bounds.
 * @param {NumberParameter} parameter
 * @param {Laboratory} laboratory
 * @returns {Field}
 */
function numberField({ name, label, unit, minimum, maximum, sentence }, laboratory) {
  const hint = element(
    'p',
    { class: 'hint field-hint', id: freshId('hint') },
    `${sentence} From ${count(minimum)} to ${count(maximum)}${unit ? ` ${unit}` : ''}.`,
  );
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
    laboratory.changeField(name, input.validity.badInput ? UNREADABLE : input.value);
  });

  const title = element('span', {}, element('label', { for: input.id }, label));
  if (name === 'seed') title.append(newSeed(laboratory));
  const box = element('span', { class: 'box' }, input);
  if (unit) box.append(element('span', { class: 'unit' }, unit));
  const row = element('div', { class: 'row' }, title, box);
  const block = element('div', { class: 'field' }, row, problem, hint);

  /** @type {Field['show']} */
  const show = (state, problems) => {
    const text = state.fields[name];
    if (input.value !== text && text !== UNREADABLE) input.value = text;
    input.setAttribute('aria-invalid', String(name in problems));
    write(problem, problems[name] ?? '');
  };
  return { block, show };
}

/**
 * One of several choices, with the chosen one's sentence; under it, and read aloud when it comes,
 * what is expected of one that is wrong on purpose.
 * @param {ChoiceParameter} parameter
 * @param {Laboratory} laboratory
 * @returns {Field}
 */
function choiceField(parameter, laboratory) {
  const { name, label, choices, sentence } = parameter;
  const said = element('p', { class: 'hint', id: freshId('hint') });
  const hint = element('p', { class: 'hint field-hint', id: freshId('hint') }, sentence);
  const flaw = element('div', { id: freshId('flaw'), role: 'status' });
  const select = element(
    'select',
    { id: freshId(name), 'aria-describedby': `${hint.id} ${said.id} ${flaw.id}` },
    ...choices.map(({ name, label }) => element('option', { value: name }, label)),
  );
  select.addEventListener('change', () => laboratory.changeField(name, select.value));
  const row = element('div', { class: 'row' }, element('label', { for: select.id }, label), select);
  const block = element('div', { class: 'field choice' }, row, hint, said, flaw);

  /** What the notice is of: one that came anew with every key would be read aloud each time. */
  let noticed = '';
  /** @type {Field['show']} */
  const show = ({ fields }) => {
    const chosen = choiceOf(parameter, fields[name]);
    select.value = fields[name];
    write(said, chosen?.description ?? '');
    const now = chosen?.flaw ?? '';
    if (now !== noticed) flaw.replaceChildren(...(now ? [flawNotice(now)] : []));
    noticed = now;
  };
  return { block, show };
}

/** @param {string} sentence */
function flawNotice(sentence) {
  const sign = element('span', { class: 'flaw-sign', 'aria-hidden': 'true' }, '⚠');
  return element('p', { class: 'flaw' }, sign, element('span', {}, sentence));
}

/** @param {Laboratory} laboratory */
function newSeed(laboratory) {
  const button = element('button', { type: 'button', class: 'quiet' }, 'New seed');
  button.addEventListener('click', () => laboratory.newSeed());
  return button;
}
