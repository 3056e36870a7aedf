/** The scene of the run: a drawing of the balances in the ledger, a few times a second. */
/** @import { State } from '../types.d.ts' */
import { changeDetector } from '../app/store.js';
import { byId, element, setText } from '../lib/dom.js';
import { count } from '../lib/format.js';
import { AccountRoles } from './account_roles.js';
import { AccountSums } from './account_sums.js';
import { roleTable, sumsOf, sumsOfRows } from './role_table.js';
import { SceneCanvas } from './scene_canvas.js';
import { sceneOf } from './scenes.js';

const EMPTY = 'Start a run to see its money move between the accounts.';

export function scenePanel() {
  const title = element('h2', { id: 'money-title' }, 'The money');
  const kind = element('span', { class: 'note' });
  const text = element('p', { class: 'hint' }, EMPTY);
  const canvas = new SceneCanvas();
  const table = roleTable();
  const caption = element('div', { class: 'caption' }, title, kind);
  byId('money').append(caption, text, canvas.element, table.element);

  const changed = changeDetector();
  const layoutChanged = changeDetector();
  let roles = new AccountRoles({ worlds: 0, roles: [] });
  /** @param {State} state */
  return (state) => {
    const { ledger_samples, report, reader, current_run, account_layout } = state;
    if (!changed(ledger_samples, report, reader === null, account_layout)) return;
    // It has its place before the first sample, so that nothing moves then.
    canvas.element.hidden = ledger_samples === null && report !== null && reader === null;
    table.element.hidden = false;
    if (!ledger_samples || !account_layout || !current_run) {
      setText(kind, '');
      setText(text, textWithoutLedger(state));
      if (report) table.show(sumsOfRows(report.accounts.rows));
      return;
    }
    if (layoutChanged(account_layout)) roles = new AccountRoles(account_layout);
    const { current, previous, seconds } = ledger_samples;
    const sums = { current: new AccountSums(current), previous: previous && new AccountSums(previous) };
    const view = { roles, sample: current.sample, ...sums, seconds, state };
    const scene = sceneOf(current_run.scenario.name);
    const description = scene.describe({ ...view, width: 0, height: 0 });
    setText(kind, scene.title);
    setText(text, description);
    canvas.show(scene, view, `${scene.title}: ${description}`);
    table.show(sumsOf(roles, view.current));
  };
}

/** @param {State} state */
function textWithoutLedger({ report, reader }) {
  // The last sample is still being taken.
  if (!report || reader) return EMPTY;
  const { rows, count: total, complete } = report.accounts;
  const listed = complete ? 'all accounts' : `${count(rows.length)} of ${count(total)} accounts`;
  return `This run's ledger is no longer in memory, so there is nothing to draw. The table shows sums from the run's report, which lists ${listed}.`;
}
