/** Who answers: a choice that is always to be seen, with what it means in a sentence. */
/** @import { ApiTarget, ApiTargetState } from '../../types.d.ts' */
import { element, freshId, setText } from '../../lib/dom.js';
import { folder } from '../../app/service_worker.js';

/** @type {Record<ApiTarget, string>} */
const TITLES = { tab: 'This tab’s ledger', server: 'The server' };

/** Who answers, in the middle of a sentence. @param {ApiTargetState['active']} by */
export function targetName(by) {
  return by === 'tab' ? 'this tab’s ledger' : 'the server';
}

/**
 * @param {(by: ApiTarget) => Promise<void>} choose
 */
export function apiTargetPicker(choose) {
  const said = element('p', { class: 'hint', id: freshId('answerer'), role: 'status' });
  const group = freshId('answers');
  const entries = /** @type {[ApiTarget, string][]} */ (Object.entries(TITLES));
  const options = entries.map(([by, title]) => {
    const radio = element('input', { type: 'radio', name: group, value: by });
    radio.addEventListener('change', async () => {
      setText(said, 'Changing who answers.');
      await choose(by);
    });
    return { by, radio, label: element('label', { class: 'answerer' }, radio, title) };
  });
  const block = element(
    'fieldset',
    { class: 'group answerers', 'aria-describedby': said.id },
    element('legend', {}, 'Who answers'),
    ...options.map(({ label }) => label),
    said,
  );
  return {
    block,
    /** @param {ApiTargetState} answering */
    show(answering) {
      for (const { by, radio } of options) {
        radio.checked = answering.active === by;
        radio.disabled = !answering[by];
      }
      setText(said, sentenceOf(answering));
    },
  };
}

/** @param {ApiTargetState} answering */
function sentenceOf({ active, checked, server, tab, error }) {
  if (!checked) return 'Looking who answers.';
  const none = server ? '' : ' The server that sent this page has no ledger.';
  const why = error ? ` ${error}` : '';
  if (active === 'tab') {
    return `A ledger in this page’s memory, beside the runs, with the users aaron, bryan, auditor and operator. It is gone when the page is.${none}${why}`;
  }
  if (active === 'server') return `The ledger at ${folder.origin}, which sent this page.${why}`;
  const blocked = tab ? '' : ' This browser lets no service worker answer for the page.';
  return `Nobody can answer here.${none}${why || blocked}`;
}
