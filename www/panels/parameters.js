/** The preset and the parameters: everything about them comes from the core's description. */
/** @import { Laboratory } from '../laboratory.js' */
/** @import { Scenario, State } from '../types.d.ts' */
import { element, freshId, place, write } from '../dom.js';
import { chosen } from '../parameters.js';
import { isBusy } from '../state.js';
import { field } from './fields.js';

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
      choice.preset.description + (labels ? ` Changed here: ${labels.toLowerCase()}.` : ''),
    );
    for (const show of shows) show(state, choice.problems);
  };
}
