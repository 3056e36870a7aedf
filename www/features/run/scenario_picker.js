/**
 * The scenarios by name, with the description of the selected one. The others have theirs as a
 * tooltip and for screen readers.
 */
/** @import { App, Scenario, State } from '../../types.d.ts' */
import { changeDetector, isBusy } from '../../app/store.js';
import { byId, element, setText } from '../../lib/dom.js';
import { scenarioNamed } from './parameters.js';

/** @param {App} app */
export function scenarioPicker(app) {
  const options = element('div', { class: 'scenarios' });
  const text = element('p', { class: 'hint scenario-text' });
  const legend = element('legend', { class: 'side-title' }, 'Scenario');
  const group = element('fieldset', { class: 'group' }, legend, options, text);
  byId('parameters').append(group);
  options.addEventListener('change', ({ target }) => {
    app.chooseScenario(/** @type {HTMLInputElement} */ (target).value);
  });

  const descriptionChanged = changeDetector();
  /** @param {State} state */
  return (state) => {
    const { description, scenario } = state;
    group.hidden = !description;
    group.disabled = isBusy(state);
    if (!description) return;
    if (descriptionChanged(description)) {
      options.replaceChildren(...description.scenarios.map(optionOf));
    }
    setText(text, scenarioNamed(description, scenario).description);
    const checked = /** @type {HTMLInputElement | null} */ (options.querySelector(':checked'));
    if (checked?.value === scenario) return;
    for (const input of options.querySelectorAll('input')) input.checked = input.value === scenario;
  };
}

/** @param {Scenario} scenario */
function optionOf({ name, title, description }) {
  const attributes = { type: 'radio', name: 'scenario', value: name, class: 'unseen', title: description };
  const parts = [element('input', attributes), element('span', {}, title)];
  return element('label', { class: 'scenario', title: description }, ...parts);
}
