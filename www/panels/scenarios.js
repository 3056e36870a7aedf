/** The scenarios as cards, each with a sentence of what one is about to see. */
/** @import { Laboratory } from '../laboratory.js' */
/** @import { Scenario, State } from '../types.d.ts' */
import { element, place } from '../dom.js';
import { isBusy } from '../state.js';

/** @param {Laboratory} laboratory */
export function scenarios(laboratory) {
  const cards = element('div', { class: 'cards' });
  const group = element(
    'fieldset',
    { class: 'group' },
    element('legend', { class: 'side-title' }, 'Scenario'),
    cards,
  );
  place('parameters').append(group);
  cards.addEventListener('change', (event) => {
    laboratory.chooseScenario(/** @type {HTMLInputElement} */ (event.target).value);
  });

  /** @type {State['description']} */
  let shown = null;
  /** @param {State} state */
  return (state) => {
    group.hidden = !state.description;
    group.disabled = isBusy(state);
    if (!state.description) return;
    if (state.description !== shown) {
      cards.replaceChildren(...state.description.scenarios.map(card));
      shown = state.description;
    }
    const checked = /** @type {HTMLInputElement | null} */ (cards.querySelector(':checked'));
    if (checked?.value === state.scenario) return;
    for (const input of cards.querySelectorAll('input')) {
      input.checked = input.value === state.scenario;
    }
  };
}

/** @param {Scenario} scenario */
function card({ name, title, sentence }) {
  return element(
    'label',
    { class: 'scenario' },
    element('input', { type: 'radio', name: 'scenario', value: name, class: 'unseen' }),
    element('span', { class: 'scenario-title' }, title),
    element('span', { class: 'scenario-sentence' }, sentence),
  );
}
