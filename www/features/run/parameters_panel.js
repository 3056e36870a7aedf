/** The preset and the fields of the parameters, as the core describes them. */
/** @import { App, Scenario, State } from '../../types.d.ts' */
import { changeDetector, isBusy } from '../../app/store.js';
import { byId, element, freshId, setText } from '../../lib/dom.js';
import { parameterField } from './parameter_field.js';
import { selection } from './parameters.js';

/** @param {App} app */
export function parametersPanel(app) {
  const form = byId('parameters');
  const hint = element('p', { class: 'hint', id: freshId('hint') });
  const preset = element('select', { id: freshId('preset'), 'aria-describedby': hint.id });
  const fields = element('div', { class: 'fields' });
  const explain = element('button', { type: 'button', class: 'quiet', 'aria-pressed': 'false' }, 'Explain');
  const row = element('div', { class: 'row' }, element('label', { for: preset.id }, 'Preset'), preset);
  const group = element(
    'fieldset',
    { class: 'group' },
    element('legend', { class: 'side-title' }, 'Parameters'),
    element('div', { class: 'preset' }, row, hint),
    fields,
  );
  form.append(group, explain);

  preset.addEventListener('change', () => app.choosePreset(preset.value));
  explain.addEventListener('click', () => {
    const is_pressed = fields.classList.toggle('explained');
    explain.setAttribute('aria-pressed', String(is_pressed));
  });
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    const invalid = /** @type {HTMLElement | null} */ (fields.querySelector('[aria-invalid="true"]'));
    if (invalid) invalid.focus();
    else app.run();
  });

  /** @type {Scenario | null} */
  let shown = null;
  /** @type {((state: State, problems: Record<string, string>) => void)[]} */
  let shows = [];
  const changed = changeDetector();
  /** @param {State} state */
  return (state) => {
    if (!changed(state.description, state.scenario, state.preset, state.fields, isBusy(state))) return;
    const selected = selection(state);
    group.hidden = explain.hidden = !selected;
    group.disabled = isBusy(state);
    if (!selected) return;
    if (selected.scenario !== shown) {
      shown = selected.scenario;
      preset.replaceChildren(
        ...shown.presets.map(({ name, title }) => element('option', { value: name }, title)),
      );
      const created = shown.parameters.map((parameter) => parameterField(parameter, app));
      fields.replaceChildren(...created.map(({ block }) => block));
      shows = created.map(({ show }) => show);
    }
    preset.value = selected.preset.name;
    const labels = selected.changed.map(({ label }) => label.toLowerCase()).join(', ');
    setText(hint, selected.preset.description + (labels ? ` Changed: ${labels}.` : ''));
    for (const show of shows) show(state, selected.problems);
  };
}
