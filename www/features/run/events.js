/** What has happened in the run that is shown: from its counters while it works, then its report. */
/** @import { Event, State } from '../../types.d.ts' */
import { count, moment } from '../../lib/format.js';

/**
 * In the order of the scenario's description; what has not happened is not among it.
 * @param {Pick<State, 'report' | 'reading' | 'current_run'>} state
 * @returns {Event[]}
 */
export function eventsOf({ report, reading, current_run }) {
  if (report) return report.events;
  const kinds = current_run?.scenario.events ?? [];
  return (reading?.events ?? []).flatMap((happened) => {
    const kind = kinds.find(({ place }) => place === happened.place);
    return kind ? [{ ...kind, ...happened, sentences: [] }] : [];
  });
}

/**
 * How often and when, to be read after the event's title: ", 3 times, first at 0.104 s".
 * @param {Event} event
 */
export function countAndTime({ count: times, first_at_ns }) {
  const at = moment(first_at_ns);
  return times === 1 ? ` at ${at}` : `, ${count(times)} times, first at ${at}`;
}
