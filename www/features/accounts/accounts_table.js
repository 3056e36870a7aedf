/** The table of accounts, fifty at a time, sorted by the headings that are buttons. */
/** @import { AccountsController } from './accounts_controller.js' */
/** @import { AccountOrder, DisplayedAccount, State } from '../../types.d.ts' */
import { element, setText } from '../../lib/dom.js';
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

/** @param {AccountsController} accounting */
export function accountsTable(accounting) {
  const headings = COLUMNS.map(([title, order]) => {
    const heading = element('th', { scope: 'col' });
    if (!order) {
      heading.append(title);
      return heading;
    }
    const button = element('button', { type: 'button', class: 'sorts' }, title);
    button.addEventListener('click', () => accounting.sort(order));
    heading.append(button);
    return heading;
  });
  const body = element('tbody');
  const table = element('table', {
    class: 'numeric accounts',
    'aria-labelledby': 'accounts-title',
  });
  table.append(element('thead', {}, element('tr', {}, ...headings)), body);
  const scroll = element('div', { class: 'scroll', role: 'region', tabindex: 0 }, table);
  scroll.setAttribute('aria-label', 'Table of accounts');
  const back = turn('Previous', -1);
  const forth = turn('Next', 1);
  const where = element('span', { class: 'note' });
  // Read aloud after a search or a turn, and not each time that a run ends.
  const said = element('p', { class: 'unseen', role: 'status' });
  const pages = element('div', { class: 'verbs pages' }, back, forth, where, said);

  /** @param {string} title @param {1 | -1} way */
  function turn(title, way) {
    const button = element('button', { type: 'button', class: 'quiet' }, title);
    button.addEventListener('click', () => {
      if (button.getAttribute('aria-disabled') === 'false') accounting.turnPage(way);
    });
    return button;
  }

  /** @param {DisplayedAccount} account @param {boolean} opens */
  const row = (account, opens) => {
    const { id, name, issuer, balance, debits_pending, debits_posted, credits_posted } = account;
    const title = element('th', { scope: 'row' });
    if (opens) {
      const open = element('button', { type: 'button', class: 'link' }, name);
      open.addEventListener('click', () => accounting.select(id, name));
      title.append(open);
    } else {
      title.append(name);
    }
    if (issuer) title.append(element('span', { class: 'note' }, ' issues coins'));
    const sums = [balance, debits_pending, debits_posted, credits_posted].map(amount);
    const changes = account.changes === null ? '–' : amount(account.changes);
    const cells = [...sums, changes].map((text) => element('td', {}, text));
    return element('tr', {}, title, ...cells);
  };

  const block = element('div', {}, scroll, pages);

  /** @type {unknown} */
  let shown = null;
  /** @param {State} state */
  const show = ({ accounts: { page, query }, reader }) => {
    headings.forEach((heading, index) => {
      const [, order] = COLUMNS[index];
      if (!order) return;
      const sorted = query.descending ? 'descending' : 'ascending';
      heading.setAttribute('aria-sort', order === query.order ? sorted : 'none');
      // A report does not say how often an account has changed.
      const button = /** @type {HTMLButtonElement} */ (heading.firstChild);
      button.disabled = order === 'changes' && reader === null;
    });
    block.hidden = page === null;
    if (!page || page === shown) return;
    shown = page;
    // What has the focus keeps it, though it is another account's now.
    const at = [...body.querySelectorAll('button')].findIndex(
      (it) => it === document.activeElement,
    );
    body.replaceChildren(...page.rows.map((account) => row(account, reader !== null)));
    if (at >= 0) body.querySelectorAll('button')[at]?.focus({ preventScroll: true });
    const last = query.first + page.rows.length;
    const some = page.rows.length > 0;
    const rows = some
      ? `${count(query.first + 1)} to ${count(last)} of ${count(page.found)}`
      : 'None';
    setText(where, rows);
    setText(said, query.text || query.first > 0 ? rows : '');
    // They keep the focus at the first and the last page.
    back.setAttribute('aria-disabled', String(query.first === 0));
    forth.setAttribute('aria-disabled', String(last >= page.found));
  };
  return { element: block, show };
}
