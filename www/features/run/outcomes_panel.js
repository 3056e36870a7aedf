/** What became of the attempts, status by status, under the core's own names. */
/** @import { State } from '../../types.d.ts' */
import { count, share, words } from '../../lib/format.js';
import { cardTable, namedRow } from '../../lib/card_table.js';

export function outcomesPanel() {
  const { card, body } = cardTable(
    'workers',
    'Outcomes',
    ['Status', 'Attempts', 'Share'],
    'numeric',
  );

  /** @type {State['report'] | undefined} */
  let shown;
  /** @param {State} state */
  return ({ report }) => {
    if (report === shown) return;
    shown = report;
    card.hidden = !report;
    if (!report) return;
    const { by_status, attempts } = report.totals;
    const rows = Object.entries(by_status).map(([status, number]) =>
      namedRow(words(status), count(number), share(number / Math.max(1, attempts))),
    );
    body.replaceChildren(...rows);
  };
}
