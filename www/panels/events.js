/**
 * What happens on the way: counted while the workers work, and told in sentences afterwards. The
 * panel is there once something has happened; most runs have nothing to tell.
 */
/** @import { State } from '../types.d.ts' */
import { element, place, write } from '../dom.js';
import { eventsOf, toldOf } from '../events.js';
import { capital } from '../trouble.js';

export function events() {
  const title = element('h2', { id: 'events-title' }, 'Events');
  const list = element('ul', { class: 'events', 'aria-labelledby': title.id });
  // Read aloud once for each kind: its count may change ten times a second.
  const said = element('p', { class: 'unseen', role: 'status' });
  const panel = place('events');
  panel.append(title, list);
  // Outside of the panel, because what is hidden is not watched.
  panel.after(said);

  /** What is shown, as text, so that an unchanged list stays as it is. */
  let shown = '';
  /** @param {State} state */
  return (state) => {
    const happened = eventsOf(state);
    panel.hidden = happened.length === 0;
    write(said, happened.map(({ title }) => `${title}.`).join(' '));
    const now = JSON.stringify(happened);
    if (now === shown) return;
    shown = now;
    list.replaceChildren(
      ...happened.map((event) => {
        const item = element('li', {}, element('strong', {}, event.title), toldOf(event));
        if (event.messages.length > 0) item.append(told(event));
        return item;
      }),
    );
  };
}

/** @param {ReturnType<typeof eventsOf>[number]} event */
function told({ title, sentences, count }) {
  const lines = sentences.map((text) => element('li', {}, capital(text)));
  const label = sentences.length < count ? `${title}, the first ${sentences.length}` : title;
  return element('ul', { class: 'sentences', 'aria-label': label }, ...lines);
}
