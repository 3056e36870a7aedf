/** The scenarios in groups, each with a line, and the description of the selected one. */
/** @import { App, Scenario, State } from '../../types.d.ts' */
import { changeDetector, isBusy } from '../../app/store.js';
import { byId, element, freshId, setText } from '../../lib/dom.js';
import { scenarioNamed } from './parameters.js';
import { groupsOf } from './scenario_groups.js';

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
      options.replaceChildren(...groupsOf(description.scenarios).flatMap(groupParts));
    }
    setText(text, scenarioNamed(description, scenario).description);
    const checked = /** @type {HTMLInputElement | null} */ (options.querySelector(':checked'));
    if (checked?.value === scenario) return;
    for (const input of options.querySelectorAll('input')) input.checked = input.value === scenario;
  };
}

/** @param {import('./scenario_groups.js').ScenarioGroup} group */
function groupParts({ title, items }) {
  return [element('p', { class: 'scenario-group side-title' }, title), ...items.map(optionOf)];
}

/** @param {{ scenario: Scenario, line: string }} item */
function optionOf({ scenario: { name, title, description }, line }) {
  const hint = element('span', { class: 'hint', id: freshId('line') }, line);
  const input = element('input', {
    type: 'radio',
    name: 'scenario',
    value: name,
    class: 'unseen',
    'aria-label': title,
    'aria-describedby': hint.id,
  });
  return element('label', { class: 'scenario', title: description }, input, element('span', {}, title), hint);
}
