/** What the scenario tells of its run besides the checks, in figures. */
/** @import { Fact, State } from '../types.d.ts' */
import { element, place } from '../dom.js';
import { amount, figureClass } from '../format.js';

export function facts() {
  const title = element('h2', { id: 'facts-title' }, 'Facts of the run');
  const body = element('tbody');
  const table = element(
    'table',
    { class: 'told figures', 'aria-labelledby': title.id },
    element(
      'thead',
      {},
      element(
        'tr',
        {},
        element('th', { scope: 'col' }, 'Fact'),
        element('th', { scope: 'col' }, 'Figure'),
      ),
    ),
    body,
  );
  const card = element('div', { class: 'card', hidden: true }, title, table);
  place('findings').append(card);

  /** @type {State['report']} */
  let shown = null;
  /** @param {State} state */
  return ({ report }) => {
    if (report === shown) return;
    shown = report;
    const told = report?.facts ?? [];
    card.hidden = told.length === 0;
    body.replaceChildren(...told.map(row));
  };
}

/** @param {Fact} fact */
function row({ title, value, unit }) {
  return element(
    'tr',
    {},
    element('th', { scope: 'row' }, title),
    element('td', { class: figureClass(value) }, unit ? `${amount(value)} ${unit}` : amount(value)),
  );
}
