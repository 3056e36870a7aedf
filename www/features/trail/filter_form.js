/** The filter form of the trail explorer. Each field shows what is wrong with its value. */
/** @import { App, State, TrailFields } from '../../types.d.ts' */
import { changeDetector } from '../../app/store.js';
import { actionButton, element, freshId, optionsOf } from '../../lib/dom.js';
import { words } from '../../lib/format.js';
import { PLAIN_TEXT, labelledField } from '../../lib/labelled_field.js';
import { accountNames } from '../accounts/account_names.js';
import { NAMES_MAX } from '../accounts/manual_transfer_form.js';
import { EMPTY_FILTER, KINDS, STATUSES } from './trail_filter.js';

const HINT =
  'Timestamps order the entries. During a run they count steps instead of time, so a run with one ' +
  'worker and the same seed writes the same trail on every machine. Worker 0 stands for the setup and manual transfers.';

/** @param {App} app */
export function filterForm({ explorer }) {
  const accounts = element('datalist', { id: freshId('names') });
  const statuses = element('datalist', { id: freshId('statuses') });
  const kinds = element('select', {}, element('option', { value: '' }, 'any'), ...optionsOf(KINDS));
  const number = { ...PLAIN_TEXT, inputmode: 'numeric' };
  /** @type {Record<Exclude<keyof TrailFields, 'newest_first'>, ReturnType<typeof labelledField>>} */
  const fields = {
    account: labelledField('Account', element('input', { ...PLAIN_TEXT, list: accounts.id, placeholder: 'name or id' })),
    status: labelledField('Status', element('input', { ...PLAIN_TEXT, list: statuses.id, placeholder: 'any' })),
    kind: labelledField('Kind', kinds),
    writer: labelledField('Worker', element('input', { ...number, placeholder: 'any' })),
    from: labelledField('From timestamp', element('input', { ...number, placeholder: 'first' })),
    to: labelledField('To timestamp', element('input', { ...number, placeholder: 'last' })),
    id: labelledField('Id', element('input', { ...PLAIN_TEXT, placeholder: 'number or UUID' })),
  };
  const names = /** @type {(keyof typeof fields)[]} */ (Object.keys(fields));
  const newest_first = element('input', { type: 'checkbox' });
  const form = element('form', { class: 'trail-form', novalidate: true, 'aria-label': 'Filter of the trail' });
  const all = actionButton('All entries', () => {
    explorer.find({ ...EMPTY_FILTER, newest_first: newest_first.checked });
  });
  const buttons = element(
    'div',
    { class: 'verbs' },
    element('label', { class: 'tick' }, newest_first, 'Newest first'),
    element('button', { type: 'submit', class: 'quiet' }, 'Find'),
    all,
  );
  const hint = element('p', { class: 'hint' }, HINT);
  form.append(...names.map((name) => fields[name].block), buttons, accounts, statuses, hint);
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    const texts = names.map((name) => [name, fields[name].control.value]);
    explorer.find({ ...Object.fromEntries(texts), newest_first: newest_first.checked });
  });
  newest_first.addEventListener('change', () => form.requestSubmit());

  const fieldsChanged = changeDetector();
  const layoutChanged = changeDetector();
  const reportChanged = changeDetector();
  /** @param {State} state */
  const show = ({ trail, report, account_layout }) => {
    if (fieldsChanged(trail.fields)) {
      for (const name of names) fields[name].control.value = trail.fields[name];
      newest_first.checked = trail.fields.newest_first;
    }
    for (const name of names) fields[name].showProblem(trail.problems[name]);
    if (layoutChanged(account_layout)) {
      accounts.replaceChildren(...optionsOf(account_layout ? accountNames(account_layout, NAMES_MAX) : []));
    }
    if (reportChanged(report)) {
      const used = report ? Object.keys(report.totals.by_status) : [];
      statuses.replaceChildren(...optionsOf([...new Set([...used, ...STATUSES])].map(words)));
    }
  };
  return { element: form, show };
}
