/**
 * The scenarios by name, and a sentence of what one is about to see in the chosen one. There are too
 * many for all their sentences to stand there at once; each is its scenario's description for
 * screen readers, and comes up under the pointer.
 */
/** @import { App } from '../../app/app.js' */
/** @import { Scenario, State } from '../../types.d.ts' */
import { element, byId, setText } from '../../lib/dom.js';
import { scenarioNamed } from './parameters.js';
import { isBusy } from '../../app/store.js';

/** @param {App} app */
export function scenarioPicker(app) {
  const choices = element('div', { class: 'scenarios' });
  const sentence = element('p', { class: 'hint scenario-sentence' });
  const group = element(
    'fieldset',
    { class: 'group' },
    element('legend', { class: 'side-title' }, 'Scenario'),
    choices,
    sentence,
  );
  byId('parameters').append(group);
  choices.addEventListener('change', (event) => {
    app.chooseScenario(/** @type {HTMLInputElement} */ (event.target).value);
  });

  /** @type {State['description']} */
  let shown = null;
  /** @param {State} state */
  return (state) => {
    group.hidden = !state.description;
    group.disabled = isBusy(state);
    if (!state.description) return;
    if (state.description !== shown) {
      choices.replaceChildren(...state.description.scenarios.map(choice));
      shown = state.description;
    }
    setText(sentence, scenarioNamed(state.description, state.scenario).sentence);
    const checked = /** @type {HTMLInputElement | null} */ (choices.querySelector(':checked'));
    if (checked?.value === state.scenario) return;
    for (const input of choices.querySelectorAll('input')) {
      input.checked = input.value === state.scenario;
    }
  };
}

/** @param {Scenario} scenario */
function choice({ name, title, sentence }) {
  return element(
    'label',
    { class: 'scenario', title: sentence },
    element('input', {
      type: 'radio',
      name: 'scenario',
      value: name,
      class: 'unseen',
      title: sentence,
    }),
    element('span', {}, title),
  );
}
