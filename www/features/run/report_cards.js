/** Cards with parts of the report: latency, outcomes, facts and health. */
/** @import { Fact, HealthStatus, Latency, State } from '../../types.d.ts' */
import { changeDetector } from '../../app/store.js';
import { byId, element, freshId, headingRow, namedRow, setText } from '../../lib/dom.js';
import { amount, count, counted, duration, figureClass, share, words } from '../../lib/format.js';
import { capitalized } from '../../lib/user_error.js';
import { latencyScope } from './run_summary.js';

/** @type {Record<HealthStatus, { icon: string, mood: string }>} */
const HEALTH_SIGNS = {
  healthy: { icon: '✓', mood: 'good' },
  degraded: { icon: '!', mood: 'busy' },
  unhealthy: { icon: '✗', mood: 'bad' },
};

/**
 * Builds a card with a heading, a sentence and a table. It is hidden without a report.
 * @param {string} parent the id of the element that gets the card
 * @param {string} title
 * @param {string[]} headings
 * @param {string} kind the table's classes
 */
function cardTable(parent, title, headings, kind) {
  const heading = element('h2', { id: freshId('card') }, title);
  const hint = element('p', { class: 'hint' });
  const body = element('tbody');
  const table = element('table', { class: kind, 'aria-labelledby': heading.id });
  table.append(element('thead', {}, headingRow(headings)), body);
  const card = element('div', { class: 'card', hidden: true }, heading, hint, table);
  byId(parent).append(card);
  return { card, heading, hint, table, body };
}

/**
 * Returns a panel that draws each report once and hides its card without one.
 * @param {HTMLElement} card
 * @param {(report: NonNullable<State['report']>) => void} draw
 */
function reportPanel(card, draw) {
  const changed = changeDetector();
  return (/** @type {State} */ { report }) => {
    if (!changed(report)) return;
    card.hidden = !report;
    if (report) draw(report);
  };
}

/** @type {{ name: string, meaning: string, of: (latency: Latency) => number }[]} */
const PERCENTILES = [
  { name: 'p50', meaning: 'half', of: ({ p50_ns }) => p50_ns },
  { name: 'p90', meaning: '9 of 10', of: ({ p90_ns }) => p90_ns },
  { name: 'p99', meaning: '99 of 100', of: ({ p99_ns }) => p99_ns },
  { name: 'p99.9', meaning: '999 of 1,000', of: ({ p999_ns }) => p999_ns },
  { name: 'Max', meaning: 'all', of: ({ max_ns }) => max_ns },
];

export function latencyPanel() {
  const headings = ['Percentile', 'Took no longer', 'Time'];
  const { card, heading, hint, table, body } = cardTable('workers', 'Latency', headings, 'numeric');
  return reportPanel(card, ({ latency }) => {
    setText(heading, `Latency ${latencyScope(latency.operations_each)}`);
    setText(hint, `${latency.description} ${counted(latency.count, 'measurements')}.`);
    table.hidden = latency.count === 0;
    const rows = PERCENTILES.map(({ name, meaning, of }) => {
      const time = timeText(of(latency), latency.clock_step_ns);
      return namedRow(name, element('td', { class: 'note' }, meaning), time);
    });
    body.replaceChildren(...rows);
  });
}

/**
 * Returns a time. Times below the resolution of the clock are shown as less than it.
 * @param {number} time_ns
 * @param {number} step_ns
 */
function timeText(time_ns, step_ns) {
  return time_ns < step_ns ? `<\u00a0${duration(step_ns)}` : duration(time_ns);
}

/** Builds the table of attempts by status, under the core's own names. */
export function outcomesPanel() {
  const headings = ['Status', 'Attempts', 'Share'];
  const { card, body } = cardTable('workers', 'Outcomes', headings, 'numeric');
  return reportPanel(card, ({ totals: { by_status, attempts } }) => {
    const rows = Object.entries(by_status).map(([status, number]) =>
      namedRow(words(status), count(number), share(number / Math.max(1, attempts))),
    );
    body.replaceChildren(...rows);
  });
}

export function factsPanel() {
  const headings = ['Fact', 'Value'];
  const { card, body } = cardTable('findings', 'Facts of the run', headings, 'facts-table figures');
  return reportPanel(card, ({ facts }) => {
    card.hidden = facts.length === 0;
    body.replaceChildren(...facts.map(factRow));
  });
}

/** @param {Fact} fact */
function factRow({ title, value, unit }) {
  const text = unit ? `${amount(value)} ${unit}` : amount(value);
  return namedRow(title, element('td', { class: figureClass(value) }, text));
}

const COMPONENTS = /** @type {const} */ ({
  accounts: 'Accounts',
  trail: 'Trail',
  latches: 'Latches',
  replay: 'Serial replay',
  store: 'Store',
});

/** Builds the table of the ledger's health by component, as `/v1/health` returns it. */
export function healthPanel() {
  const headings = ['Component', 'Status', 'Details'];
  const { card, hint, body } = cardTable('findings', 'Health of the ledger', headings, 'worded');
  return reportPanel(card, ({ health: { uptime_ns, operations, components } }) => {
    setText(hint, `Whether the ledger could go on after ${duration(uptime_ns)} and ${count(operations)} written entries. The checks say whether the run is right.`);
    const names = /** @type {(keyof typeof COMPONENTS)[]} */ (Object.keys(COMPONENTS));
    body.replaceChildren(...names.map((name) => healthRow(COMPONENTS[name], components[name])));
  });
}

/** @param {string} title @param {{ status: HealthStatus, message: string }} component */
function healthRow(title, { status, message }) {
  const { icon, mood } = HEALTH_SIGNS[status];
  const cell = element('td', { class: 'mood', 'data-mood': mood }, `${icon} ${status}`);
  return namedRow(title, cell, `${capitalized(message)}.`);
}
