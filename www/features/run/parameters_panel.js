/**
 * The preset and the fields of the parameters, as the core describes them. Four are in sight, the others under More,
 * which opens when one of them needs attention.
 */
/** @import { App, Scenario, State } from '../../types.d.ts' */
import { changeDetector, isBusy } from '../../app/store.js';
import { storeSwitch } from '../stored_ledger/store_switch.js';
import { byId, element, freshId, setText } from '../../lib/dom.js';
import { parameterField } from './parameter_field.js';
import { selection } from './parameters.js';

/** The parameters in sight. */
const MAIN = ['workers', 'concurrency', 'accounts', 'operations'];

/** @param {App} app */
export function parametersPanel(app) {
  const form = byId('parameters');
  const hint = element('p', { class: 'hint', id: freshId('hint') });
  const preset = element('select', { id: freshId('preset'), 'aria-describedby': hint.id });
  const main = element('div', { class: 'fields' });
  const others = element('div', { class: 'fields' });
  const store_switch = storeSwitch(app);
  const more = element('details', { class: 'more' }, element('summary', {}, 'More'), others, store_switch.block);
  const fields = element('div', {}, main, more);
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
  /** The changed and invalid parameters under More. */
  let opened_for = '';
  /** @type {((state: State, problems: Record<string, string>) => void)[]} */
  let shows = [];
  const changed = changeDetector();
  /** @param {State} state */
  return (state) => {
    if (!changed(state.description, state.scenario, state.preset, state.fields, state.stored_ledger, isBusy(state))) return;
    const selected = selection(state);
    group.hidden = explain.hidden = !selected;
    group.disabled = isBusy(state);
    if (!selected) return;
    if (selected.scenario !== shown) {
      shown = selected.scenario;
      preset.replaceChildren(
        ...shown.presets.map(({ name, title }) => element('option', { value: name }, title)),
      );
      const created = shown.parameters.map((parameter) => {
        const { block, show } = parameterField(parameter, app);
        return { block, show, is_main: MAIN.includes(parameter.name) };
      });
      const blocks = (/** @type {boolean} */ is_main) => created.filter((field) => field.is_main === is_main);
      main.replaceChildren(...blocks(true).map(({ block }) => block));
      others.replaceChildren(...blocks(false).map(({ block }) => block));
      shows = created.map(({ show }) => show);
    }
    const noted = [...selected.changed.map(({ name }) => name), ...Object.keys(selected.problems)];
    const needed = noted.filter((name) => !MAIN.includes(name)).join();
    // A reader who has closed it is not overruled.
    if (needed !== opened_for && needed !== '') more.open = true;
    opened_for = needed;
    preset.value = selected.preset.name;
    const labels = selected.changed.map(({ label }) => label.toLowerCase()).join(', ');
    setText(hint, selected.preset.description + (labels ? ` Changed: ${labels}.` : ''));
    for (const show of shows) show(state, selected.problems);
    store_switch.show(state);
  };
}
