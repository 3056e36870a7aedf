/** Selects the ledger that answers, with a sentence about it. */
/** @import { ApiTarget, ApiTargetState } from '../../types.d.ts' */
import { folder } from '../../app/service_worker.js';
import { element, freshId, setText } from '../../lib/dom.js';

/** @type {Record<ApiTarget, string>} */
const TITLES = { tab: 'This tab’s ledger', server: 'The server' };

/** Returns the target's name for use in a sentence. @param {ApiTargetState['active']} target */
export function targetName(target) {
  return target === 'tab' ? 'this tab’s ledger' : 'the server';
}

/** @param {(target: ApiTarget) => Promise<void>} choose */
export function apiTargetPicker(choose) {
  const status = element('p', { class: 'hint', id: freshId('target'), role: 'status' });
  const name = freshId('targets');
  const entries = /** @type {[ApiTarget, string][]} */ (Object.entries(TITLES));
  const options = entries.map(([target, title]) => {
    const radio = element('input', { type: 'radio', name, value: target });
    radio.addEventListener('change', () => {
      setText(status, 'Switching.');
      choose(target);
    });
    return { target, radio, label: element('label', { class: 'tick' }, radio, title) };
  });
  const block = element(
    'fieldset',
    { class: 'group ticks', 'aria-describedby': status.id },
    element('legend', { class: 'side-title' }, 'Send requests to'),
    ...options.map(({ label }) => label),
    status,
  );
  /** @param {ApiTargetState} state */
  const show = (state) => {
    for (const { target, radio } of options) {
      radio.checked = state.active === target;
      radio.disabled = !state[target];
    }
    setText(status, textOf(state));
  };
  return { block, show };
}

/** @param {ApiTargetState} state */
function textOf({ active, checked, server, tab, error }) {
  if (!checked) return 'Checking which ledgers are available.';
  const no_server = server ? '' : ' The server that sent this page has no ledger.';
  const reason = error ? ` ${error}` : '';
  if (active === 'tab') {
    return (
      'A ledger in this page’s memory, separate from the runs, with the users aaron, bryan, auditor ' +
      `and operator. It is lost when the page is closed.${no_server}${reason}`
    );
  }
  if (active === 'server') return `The ledger at ${folder.origin}, which sent this page.${reason}`;
  const unsupported = tab ? '' : ' This browser does not allow a service worker here.';
  return `No ledger can answer.${no_server}${reason || unsupported}`;
}
