/** The distribution of balances: bars, and the same numbers as a table. */
/** @import { BalanceDistribution } from '../../types.d.ts' */
import { changeDetector } from '../../app/store.js';
import { detailsTable } from '../../lib/details_table.js';
import { element, freshId, namedRow, setText, svgElement } from '../../lib/dom.js';
import { amount, count, counted } from '../../lib/format.js';

const TITLE = 'Balance distribution';
const WIDTH = 240;
const HEIGHT = 80;

export function balanceDistribution() {
  const caption = element('figcaption', { id: freshId('distribution') }, TITLE);
  const box = { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, preserveAspectRatio: 'none' };
  const bars = svgElement('svg', { ...box, class: 'multiple-plot', 'aria-hidden': 'true' });
  const range = element('p', { class: 'distribution-range note', 'aria-hidden': 'true' });
  const note = element('p', { class: 'note' });
  const table = detailsTable(TITLE, ['Balance up to', 'Accounts']);
  const figure = element('figure', { class: 'distribution', 'aria-labelledby': caption.id });
  figure.append(caption, bars, range, note, table.element);

  const changed = changeDetector();
  /** @param {BalanceDistribution | null} distribution */
  const show = (distribution) => {
    if (!changed(distribution)) return;
    figure.hidden = !distribution || distribution.accounts === 0;
    if (!distribution) return;
    const { accounts, minimum, median, maximum } = distribution;
    const highest = Math.max(1, ...distribution.bars.map((bar) => bar.accounts));
    bars.replaceChildren(...barsOf(distribution, highest));
    range.replaceChildren(...[minimum, maximum].map((text) => element('span', {}, amount(text))));
    setText(
      note,
      `${counted(accounts, 'accounts')} without @world: from ${amount(minimum)} to ${amount(maximum)} ` +
        `coins, median ${amount(median)}. The highest bar has ${counted(highest, 'accounts')}.`,
    );
    const rows = distribution.bars.map((bar) => namedRow(amount(bar.up_to), count(bar.accounts)));
    table.body.replaceChildren(...rows);
  };
  return { element: figure, show };
}

/** @param {BalanceDistribution} distribution @param {number} highest */
function barsOf({ bars }, highest) {
  const width = WIDTH / Math.max(1, bars.length);
  return bars.map(({ accounts }, index) => {
    // A bar of one account among thousands stays visible.
    const height = accounts > 0 ? Math.max(1.5, (accounts / highest) * (HEIGHT - 2)) : 0;
    const position = { x: index * width + 0.5, width: Math.max(1, width - 1), y: HEIGHT - height };
    return svgElement('rect', { ...position, height, class: 'distribution-bar' });
  });
}
