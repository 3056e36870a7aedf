/** The preset and the parameters: everything about them comes from the core's description. */
/** @import { Laboratory } from '../laboratory.js' */
/** @import { Parameter, Scenario, State } from '../types.d.ts' */
import { element, freshId, place, write } from '../dom.js';
import { count } from '../format.js';
import { chosen } from '../parameters.js';
import { isBusy } from '../state.js';

/** A number field tells that something else than a number was typed, and not what. */
const UNREADABLE = '…';

/** @param {Laboratory} laboratory */
export function parameters(laboratory) {
  const form = place('parameters');
  const presetSentence = element('p', { class: 'hint', id: freshId('hint') });
  const preset = element('select', {
    id: freshId('preset'),
    'aria-describedby': presetSentence.id,
  });
  const fields = element('div', { class: 'fields' });
  const explain = element(
    'button',
    { type: 'button', class: 'quiet', 'aria-pressed': 'false' },
    'Explain',
  );
  const group = element(
    'fieldset',
    { class: 'group' },
    element('legend', { class: 'side-title' }, 'Parameters'),
    element(
      'div',
      { class: 'preset' },
      element('div', { class: 'row' }, element('label', { for: preset.id }, 'Preset'), preset),
      presetSentence,
    ),
    fields,
  );
  form.append(group, explain);

  preset.addEventListener('change', () => laboratory.choosePreset(preset.value));
  explain.addEventListener('click', () => {
    const pressed = fields.classList.toggle('explained');
    explain.setAttribute('aria-pressed', String(pressed));
  });
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    const wrong = /** @type {HTMLElement | null} */ (fields.querySelector('[aria-invalid="true"]'));
    if (wrong) wrong.focus();
    else laboratory.run();
  });

  /** @type {Scenario | null} */
  let shown = null;
  /** @type {((state: State, problems: Record<string, string>) => void)[]} */
  let shows = [];
  /** What was shown last: a run changes nothing here ten times a second. @type {unknown[]} */
  let last = [];
  /** @param {State} state */
  return (state) => {
    const now = [state.description, state.scenario, state.preset, state.fields, isBusy(state)];
    if (now.every((part, index) => part === last[index])) return;
    last = now;
    const choice = chosen(state);
    group.hidden = explain.hidden = !choice;
    group.disabled = isBusy(state);
    if (!choice) return;
    if (choice.scenario !== shown) {
      shown = choice.scenario;
      preset.replaceChildren(
        ...shown.presets.map(({ name, title }) => element('option', { value: name }, title)),
      );
      const made = shown.parameters.map((parameter) => field(parameter, laboratory));
      fields.replaceChildren(...made.map(({ block }) => block));
      shows = made.map(({ show }) => show);
    }
    preset.value = choice.preset.name;
    const labels = choice.changed.map(({ label }) => label).join(', ');
    write(
      presetSentence,
      choice.preset.sentence + (labels ? ` Changed here: ${labels.toLowerCase()}.` : ''),
    );
    for (const show of shows) show(state, choice.problems);
  };
}

/**
 * One parameter: a label, a number, its bounds and meaning for those who ask, and what is wrong
 * with it.
 * @param {Parameter} parameter
 * @param {Laboratory} laboratory
 */
function field({ name, label, unit, minimum, maximum, sentence }, laboratory) {
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

  /** @param {State} state @param {Record<string, string>} problems */
  const show = (state, problems) => {
    const text = state.fields[name];
    if (input.value !== text && text !== UNREADABLE) input.value = text;
    input.setAttribute('aria-invalid', String(name in problems));
    write(problem, problems[name] ?? '');
  };
  return { block, show };
}

/** @param {Laboratory} laboratory */
function newSeed(laboratory) {
  const button = element('button', { type: 'button', class: 'quiet' }, 'New seed');
  button.addEventListener('click', () => laboratory.newSeed());
  return button;
}
