/** What became of the attempts, status by status, under the core's own names. */
/** @import { State } from '../types.d.ts' */
import { element, place } from '../dom.js';
import { count, share, words } from '../format.js';

export function outcomes() {
  const body = element('tbody');
  const card = element(
    'div',
    { class: 'card' },
    element('h2', { id: 'outcomes-title' }, 'Outcomes'),
    element(
      'table',
      { class: 'numeric', 'aria-labelledby': 'outcomes-title' },
      element(
        'thead',
        {},
        element(
          'tr',
          {},
          ...['Status', 'Attempts', 'Share'].map((title) => element('th', { scope: 'col' }, title)),
        ),
      ),
      body,
    ),
  );
  place('findings').append(card);

  /** @type {State['report'] | undefined} */
  let shown;
  /** @param {State} state */
  return ({ report }) => {
    if (report === shown) return;
    shown = report;
    card.hidden = !report;
    if (!report) return;
    const { by_status, attempts } = report.totals;
    body.replaceChildren(
      ...Object.entries(by_status).map(([status, number]) =>
        element(
          'tr',
          {},
          element('th', { scope: 'row' }, words(status)),
          element('td', {}, count(number)),
          element('td', {}, share(number / Math.max(1, attempts))),
        ),
      ),
    );
  };
}
