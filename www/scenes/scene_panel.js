/** The picture of the money: drawn from the balances of the book, a few times a second. */
/** @import { Report, State } from '../types.d.ts' */
import { element, byId, setText } from '../lib/dom.js';
import { count } from '../lib/format.js';
import { AccountSums } from './account_sums.js';
import { AccountRoles } from './account_roles.js';
import { sceneOf } from './scenes.js';
import { SceneCanvas } from './scene_canvas.js';
import { roleTable, sumsOf, sumsOfRows } from './role_table.js';

const NOTHING_YET = 'Once a run begins, the money of its accounts is drawn here as it moves.';

export function scenePanel() {
  const title = element('h2', { id: 'money-title' }, 'The money');
  const kind = element('span', { class: 'note' });
  const sentence = element('p', { class: 'hint' }, NOTHING_YET);
  const stage = new SceneCanvas();
  const table = roleTable();
  const caption = element('div', { class: 'caption' }, title, kind);
  byId('money').append(caption, sentence, stage.element, table.element);
  stage.element.hidden = true;
  table.element.hidden = true;

  /** @type {State['ledger_samples'] | undefined} */
  let shown;
  /** @type {Report | null} */
  let reported = null;
  /** @type {AccountRoles | null} */
  let roster = null;
  /** @type {State['account_layout']} */
  let layout = null;
  /** @param {State} state */
  return (state) => {
    const { ledger_samples, report, current_run: run } = state;
    if (ledger_samples === shown && report === reported) return;
    shown = ledger_samples;
    reported = report;
    stage.element.hidden = ledger_samples === null;
    table.element.hidden = ledger_samples === null && report === null;
    if (!ledger_samples || !state.account_layout || !run) {
      setText(kind, '');
      setText(sentence, withoutBook(state));
      if (report) table.show(sumsOfRows(report.accounts.rows));
      return;
    }
    if (state.account_layout !== layout || !roster) roster = new AccountRoles(state.account_layout);
    layout = state.account_layout;
    const { current, previous, seconds } = ledger_samples;
    const scene = sceneOf(run.scenario.name);
    const holdings = { current: new AccountSums(current), previous: previous && new AccountSums(previous) };
    const view = { roles: roster, sample: current.sample, ...holdings, seconds, state };
    const words = scene.describe({ ...view, width: 0, height: 0 });
    setText(kind, scene.title);
    setText(sentence, words);
    stage.show(scene, view, `${scene.title}: ${words}`);
    table.show(sumsOf(roster, view.current));
  };
}

/** Why there is no picture. @param {State} state */
function withoutBook({ report, reader }) {
  // Its last look is on the way.
  if (!report || reader) return NOTHING_YET;
  const { rows, count: all, complete } = report.accounts;
  const listed = complete ? 'all accounts' : `${count(rows.length)} of ${count(all)} accounts`;
  return (
    'There is no book to draw: this run was opened from what was kept of it. ' +
    `The table has the sums of its report, which lists ${listed}.`
  );
}
