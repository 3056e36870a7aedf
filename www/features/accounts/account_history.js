/** One account: its balance, transfer by transfer, and the way to its entries in the trail. */
/** @import { App } from '../../app/app.js' */
/** @import { AccountHistory, State } from '../../types.d.ts' */
import { svgElement, element, freshId, setText } from '../../lib/dom.js';
import { amount, counted } from '../../lib/format.js';
import { focusTrail } from '../trail/trail_panel.js';

const WIDTH = 240;
const HEIGHT = 80;
/** More rows than this nobody reads; between them the line shows the shape. */
const ROWS_MAX = 60;

/**
 * @param {App} app
 * @param {() => void} leave called when it is closed and no longer can have the focus
 */
export function accountHistory({ accounts, explorer }, leave) {
  const caption = element('figcaption', { id: freshId('history'), tabindex: -1 });
  const line = svgElement('svg', {
    viewBox: `0 0 ${WIDTH} ${HEIGHT}`,
    preserveAspectRatio: 'none',
    class: 'spread-plot',
    'aria-hidden': 'true',
  });
  const told = element('p', { class: 'note' });
  const body = element('tbody');
  const names = ['Timestamp', 'Balance', 'Held'].map((name) =>
    element('th', { scope: 'col' }, name),
  );
  const table = element('table', { 'aria-labelledby': caption.id });
  table.append(element('thead', {}, element('tr', {}, ...names)), body);
  const scroll = element('div', { class: 'scroll', role: 'region', tabindex: 0 }, table);
  scroll.setAttribute('aria-label', 'Balance over time, as a table');
  const name = element('span', { class: 'unseen' }, ': Balance over time');
  const details = element('details', { class: 'data' });
  details.append(element('summary', {}, 'As a table', name), scroll);
  const entries = element('button', { type: 'button', class: 'quiet' }, 'Its entries');
  const shut = element('button', { type: 'button', class: 'quiet' }, 'Close');
  shut.addEventListener('click', () => {
    leave();
    accounts.deselect();
  });
  const figure = element('figure', { class: 'spread', 'aria-labelledby': caption.id });
  const verbs = element('div', { class: 'verbs' }, entries, shut);
  figure.append(caption, line, told, details, verbs);

  /** @type {State['accounts']['selected']} */
  let shown = null;
  entries.addEventListener('click', () => {
    if (!shown) return;
    focusTrail();
    explorer.findAccount(shown.id);
  });
  /** @param {State} state */
  const show = ({ accounts: { selected } }) => {
    if (selected === shown) return;
    const before = shown;
    shown = selected;
    figure.hidden = selected === null;
    if (!selected) return;
    const { name, history } = selected;
    setText(caption, `Balance of ${name}`);
    // Whoever has opened it is led to it.
    if (before?.id !== selected.id) caption.focus({ preventScroll: true });
    if (before?.id !== selected.id) figure.scrollIntoView({ block: 'nearest' });
    line.replaceChildren(...(history ? drawn(history) : []));
    setText(told, history ? sentenceOf(history) : 'Reading the trail.');
    body.replaceChildren(...(history ? rowsOf(history) : []));
  };
  figure.hidden = true;
  return { element: figure, show };
}

/** @param {AccountHistory} history */
function sentenceOf({ transfers, balances }) {
  if (balances.length === 0) return 'No transfer has touched it.';
  const last = amount(balances[balances.length - 1]);
  const thinned =
    transfers > balances.length ? `, of which ${amount(balances.length)} are drawn` : '';
  const sums = balances.map(BigInt).sort((one, other) => (one < other ? -1 : Number(one > other)));
  const range = `between ${amount(sums[0])} and ${amount(sums[sums.length - 1])} coins`;
  return `${counted(transfers, 'transfers')}${thinned}, ${range}; it has ${last} now.`;
}

/** Steps from one transfer to the next: between them nothing changes. @param {AccountHistory} history */
function drawn({ balances }) {
  const values = balances.map(Number);
  const lowest = Math.min(0, ...values);
  const span = Math.max(1, Math.max(...values) - lowest);
  const y = (/** @type {number} */ value) => {
    return (HEIGHT - 1 - ((value - lowest) / span) * (HEIGHT - 3)).toFixed(1);
  };
  const step = WIDTH / Math.max(1, values.length);
  const path = values.map((value, index) => `V${y(value)}H${((index + 1) * step).toFixed(2)}`);
  const d = `M0 ${y(values[0] ?? 0)}${path.join('')}`;
  return [
    svgElement('path', { class: 'multiple-ground', d: `${d}V${y(lowest)}H0Z` }),
    svgElement('path', { class: 'multiple-line', d }),
  ];
}

/** @param {AccountHistory} history */
function rowsOf({ timestamps, balances, pending }) {
  const stride = Math.ceil(balances.length / ROWS_MAX);
  const last = balances.length - 1;
  const kept = balances.map((_, index) => index).filter((index) => (last - index) % stride === 0);
  return kept.map((index) => {
    const [time, ...cells] = [timestamps[index], balances[index], pending[index]].map(amount);
    const values = cells.map((text) => element('td', {}, text));
    return element('tr', {}, element('th', { scope: 'row' }, time), ...values);
  });
}
