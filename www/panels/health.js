/** The health of the book, component by component, as `/v1/health` tells it: words and figures. */
/** @import { HealthComponent, State } from '../types.d.ts' */
import { element, place, write } from '../dom.js';
import { count, duration } from '../format.js';
import { SIGNS } from './checks.js';

const TITLES = /** @type {const} */ ({
  accounts: 'Accounts',
  trail: 'Trail',
  latches: 'Latches',
  referee: 'Referee',
  store: 'Store',
});

export function health() {
  const title = element('h2', { id: 'health-title' }, 'Health of the book');
  const sentence = element('p', { class: 'hint' });
  const body = element('tbody');
  const headings = ['Component', 'Status', 'What was found'];
  const head = element('tr', {}, ...headings.map((text) => element('th', { scope: 'col' }, text)));
  const table = element(
    'table',
    { class: 'told', 'aria-labelledby': title.id },
    element('thead', {}, head),
    body,
  );
  const card = element('div', { class: 'card', hidden: true }, title, sentence, table);
  place('findings').append(card);

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
    write(sentence, `The book was ${told}, when it was judged.`);
    const names = /** @type {(keyof typeof TITLES)[]} */ (Object.keys(TITLES));
    body.replaceChildren(...names.map((name) => row(TITLES[name], components[name])));
  };
}

/** @param {string} title @param {HealthComponent} component */
function row(title, { status, sentence }) {
  const line = element(
    'tr',
    {},
    element('th', { scope: 'row' }, title),
    element('td', {}, `${SIGNS[status]} ${status}`),
    element('td', {}, `${sentence[0].toUpperCase()}${sentence.slice(1)}.`),
  );
  line.dataset.status = status;
  return line;
}
