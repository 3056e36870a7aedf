/** The events of the current run: counted while it runs, listed in its report afterwards. */
/** @import { Event, State } from '../../types.d.ts' */
import { byId, element, setText } from '../../lib/dom.js';
import { count, moment } from '../../lib/format.js';
import { asSentence, capitalized } from '../../lib/user_error.js';

/**
 * Returns the events that have happened, in the order of the scenario's description.
 * @param {Pick<State, 'report' | 'reading' | 'current_run'>} state
 * @returns {Event[]}
 */
export function eventsOf({ report, reading, current_run }) {
  if (report) return report.events;
  const kinds = current_run?.scenario.events ?? [];
  return (reading?.events ?? []).flatMap((happened) => {
    const kind = kinds.find(({ place }) => place === happened.place);
    return kind ? [{ ...kind, ...happened, messages: [] }] : [];
  });
}

/**
 * Returns how often and when, to follow an event's title: ", 3 times, first at 0.104 s".
 * @param {Event} event
 */
export function countAndTime({ count: times, first_at_ns }) {
  const at = moment(first_at_ns);
  return times === 1 ? ` at ${at}` : `, ${count(times)} times, first at ${at}`;
}

/** Builds the panel, which is hidden until something has happened. */
export function eventsPanel() {
  const title = element('h2', { id: 'events-title' }, 'Events');
  const list = element('ul', { class: 'events', 'aria-labelledby': title.id });
  // Each kind is announced once: its count may change five times a second.
  const status = element('p', { class: 'unseen', role: 'status' });
  const panel = byId('events');
  panel.append(title, list);
  // It is outside of the panel because hidden elements are not announced.
  panel.after(status);

  /** The events that are shown, as text. */
  let shown = '';
  /** @param {State} state */
  return (state) => {
    const events = eventsOf(state);
    panel.hidden = events.length === 0;
    setText(status, events.map((event) => `${event.title}.`).join(' '));
    const text = JSON.stringify(events);
    if (text === shown) return;
    shown = text;
    list.replaceChildren(...events.map(itemOf));
  };
}

/** @param {Event} event */
function itemOf(event) {
  const { title, messages, count: times } = event;
  const item = element('li', {}, element('strong', {}, title), countAndTime(event));
  if (messages.length > 0) {
    const lines = messages.map((text) => element('li', {}, capitalized(asSentence(text))));
    const label = messages.length < times ? `${title}, the first ${messages.length}` : title;
    item.append(element('ul', { class: 'messages', 'aria-label': label }, ...lines));
  }
  return item;
}
