/** The switch under More that stores the ledger of the next run in this browser. */
/** @import { App, State } from '../../types.d.ts' */
import { element, freshId, setText } from '../../lib/dom.js';
import { choiceOf, selection } from '../run/parameters.js';

const HINT =
  'Each call waits for the disk, which costs throughput. The ledger stays in this browser, in place of the one stored before. ' +
  'Comparisons store nothing.';
const FLAWED = 'This concurrency control is incorrect on purpose, and only ledgers under a correct one are stored.';

/** @param {App} app */
export function storeSwitch({ stored_ledgers }) {
  const hint = element('p', { class: 'hint', id: freshId('hint') }, HINT);
  const input = element('input', { type: 'checkbox', 'aria-describedby': hint.id });
  input.addEventListener('change', () => stored_ledgers.choose(input.checked));
  const block = element('div', { class: 'field store-switch' }, element('label', { class: 'tick' }, input, 'Keep on disk'), hint);
  /** @param {State} state */
  const show = (state) => {
    const reason = state.stored_ledger.unsupported || (isFlawed(state) ? FLAWED : '');
    input.disabled = reason !== '';
    input.checked = state.stored_ledger.is_on && reason === '';
    setText(hint, reason || HINT);
  };
  return { block, show };
}

/** Whether a choice of the selected run is incorrect on purpose. @param {State} state */
export function isFlawed(state) {
  const parameters = selection(state)?.scenario.parameters ?? [];
  return parameters.some((parameter) => choiceOf(parameter, state.fields[parameter.name])?.flaw);
}
