/** Who answers: a choice that is always to be seen, with what it means in a sentence. */
/** @import { Answerer, Answering } from '../../types.d.ts' */
import { element, freshId, write } from '../../lib/dom.js';
import { folder } from '../../app/service_worker.js';

/** @type {Record<Answerer, string>} */
const TITLES = { tab: 'This tab’s ledger', server: 'The server' };

/** Who answers, in the middle of a sentence. @param {Answering['by']} by */
export function nameOf(by) {
  return by === 'tab' ? 'this tab’s ledger' : 'the server';
}

/**
 * @param {(by: Answerer) => Promise<void>} choose
 */
export function answerer(choose) {
  const said = element('p', { class: 'hint', id: freshId('answerer'), role: 'status' });
  const group = freshId('answers');
  const entries = /** @type {[Answerer, string][]} */ (Object.entries(TITLES));
  const options = entries.map(([by, title]) => {
    const radio = element('input', { type: 'radio', name: group, value: by });
    radio.addEventListener('change', async () => {
      write(said, 'Changing who answers.');
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
    /** @param {Answering} answering */
    show(answering) {
      for (const { by, radio } of options) {
        radio.checked = answering.by === by;
        radio.disabled = !answering[by];
      }
      write(said, sentenceOf(answering));
    },
  };
}

/** @param {Answering} answering */
function sentenceOf({ by, known, server, tab, trouble }) {
  if (!known) return 'Looking who answers.';
  const none = server ? '' : ' The server that sent this page has no ledger.';
  const why = trouble ? ` ${trouble}` : '';
  if (by === 'tab') {
    return `A ledger in this page’s memory, beside the runs, with the users aaron, bryan, auditor and operator. It is gone when the page is.${none}${why}`;
  }
  if (by === 'server') return `The ledger at ${folder.origin}, which sent this page.${why}`;
  const blocked = tab ? '' : ' This browser lets no service worker answer for the page.';
  return `Nobody can answer here.${none}${why || blocked}`;
}
