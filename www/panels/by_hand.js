/** A form that moves money by hand, in the ledger that the workers share or have shared. */
/** @import { Laboratory } from '../laboratory.js' */
/** @import { State } from '../types.d.ts' */
/** @import { Kind } from '../accounts/moving.js' */
import { moveOf } from '../accounts/moving.js';
import { namesOf } from '../cast.js';
import { element, freshId, write } from '../dom.js';

const NAMES_MAX = 200;
/** @type {[Kind, string][]} */
const KINDS = [
  ['deposit', 'Deposit'],
  ['withdraw', 'Withdraw'],
  ['transfer', 'Transfer'],
];
const HINT =
  'Coins are moved in the ledger itself, with its rules, while the workers are at work and after; ' +
  'a deposit comes from @world, and what is withdrawn goes there. ' +
  'The trail has them among the entries of the set-up.';
const SINCE =
  'The report is of the run as it ended: it does not have what was moved since. ' +
  'Serial replay can look at the trail as it is now.';

/** @param {Laboratory} laboratory */
export function byHand({ accounting }) {
  const title = element('h3', { id: freshId('by-hand') }, 'Move coins by hand');
  const names = element('datalist', { id: freshId('names') });
  const kind = element('select', {});
  kind.append(...KINDS.map(([value, text]) => element('option', { value }, text)));
  const text = { type: 'text', autocomplete: 'off', spellcheck: 'false' };
  const boxes = {
    from: element('input', { ...text, list: names.id, placeholder: 'name or id' }),
    to: element('input', { ...text, list: names.id, placeholder: 'name or id' }),
    amount: element('input', { ...text, inputmode: 'numeric', placeholder: 'coins' }),
  };
  const from = field('From account', boxes.from);
  const to = field('To account', boxes.to);
  const amount = field('Coins', boxes.amount);
  const problems = { from: from.problem, to: to.problem, amount: amount.problem };
  const said = element('p', { role: 'status' });
  const since = element('div', { class: 'by-hand-since' });
  const judge = element('button', { type: 'button', class: 'quiet' }, 'Judge again');
  judge.addEventListener('click', () => accounting.judge());
  const judged = element('p', { role: 'status' });
  since.append(element('p', { class: 'note' }, SINCE), judge, judged);
  const move = element('button', { type: 'submit', class: 'button' }, 'Move coins');
  const form = element('form', { class: 'by-hand', novalidate: true });
  form.setAttribute('aria-labelledby', title.id);
  kind.id = freshId('kind');
  const choice = element('div', { class: 'small-field' });
  choice.append(element('label', { for: kind.id }, 'What to do'), kind);
  const hint = element('p', { class: 'hint' }, HINT);
  form.append(title, hint, choice, from.block, to.block, amount.block, move, names, said, since);

  const fit = () => {
    from.block.hidden = kind.value === 'deposit';
    to.block.hidden = kind.value === 'withdraw';
  };
  fit();
  kind.addEventListener('change', fit);
  form.addEventListener('submit', async (event) => {
    event.preventDefault();
    const cast = await accounting.names();
    const typed = { kind: /** @type {Kind} */ (kind.value), ...values(boxes) };
    const { move: asked, problems: found } = moveOf(typed, cast);
    for (const [name, box] of Object.entries(boxes)) {
      const why = found[/** @type {keyof typeof boxes} */ (name)];
      write(problems[/** @type {keyof typeof boxes} */ (name)], why ?? '');
      box.setAttribute('aria-invalid', String(why !== undefined));
    }
    if (asked) accounting.move(asked);
  });

  /** @type {unknown} */
  let offered = null;
  /** @param {State} state */
  const show = ({ reader, accounts }) => {
    form.hidden = reader === null;
    write(said, accounts.said);
    said.className = accounts.said.startsWith('Refused') ? 'bad' : 'good';
    since.hidden = !accounts.moved_since;
    write(judged, accounts.judged);
    if (accounting.cast === offered) return;
    offered = accounting.cast;
    const known = accounting.cast ? namesOf(accounting.cast, NAMES_MAX) : [];
    names.replaceChildren(...known.map((value) => element('option', { value })));
  };
  return { element: form, show };
}

/**
 * @param {string} label
 * @param {HTMLInputElement} box
 */
function field(label, box) {
  const problem = element('p', { class: 'problem', id: freshId('problem') });
  box.setAttribute('aria-describedby', problem.id);
  box.id = freshId('box');
  const named = element('label', { for: box.id }, label);
  return { block: element('div', { class: 'small-field' }, named, box, problem), problem };
}

/** @param {{ from: HTMLInputElement, to: HTMLInputElement, amount: HTMLInputElement }} boxes */
function values({ from, to, amount }) {
  return { from: from.value, to: to.value, amount: amount.value };
}
