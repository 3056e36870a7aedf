/** The table of accounts, fifty at a time, with buttons in the headings that sort it. */
/** @import { AccountOrder, AccountsController, DisplayedAccount, State } from '../../types.d.ts' */
import { changeDetector } from '../../app/store.js';
import { actionButton, element, namedRow, setText } from '../../lib/dom.js';
import { amount, count } from '../../lib/format.js';

/** @type {[string, AccountOrder | null][]} */
const COLUMNS = [
  ['Account', 'name'],
  ['Balance', 'balance'],
  ['Held', 'pending'],
  ['Debits', null],
  ['Credits', null],
  ['Changes', 'changes'],
];

/** @param {AccountsController} accounts */
export function accountsTable(accounts) {
  const headings = COLUMNS.map(([title, order]) => {
    const content = order ? actionButton(title, () => accounts.sort(order), 'sorts') : title;
    return element('th', { scope: 'col' }, content);
  });
  const body = element('tbody');
  const table = element('table', { class: 'numeric accounts', 'aria-labelledby': 'accounts-title' });
  table.append(element('thead', {}, element('tr', {}, ...headings)), body);
  const region = { role: 'region', 'aria-label': 'Table of accounts', tabindex: 0 };
  const scroll = element('div', { class: 'scroll', ...region }, table);
  const range = element('span', { class: 'note' });
  // Announced after a search and after turning the page, not after each run.
  const status = element('p', { class: 'unseen', role: 'status' });

  /** @param {string} title @param {1 | -1} direction */
  const pageButton = (title, direction) => {
    const button = actionButton(title, () => {
      if (button.getAttribute('aria-disabled') === 'false') accounts.turnPage(direction);
    });
    return button;
  };
  const previous = pageButton('Previous', -1);
  const next = pageButton('Next', 1);
  const pages = element('div', { class: 'verbs pages' }, previous, next, range, status);
  const block = element('div', {}, scroll, pages);

  /** @param {DisplayedAccount} account @param {boolean} has_ledger */
  const rowOf = (account, has_ledger) => {
    const { id, name, issuer, balance, debits_pending, debits_posted, credits_posted } = account;
    const select = actionButton(name, () => accounts.select(id, name), 'link');
    const title = element('span', {}, has_ledger ? select : name);
    if (issuer) title.append(element('span', { class: 'note' }, ' issues coins'));
    const sums = [balance, debits_pending, debits_posted, credits_posted].map(amount);
    return namedRow(title, ...sums, account.changes === null ? '–' : amount(account.changes));
  };

  const pageChanged = changeDetector();
  /** @param {State} state */
  const show = ({ accounts: { page, query }, reader }) => {
    headings.forEach((heading, index) => {
      const [, order] = COLUMNS[index];
      if (!order) return;
      const direction = query.descending ? 'descending' : 'ascending';
      heading.setAttribute('aria-sort', order === query.order ? direction : 'none');
      // A report does not have the number of changes.
      const button = /** @type {HTMLButtonElement} */ (heading.firstChild);
      button.disabled = order === 'changes' && reader === null;
    });
    block.hidden = page === null;
    if (!page || !pageChanged(page)) return;
    // The focus stays at the same row, although it shows another account.
    const buttons = () => [...body.querySelectorAll('button')];
    const focused = buttons().findIndex((button) => button === document.activeElement);
    body.replaceChildren(...page.rows.map((account) => rowOf(account, reader !== null)));
    if (focused >= 0) buttons()[focused]?.focus({ preventScroll: true });
    const last = query.first + page.rows.length;
    const rows = `${count(query.first + 1)} to ${count(last)} of ${count(page.found)}`;
    const text = page.rows.length > 0 ? rows : 'No matching accounts.';
    setText(range, text);
    setText(status, query.text || query.first > 0 ? text : '');
    // Both keep the focus on the first and on the last page.
    previous.setAttribute('aria-disabled', String(query.first === 0));
    next.setAttribute('aria-disabled', String(last >= page.found));
  };
  return { element: block, show };
}
