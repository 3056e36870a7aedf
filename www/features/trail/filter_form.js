/** The explorer's filter: fields that leave entries out, and a sentence for each that cannot. */
/** @import { App } from '../../app/app.js' */
/** @import { State, TrailFields } from '../../types.d.ts' */
import { accountNames } from '../accounts/account_names.js';
import { element, freshId, setText } from '../../lib/dom.js';
import { words } from '../../lib/format.js';
import { EMPTY_FILTER, KINDS, STATUSES } from './trail_filter.js';

/** Names that are offered while one types. */
const NAMES_MAX = 200;
const HINT =
  'Timestamps order the entries. In a run they count steps, so that one seed and one worker write ' +
  'the same trail everywhere; they are no times of a clock. Worker 0 is the set-up, and who moves ' +
  'money by hand.';

/** @typedef {Exclude<keyof TrailFields, 'newest_first'>} Name */

/** @param {App} app */
export function filterForm({ explorer }) {
  const accounts = element('datalist', { id: freshId('names') });
  const statuses = element('datalist', { id: freshId('statuses') });
  const kinds = element('select', {}, element('option', { value: '' }, 'any'));
  kinds.append(...KINDS.map((kind) => element('option', { value: kind }, kind)));
  const text = { type: 'text', autocomplete: 'off', spellcheck: 'false' };
  const number = { ...text, inputmode: 'numeric' };
  /** @type {Record<Name, HTMLInputElement | HTMLSelectElement>} */
  const boxes = {
    account: element('input', { ...text, list: accounts.id, placeholder: 'name or id' }),
    status: element('input', { ...text, list: statuses.id, placeholder: 'any' }),
    kind: kinds,
    writer: element('input', { ...number, placeholder: 'any' }),
    from: element('input', { ...number, placeholder: 'first' }),
    to: element('input', { ...number, placeholder: 'last' }),
    id: element('input', { ...text, placeholder: 'number or UUID' }),
  };
  /** @type {Record<Name, string>} */
  const labels = {
    account: 'Account',
    status: 'Status',
    kind: 'Kind',
    writer: 'Worker',
    from: 'From timestamp',
    to: 'To timestamp',
    id: 'Id',
  };
  const names = /** @type {Name[]} */ (Object.keys(boxes));
  const latest = element('input', { type: 'checkbox' });
  const problems = names.map(() => element('p', { class: 'problem', id: freshId('problem') }));
  const fields = names.map((name, index) => {
    boxes[name].setAttribute('aria-describedby', problems[index].id);
    boxes[name].id = freshId('filter');
    const label = element('label', { for: boxes[name].id }, labels[name]);
    return element('div', { class: 'small-field' }, label, boxes[name], problems[index]);
  });
  const form = element('form', { class: 'trail-form', novalidate: true });
  form.setAttribute('aria-label', 'Filter of the trail');
  const all = element('button', { type: 'button', class: 'quiet' }, 'All entries');
  const verbs = element(
    'div',
    { class: 'small-verbs' },
    element('label', { class: 'tick' }, latest, 'The latest first'),
    element('button', { type: 'submit', class: 'quiet' }, 'Find'),
    all,
  );
  const hint = element('p', { class: 'hint' }, HINT);
  form.append(...fields, verbs, accounts, statuses, hint);
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    const typed = names.map((name) => [name, boxes[name].value]);
    explorer.find({ ...Object.fromEntries(typed), newest_first: latest.checked });
  });
  latest.addEventListener('change', () => form.requestSubmit());
  all.addEventListener('click', () => explorer.find({ ...EMPTY_FILTER, newest_first: latest.checked }));

  /** @type {TrailFields | null} */
  let shown = null;
  /** @type {unknown} */
  let offered = null;
  /** @type {unknown} */
  let counted = null;
  /** @param {State} state */
  const show = ({ trail, report }) => {
    if (trail.fields !== shown) {
      shown = trail.fields;
      for (const name of names) boxes[name].value = shown[name];
      latest.checked = shown.newest_first;
    }
    names.forEach((name, index) => {
      const why = trail.problems[name];
      setText(problems[index], why ?? '');
      boxes[name].setAttribute('aria-invalid', String(why !== undefined));
    });
    if (explorer.account_layout !== offered) {
      offered = explorer.account_layout;
      const known = explorer.account_layout ? accountNames(explorer.account_layout, NAMES_MAX) : [];
      accounts.replaceChildren(...known.map((value) => element('option', { value })));
    }
    if (report !== counted || statuses.childElementCount === 0) {
      counted = report;
      const had = report ? Object.keys(report.totals.by_status) : [];
      const offers = [...new Set([...had, ...STATUSES])].map(words);
      statuses.replaceChildren(...offers.map((value) => element('option', { value })));
    }
  };
  return { element: form, show };
}
