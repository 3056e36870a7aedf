/**
 * The checks and their results. A result is shown once the report has it, and never by colour
 * alone. A failed check links to the first entry that differs from the serial replay.
 */
/** @import { App, Check, Divergence, State } from '../../types.d.ts' */
import { changeDetector } from '../../app/store.js';
import { actionButton, byId, element, setText } from '../../lib/dom.js';
import { amount, count, figureClass } from '../../lib/format.js';
import { stackingTable } from '../../lib/stacking_table.js';
import { ICONS, isContradictory, runResultOf } from '../../report/run_result.js';
import { focusTrail } from '../trail/trail_panel.js';

const HEADINGS = ['Check', 'Expected', 'Found', 'Checked', 'Result', 'Time'];
const NO_CHECKS =
  'Not computed yet. After the workers have stopped, every account and every trail entry is checked; ' +
  'each check shows what it expected and what it found.';

const clock = new Intl.DateTimeFormat(undefined, { timeStyle: 'medium' });

/** @param {App} app */
export function checksPanel({ explorer }) {
  const heading = element('h2', { id: 'checks-title' }, 'Checks');
  const { table, fill } = stackingTable('Checks', HEADINGS, 'figures');
  const result = element('p', { class: 'result-line' });
  byId('checks').append(heading, table, result);

  /** @param {Divergence} divergence @param {string} title */
  const linkTo = (divergence, title) => {
    const act = () => {
      focusTrail();
      explorer.showDivergence(divergence);
    };
    return actionButton('Show the entry', act, 'quiet', `, ${title}`);
  };
  /** @param {Check} check @param {string} time @param {Divergence | null} divergence */
  const computedRow = (check, time, divergence) => {
    const { expected, found, examined, unit, passed, title } = check;
    const links = divergence && !passed ? [linkTo(divergence, title)] : [];
    return [
      element('span', {}, title, element('span', { class: 'hint' }, check.description), ...links),
      element('td', { class: figureClass(expected) }, amount(expected)),
      element('td', { class: `${figureClass(found)} ${passed ? '' : 'bad'}` }, amount(found)),
      `${count(examined)} ${unit}`,
      resultCell(check),
      time,
    ];
  };

  /** The checks of the last report: the next run will have the same. @type {Check[]} */
  let known = [];
  const changed = changeDetector();
  /** @param {State} state */
  return ({ report, reader, divergence }) => {
    const shown_divergence = reader && divergence;
    if (!changed(report, shown_divergence)) return;
    const { mood, text } = report ? runResultOf(report) : { mood: /** @type {const} */ ('calm'), text: '' };
    setText(result, text && `${ICONS[mood]} ${text}`);
    result.dataset.mood = mood;
    if (report) {
      known = report.checks;
      // The checks are computed as soon as the workers have stopped.
      const time = clock.format(report.started_at_ms + report.elapsed_ns / 1e6);
      fill(known.map((check) => computedRow(check, time, shown_divergence)));
    } else if (known.length > 0) {
      fill(known.map(openRow));
    } else {
      const cell = element('td', { role: 'cell', colspan: HEADINGS.length, class: 'open hint' }, NO_CHECKS);
      table.tBodies[0].replaceChildren(element('tr', { role: 'row' }, cell));
    }
  };
}

/** @param {Check} check */
function resultCell(check) {
  if (isContradictory(check)) return element('td', { class: 'mood', 'data-mood': 'busy' }, '! Figures differ');
  return element('td', { class: check.passed ? 'good' : 'bad' }, check.passed ? '✓ Pass' : '✗ Fail');
}

/** @param {Check} check */
function openRow({ title, description }) {
  const name = element('span', {}, title, element('span', { class: 'hint' }, description));
  return [name, '–', '–', '–', element('td', { class: 'open' }, 'not computed yet'), '–'];
}
