/** Tells where the run first differs from the serial replay, with the two entries that explain it side by side. */
/** @import { State } from '../../types.d.ts' */
import { changeDetector } from '../../app/store.js';
import { element, freshId, headingRow, namedRow, setText } from '../../lib/dom.js';
import { asSentence, capitalized } from '../../lib/user_error.js';
import { entriesSideBySide, storyOf } from './stale_read.js';

const NO_STORY =
  'The accounts had as many changes as in a serial run, but not the same balances: an earlier attempt overwrote a ' +
  'part of one. The entry and its neighbours are below.';

export function divergenceView() {
  const title = element('h3', { id: freshId('divergence') }, 'Who read and overwrote what');
  const story = element('ol', { class: 'divergence-story', 'aria-labelledby': title.id });
  const body = element('tbody');
  const caption = element('caption', { class: 'unseen' }, 'The two entries side by side');
  const table = element('table', { class: 'worded divergence-entries' }, caption);
  table.append(element('thead', {}, headingRow(['Entry', 'Other change', 'Entry that differs'])), body);
  const explanation = element('section', { class: 'divergence-story-card', 'aria-labelledby': title.id }, title, story, table);
  const message = element('p', { class: 'divergence-text', role: 'status' });
  const block = element('div', { class: 'divergence' }, explanation, message);

  const changed = changeDetector();
  /** @param {State} state */
  const show = ({ trail: { divergence, stale_read }, account_layout }) => {
    if (!changed(divergence, stale_read, account_layout)) return;
    setText(message, divergence ? capitalized(asSentence(divergence.message)) : '');
    explanation.hidden = stale_read === null;
    if (!stale_read) return;
    table.hidden = stale_read === 'none';
    if (stale_read === 'none') {
      story.replaceChildren(element('li', {}, NO_STORY));
      return;
    }
    story.replaceChildren(...storyOf(stale_read, account_layout).map((text) => element('li', {}, text)));
    const rows = entriesSideBySide(stale_read, account_layout);
    body.replaceChildren(...rows.map(([label, first, second]) => namedRow(label, first, second)));
  };
  return { element: block, show };
}
