/** The health of the ledger, component by component, as `/v1/health` tells it: words and figures. */
/** @import { HealthComponent, State } from '../types.d.ts' */
import { write } from '../dom.js';
import { count, duration } from '../format.js';
import { cardTable, namedRow } from './card_table.js';
import { SIGNS } from './checks.js';

const TITLES = /** @type {const} */ ({
  accounts: 'Accounts',
  trail: 'Trail',
  latches: 'Latches',
  replay: 'Serial replay',
  store: 'Store',
});

export function health() {
  const headings = ['Component', 'Status', 'What was found'];
  const { card, sentence, body } = cardTable('findings', 'Health of the ledger', headings, 'worded');

  /** @type {State['report']} */
  let shown = null;
  /** @param {State} state */
  return ({ report }) => {
    if (report === shown) return;
    shown = report;
    card.hidden = !report;
    if (!report) return;
    const { uptime_ns, operations, components } = report.health;
    const told = `up for ${duration(uptime_ns)}, ${count(operations)} entries written`;
    write(sentence, `The ledger was ${told}, when it was judged.`);
    const names = /** @type {(keyof typeof TITLES)[]} */ (Object.keys(TITLES));
    body.replaceChildren(...names.map((name) => row(TITLES[name], components[name])));
  };
}

/** @param {string} title @param {HealthComponent} component */
function row(title, { status, sentence }) {
  const found = `${sentence[0].toUpperCase()}${sentence.slice(1)}.`;
  const line = namedRow(title, `${SIGNS[status]} ${status}`, found);
  line.dataset.status = status;
  return line;
}
