/**
 * The verdict. A row turns green only when a report says so, and never by colour alone. What failed
 * leads to the entry that a serial run says something else of.
 */
/** @import { Laboratory } from '../laboratory.js' */
/** @import { Check, HealthStatus, Report, State } from '../types.d.ts' */
import { element, place, write } from '../dom.js';
import { amount, count, figureClass } from '../format.js';
import { healthOf } from '../sentences.js';
import { leadToTrail } from './trail.js';

const HEADINGS = ['Check', 'Expected', 'Found', 'Looked at', 'Verdict', 'When'];

/** @type {Record<HealthStatus, string>} */
export const SIGNS = { healthy: '✓', degraded: '!', unhealthy: '✗' };
const NO_HEALTH = 'The health of the ledger is not computed yet.';

/** The checks are computed as soon as the workers have stopped. */
const time = new Intl.DateTimeFormat(undefined, { timeStyle: 'medium' });

/** @param {Laboratory} laboratory */
export function checks({ explorer }) {
  const body = element('tbody', { role: 'rowgroup' });
  const heading = element('h2', { id: 'checks-title' }, 'Checks');
  const head = element('tr', { role: 'row' });
  head.append(
    ...HEADINGS.map((title) => element('th', { scope: 'col', role: 'columnheader' }, title)),
  );
  // Where there is no room for all columns rows become blocks; the roles keep them a table.
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
  /** @param {NonNullable<State['divergence']>} divergence @param {string} title */
  const way = (divergence, title) => {
    const button = element('button', { type: 'button', class: 'quiet' }, 'Show the entry');
    button.append(element('span', { class: 'unseen' }, `, ${title}`));
    button.addEventListener('click', () => {
      leadToTrail();
      explorer.diverge(divergence);
    });
    return button;
  };

  /** @type {unknown[]} */
  let last = [undefined];
  /** @param {State} state */
  return ({ report, reader, divergence }) => {
    const found = reader && divergence;
    const parts = [report, found];
    if (parts.every((part, index) => part === last[index])) return;
    last = parts;
    write(health, report ? `${SIGNS[report.health.status]} ${healthOf(report)}` : NO_HEALTH);
    health.dataset.status = report?.health.status ?? 'open';
    if (report) {
      known = report.checks;
      const at = time.format(whenChecked(report));
      const lead = (/** @type {Check} */ { passed, title }) =>
        found && !passed ? [way(found, title)] : [];
      body.replaceChildren(...report.checks.map((check) => computed(check, at, lead(check))));
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

/** By the clock of who made the run, in milliseconds. @param {Report} report */
function whenChecked({ started_at_ms, elapsed_ns }) {
  return started_at_ms + elapsed_ns / 1e6;
}

/**
 * @param {Check} check
 * @param {string} at when it was computed
 * @param {Node[]} ways to what it has found
 */
function computed(check, at, ways) {
  const verdict = cell(
    'Verdict',
    check.passed ? '✓ Pass' : '✗ Fail',
    check.passed ? 'good' : 'bad',
  );
  const title = name(check);
  title.append(...ways);
  return element(
    'tr',
    { role: 'row' },
    title,
    cell('Expected', amount(check.expected), figureClass(check.expected)),
    cell('Found', amount(check.found), `${figureClass(check.found)} ${check.passed ? '' : 'bad'}`),
    cell('Looked at', `${count(check.examined)} ${check.unit}`),
    verdict,
    cell('When', at),
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
    cell('When', '–'),
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
