/** The balance of the selected account after each transfer, with a link to its entries. */
/** @import { AccountHistory, App, State } from '../../types.d.ts' */
import { detailsTable, thinnedIndexes } from '../../lib/details_table.js';
import { actionButton, element, freshId, namedRow, setText, svgElement } from '../../lib/dom.js';
import { amount, counted } from '../../lib/format.js';
import { focusTrail } from '../trail/trail_panel.js';

const WIDTH = 240;
const HEIGHT = 80;

/**
 * @param {App} app
 * @param {() => void} moveFocus called before the figure with the focus is closed
 */
export function accountHistory({ accounts, explorer }, moveFocus) {
  const caption = element('figcaption', { id: freshId('history'), tabindex: -1 });
  const box = { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, preserveAspectRatio: 'none' };
  const plot = svgElement('svg', { ...box, class: 'multiple-plot', 'aria-hidden': 'true' });
  const note = element('p', { class: 'note' });
  const table = detailsTable('Balance over time', ['Timestamp', 'Balance, coins', 'Held, coins']);
  const showEntries = () => {
    if (!shown) return;
    focusTrail();
    explorer.findAccount(shown.id);
  };
  const close = () => {
    moveFocus();
    accounts.deselect();
  };
  const buttons = element('div', { class: 'verbs' });
  buttons.append(actionButton('Show entries', showEntries), actionButton('Close', close));
  const figure = element('figure', { class: 'distribution', 'aria-labelledby': caption.id, hidden: true });
  figure.append(caption, plot, note, table.element, buttons);

  /** @type {State['accounts']['selected']} */
  let shown = null;
  /** @param {State} state */
  const show = ({ accounts: { selected } }) => {
    if (selected === shown) return;
    const is_other = selected?.id !== shown?.id;
    shown = selected;
    figure.hidden = selected === null;
    if (!selected) return;
    const { name, history } = selected;
    setText(caption, `Balance of ${name}`);
    if (is_other) {
      caption.focus({ preventScroll: true });
      figure.scrollIntoView({ block: 'nearest' });
    }
    plot.replaceChildren(...(history ? pathsOf(history) : []));
    setText(note, history ? textOf(history) : 'Reading the trail.');
    table.body.replaceChildren(...(history ? rowsOf(history) : []));
  };
  return { element: figure, show };
}

/** @param {AccountHistory} history */
function textOf({ transfers, balances }) {
  if (balances.length === 0) return 'No transfers.';
  const last = amount(balances[balances.length - 1]);
  const thinned = transfers > balances.length ? `, ${amount(balances.length)} of them drawn` : '';
  const sums = balances.map(BigInt).sort((a, b) => (a < b ? -1 : Number(a > b)));
  const range = `between ${amount(sums[0])} and ${amount(sums[sums.length - 1])} coins`;
  return `${counted(transfers, 'transfers')}${thinned}. Balance ${range}, now ${last}.`;
}

/** Returns steps: between two transfers the balance does not change. @param {AccountHistory} history */
function pathsOf({ balances }) {
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
  return thinnedIndexes(balances.length).map((index) => {
    const [time, ...cells] = [timestamps[index], balances[index], pending[index]].map(amount);
    return namedRow(time, ...cells);
  });
}
