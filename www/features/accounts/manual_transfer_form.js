/** The form for manual transfers in the ledger of the displayed run, during the run and after it. */
/** @import { App, State } from '../../types.d.ts' */
/** @import { Kind } from './manual_transfer.js' */
import { changeDetector } from '../../app/store.js';
import { actionButton, element, freshId, optionsOf, setText } from '../../lib/dom.js';
import { PLAIN_TEXT, labelledField } from '../../lib/labelled_field.js';
import { isDurable } from '../run/run_summary.js';
import { accountNames } from './account_names.js';
import { parseManualTransfer } from './manual_transfer.js';

export const NAMES_MAX = 200;
/** @type {[Kind, string][]} */
const KINDS = [
  ['deposit', 'Deposit'],
  ['withdraw', 'Withdraw'],
  ['transfer', 'Transfer'],
];
const HINT =
  'Moves coins in the ledger of the run, under its rules, during the run and after it. Deposits come ' +
  'from @world and withdrawals go to it. The trail lists these entries with those of the setup.';
const CHANGED =
  'The report describes the run as it ended, without the manual transfers since. You can replay the ' +
  'trail again with them.';

/** @param {App} app */
export function manualTransferForm({ accounts }) {
  const title = element('h3', { id: freshId('by-hand') }, 'Manual transfer');
  const names = element('datalist', { id: freshId('names') });
  const kind = element('select', {});
  kind.append(...KINDS.map(([value, text]) => element('option', { value }, text)));
  const account = { ...PLAIN_TEXT, list: names.id, placeholder: 'name or id' };
  const kind_field = labelledField('Kind', kind);
  const fields = {
    from: labelledField('From account', element('input', account)),
    to: labelledField('To account', element('input', account)),
    amount: labelledField('Amount, coins', element('input', { ...PLAIN_TEXT, inputmode: 'numeric' })),
  };
  const status = element('p', { role: 'status' });
  const changed = element('div', { class: 'manual-transfer-changed' });
  const replay = actionButton('Replay again', () => accounts.replay());
  const replay_result = element('p', { role: 'status' });
  changed.append(element('p', { class: 'note' }, CHANGED), replay, replay_result);
  const submit = element('button', { type: 'submit', class: 'button' }, 'Move coins');
  const form = element('form', { class: 'manual-transfer', novalidate: true, 'aria-labelledby': title.id });
  const hint = element('p', { class: 'hint' }, HINT);
  const blocks = [kind_field, fields.from, fields.to, fields.amount].map(({ block }) => block);
  form.append(title, hint, ...blocks, submit, names, status, changed);

  const showFields = () => {
    fields.from.block.hidden = kind.value === 'deposit';
    fields.to.block.hidden = kind.value === 'withdraw';
  };
  showFields();
  kind.addEventListener('change', showFields);
  form.addEventListener('submit', async (event) => {
    event.preventDefault();
    const layout = await accounts.loadAccountLayout();
    const [from, to, amount] = [fields.from, fields.to, fields.amount].map(({ control }) => control.value);
    const texts = { kind: /** @type {Kind} */ (kind.value), from, to, amount };
    const { transfer, problems } = parseManualTransfer(texts, layout);
    for (const name of /** @type {const} */ (['from', 'to', 'amount'])) {
      fields[name].showProblem(problems[name]);
    }
    if (transfer) accounts.transfer(transfer);
  });

  const layoutChanged = changeDetector();
  /** @param {State} state */
  const show = ({ reader, report, opened_ledger, accounts: state, account_layout }) => {
    // A stored ledger is closed at the end of its run, and an opened one is only read.
    form.hidden = reader === null || opened_ledger !== null || (report !== null && isDurable(report));
    setText(status, state.status_text);
    status.className = state.status_text.startsWith('Refused') ? 'bad' : 'good';
    changed.hidden = !state.changed_since_report;
    setText(replay_result, state.replay_result);
    if (!layoutChanged(account_layout)) return;
    names.replaceChildren(...optionsOf(account_layout ? accountNames(account_layout, NAMES_MAX) : []));
  };
  return { element: form, show };
}
