/** How the balances of all accounts are spread: bars, and the same numbers as a table. */
/** @import { BalanceDistribution } from '../../types.d.ts' */
import { svgElement, element, freshId, setText } from '../../lib/dom.js';
import { amount, count, counted } from '../../lib/format.js';

const WIDTH = 240;
const HEIGHT = 80;

export function balanceDistribution() {
  const caption = element('figcaption', { id: freshId('spread') }, 'How balances are spread');
  const bars = svgElement('svg', {
    viewBox: `0 0 ${WIDTH} ${HEIGHT}`,
    preserveAspectRatio: 'none',
    class: 'spread-plot',
    'aria-hidden': 'true',
  });
  const ends = element('p', { class: 'spread-ends note', 'aria-hidden': 'true' });
  const told = element('p', { class: 'note' });
  const body = element('tbody');
  const names = ['Balance up to', 'Accounts'].map((name) => element('th', { scope: 'col' }, name));
  const table = element('table', { 'aria-labelledby': caption.id });
  table.append(element('thead', {}, element('tr', {}, ...names)), body);
  const scroll = element('div', { class: 'scroll', role: 'region', tabindex: 0 }, table);
  scroll.setAttribute('aria-label', 'How balances are spread, as a table');
  const name = element('span', { class: 'unseen' }, ': How balances are spread');
  const details = element('details', { class: 'data' });
  details.append(element('summary', {}, 'As a table', name), scroll);
  const figure = element('figure', { class: 'spread', 'aria-labelledby': caption.id });
  figure.append(caption, bars, ends, told, details);

  /** @type {BalanceDistribution | null | undefined} */
  let shown;
  /** @param {BalanceDistribution | null} now */
  const show = (now) => {
    if (now === shown) return;
    shown = now;
    figure.hidden = !now || now.accounts === 0;
    if (!now) return;
    const most = Math.max(1, ...now.bars.map(({ accounts }) => accounts));
    const width = WIDTH / Math.max(1, now.bars.length);
    bars.replaceChildren(
      ...now.bars.map(({ accounts }, index) => {
        // A bar of one account among thousands is seen all the same.
        const height = accounts > 0 ? Math.max(1.5, (accounts / most) * (HEIGHT - 2)) : 0;
        const place = { x: index * width + 0.5, width: Math.max(1, width - 1) };
        return svgElement('rect', { ...place, y: HEIGHT - height, height, class: 'spread-bar' });
      }),
    );
    const edges = [now.minimum, now.maximum].map((text) => element('span', {}, amount(text)));
    ends.replaceChildren(...edges);
    const range = `from ${amount(now.minimum)} to ${amount(now.maximum)} coins`;
    setText(
      told,
      `${counted(now.accounts, 'accounts')} but @world: ${range}, half of them have at most ` +
        `${amount(now.median)}. The highest bar is ${count(most)}.`,
    );
    const rows = now.bars.map(({ up_to, accounts }) => {
      const cell = element('td', {}, count(accounts));
      return element('tr', {}, element('th', { scope: 'row' }, amount(up_to)), cell);
    });
    body.replaceChildren(...rows);
  };
  return { element: figure, show };
}
