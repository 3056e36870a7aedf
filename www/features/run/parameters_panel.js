/** The preset and the parameters: everything about them comes from the core's description. */
/** @import { App } from '../../app/app.js' */
/** @import { Scenario, State } from '../../types.d.ts' */
import { element, freshId, byId, setText } from '../../lib/dom.js';
import { selection } from './parameters.js';
import { isBusy } from '../../app/store.js';
import { parameterField } from './parameter_field.js';

/** @param {App} app */
export function parametersPanel(app) {
  const form = byId('parameters');
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

  preset.addEventListener('change', () => app.choosePreset(preset.value));
  explain.addEventListener('click', () => {
    const pressed = fields.classList.toggle('explained');
    explain.setAttribute('aria-pressed', String(pressed));
  });
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    const wrong = /** @type {HTMLElement | null} */ (fields.querySelector('[aria-invalid="true"]'));
    if (wrong) wrong.focus();
    else app.run();
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
    const choice = selection(state);
    group.hidden = explain.hidden = !choice;
    group.disabled = isBusy(state);
    if (!choice) return;
    if (choice.scenario !== shown) {
      shown = choice.scenario;
      preset.replaceChildren(
        ...shown.presets.map(({ name, title }) => element('option', { value: name }, title)),
      );
      const made = shown.parameters.map((parameter) => parameterField(parameter, app));
      fields.replaceChildren(...made.map(({ block }) => block));
      shows = made.map(({ show }) => show);
    }
    preset.value = choice.preset.name;
    const labels = choice.changed.map(({ label }) => label).join(', ');
    setText(
      presetSentence,
      choice.preset.sentence + (labels ? ` Changed here: ${labels.toLowerCase()}.` : ''),
    );
    for (const show of shows) show(state, choice.problems);
  };
}
