/** The verdict. A row turns green only when a report says so, and never by colour alone. */
/** @import { Check, HealthStatus, State } from '../types.d.ts' */
import { element, place, write } from '../dom.js';
import { amount, count, figureClass } from '../format.js';
import { healthOf } from '../sentences.js';

const HEADINGS = ['Check', 'Expected', 'Found', 'Looked at', 'Verdict'];

/** @type {Record<HealthStatus, string>} */
export const SIGNS = { healthy: '✓', degraded: '!', unhealthy: '✗' };
const NO_HEALTH = 'The health of the book is not computed yet.';

export function checks() {
  const body = element('tbody', { role: 'rowgroup' });
  const heading = element('h2', { id: 'checks-title' }, 'Checks');
  const head = element('tr', { role: 'row' });
  head.append(
    ...HEADINGS.map((title) => element('th', { scope: 'col', role: 'columnheader' }, title)),
  );
  // Where there is no room for five columns rows become blocks; the roles keep them a table.
  const table = element(
    'table',
    { class: 'stacking figures', role: 'table', 'aria-labelledby': heading.id },
    element('thead', { role: 'rowgroup' }, head),
    body,
  );
  const health = element('p', { class: 'health' });
  place('checks').append(heading, table, health);

  /** @type {{ title: string, sentence: string }[]} */
  let known = [];
  /** @type {State['report'] | undefined} */
  let shown;
  /** @param {State} state */
  return ({ report }) => {
    if (report === shown) return;
    shown = report;
    write(health, report ? `${SIGNS[report.health.status]} ${healthOf(report)}` : NO_HEALTH);
    health.dataset.status = report?.health.status ?? 'open';
    if (report) {
      known = report.checks;
      body.replaceChildren(...report.checks.map(computed));
    } else {
      body.replaceChildren(...(known.length > 0 ? known.map(open) : [nothing()]));
    }
  };
}

/**
 * @param {string} label
 * @param {string | Node} content
 * @param {string} [kind]
 */
function cell(label, content, kind = '') {
  return element('td', { role: 'cell', 'data-label': label, class: kind }, content);
}

/** @param {{ title: string, sentence: string }} check */
function name({ title, sentence }) {
  return element(
    'th',
    { scope: 'row', role: 'rowheader' },
    title,
    element('span', { class: 'hint' }, sentence),
  );
}

/** @param {Check} check */
function computed(check) {
  return element(
    'tr',
    { role: 'row' },
    name(check),
    cell('Expected', amount(check.expected), figureClass(check.expected)),
    cell('Found', amount(check.found), `${figureClass(check.found)} ${check.passed ? '' : 'bad'}`),
    cell('Looked at', `${count(check.looked_at)} ${check.unit}`),
    cell('Verdict', check.passed ? '✓ Pass' : '✗ Fail', check.passed ? 'good' : 'bad'),
  );
}

/** @param {{ title: string, sentence: string }} check */
function open(check) {
  return element(
    'tr',
    { role: 'row' },
    name(check),
    cell('Expected', '–'),
    cell('Found', '–'),
    cell('Looked at', '–'),
    cell('Verdict', 'not computed yet', 'open'),
  );
}

function nothing() {
  const words = element(
    'td',
    { role: 'cell', colspan: HEADINGS.length, class: 'open hint' },
    'Not computed yet: when the workers have stopped, every account and every entry of the trail ' +
      'is looked at, and each check says here what it expected and what it found.',
  );
  return element('tr', { role: 'row' }, words);
}
