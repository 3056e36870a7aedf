/** What the scenario tells of its run besides the checks, in figures. */
/** @import { Fact, State } from '../../types.d.ts' */
import { element } from '../../lib/dom.js';
import { amount, figureClass } from '../../lib/format.js';
import { cardTable, namedRow } from '../../lib/card_table.js';

export function factsPanel() {
  const headings = ['Fact', 'Figure'];
  const { card, body } = cardTable('findings', 'Facts of the run', headings, 'told figures');

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
  const figure = unit ? `${amount(value)} ${unit}` : amount(value);
  return namedRow(title, element('td', { class: figureClass(value) }, figure));
}
