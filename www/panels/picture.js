/** The picture of the money: drawn from the balances of the ledger, a few times a second. */
/** @import { Report, State } from '../types.d.ts' */
import { element, place, write } from '../dom.js';
import { count } from '../format.js';
import { Holdings } from '../picture/holdings.js';
import { Roster } from '../picture/roster.js';
import { sceneOf } from '../picture/scenes.js';
import { Stage } from '../picture/stage.js';
import { roleTable, sumsOf, sumsOfRows } from './role_table.js';

const NOTHING_YET = 'Once a run begins, the money of its accounts is drawn here as it moves.';

export function picture() {
  const title = element('h2', { id: 'money-title' }, 'The money');
  const kind = element('span', { class: 'note' });
  const sentence = element('p', { class: 'hint' }, NOTHING_YET);
  const stage = new Stage();
  const table = roleTable();
  const caption = element('div', { class: 'caption' }, title, kind);
  place('money').append(caption, sentence, stage.element, table.element);
  stage.element.hidden = true;
  table.element.hidden = true;

  /** @type {State['seen'] | undefined} */
  let shown;
  /** @type {Report | null} */
  let reported = null;
  /** @type {Roster | null} */
  let roster = null;
  /** @type {State['cast']} */
  let cast = null;
  /** @param {State} state */
  return (state) => {
    const { seen, report, shown: run } = state;
    if (seen === shown && report === reported) return;
    shown = seen;
    reported = report;
    stage.element.hidden = seen === null;
    table.element.hidden = seen === null && report === null;
    if (!seen || !state.cast || !run) {
      write(kind, '');
      write(sentence, withoutBook(state));
      if (report) table.show(sumsOfRows(report.accounts.rows));
      return;
    }
    if (state.cast !== cast || !roster) roster = new Roster(state.cast);
    cast = state.cast;
    const { now, before, seconds } = seen;
    const scene = sceneOf(run.scenario.name);
    const holdings = { now: new Holdings(now), before: before && new Holdings(before) };
    const view = { roster, look: now.look, ...holdings, seconds, state };
    const words = scene.tell({ ...view, width: 0, height: 0 });
    write(kind, scene.title);
    write(sentence, words);
    stage.show(scene, view, `${scene.title}: ${words}`);
    table.show(sumsOf(roster, view.now));
  };
}

/** Why there is no picture. @param {State} state */
function withoutBook({ report, reader }) {
  // Its last look is on the way.
  if (!report || reader) return NOTHING_YET;
  const { rows, count: all, complete } = report.accounts;
  const listed = complete ? 'all accounts' : `${count(rows.length)} of ${count(all)} accounts`;
  return (
    'There is no ledger to draw: this run was opened from what was kept of it. ' +
    `The table has the sums of its report, which lists ${listed}.`
  );
}
