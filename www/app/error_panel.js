/** What went wrong or was not done as asked, why, and what to do next. */
/** @import { Laboratory } from './app.js' */
/** @import { State } from '../types.d.ts' */
import { element, place } from '../lib/dom.js';

/** @param {Laboratory} laboratory */
export function trouble(laboratory) {
  const alert = element('div', { role: 'alert' });
  const remarks = element('div', { role: 'status' });
  place('trouble').append(alert, remarks);

  /** @type {State['trouble']} */
  let shownTrouble = null;
  /** @type {State['remarks']} */
  let shownRemarks = [];
  const others = ['parameters', 'numbers', 'charts', 'checks', 'details', 'compare', 'earlier'].map(
    place,
  );

  /** @param {State} state */
  return (state) => {
    // Where nothing can be run there is nothing to look forward to either.
    const hopeless = state.trouble !== null && state.description === null;
    for (const other of others) other.hidden = hopeless;
    if (state.trouble !== shownTrouble) {
      shownTrouble = state.trouble;
      alert.replaceChildren(...(shownTrouble ? [explanation(shownTrouble)] : []));
      alert.firstElementChild?.scrollIntoView({ block: 'nearest' });
    }
    if (state.remarks !== shownRemarks) {
      shownRemarks = state.remarks;
      remarks.replaceChildren(...(shownRemarks.length ? [notice(shownRemarks, laboratory)] : []));
    }
  };
}

/** @param {NonNullable<State['trouble']>} trouble */
function explanation({ what, why, next }) {
  return element(
    'div',
    { class: 'card trouble' },
    element('h2', {}, what),
    element('p', {}, why),
    element('p', {}, next),
  );
}

/**
 * @param {string[]} remarks
 * @param {Laboratory} laboratory
 */
function notice(remarks, laboratory) {
  const dismiss = element('button', { type: 'button', class: 'quiet' }, 'Dismiss');
  dismiss.addEventListener('click', () => laboratory.dismissRemarks());
  const list = element('ul', {}, ...remarks.map((remark) => element('li', {}, remark)));
  return element('div', { class: 'card notice' }, list, dismiss);
}
