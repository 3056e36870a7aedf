/** The first of the final balances; all that the core lists are in the report. */
/** @import { AccountRow, State } from '../types.d.ts' */
import { element, place, write } from '../dom.js';
import { amount, count } from '../format.js';

const ROWS_MAX = 10;
const HEADINGS = ['Account', 'Balance', 'Debits', 'Credits'];

export function balances() {
  const body = element('tbody');
  const note = element('span', { class: 'note' });
  const card = element(
    'div',
    { class: 'card' },
    element(
      'details',
      { class: 'balances', open: true },
      element('summary', {}, element('h2', { id: 'balances-title' }, 'Final balances'), ' ', note),
      element(
        'div',
        { class: 'scroll', role: 'region', 'aria-label': 'Final balances', tabindex: 0 },
        element(
          'table',
          { class: 'numeric', 'aria-labelledby': 'balances-title' },
          element(
            'thead',
            {},
            element('tr', {}, ...HEADINGS.map((title) => element('th', { scope: 'col' }, title))),
          ),
          body,
        ),
      ),
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
    const rows = report.accounts.rows.slice(0, ROWS_MAX);
    write(note, `${count(rows.length)} of ${count(report.accounts.count)}, in coins`);
    body.replaceChildren(...rows.map(row));
  };
}

/** @param {AccountRow} account */
function row({ name, issuer, debits_posted, credits_posted }) {
  const title = element('th', { scope: 'row' }, name);
  if (issuer) title.append(element('span', { class: 'note' }, ' issues coins'));
  const balance = BigInt(credits_posted) - BigInt(debits_posted);
  const texts = [balance, debits_posted, credits_posted].map(amount);
  return element('tr', {}, title, ...texts.map((text) => element('td', {}, text)));
}
