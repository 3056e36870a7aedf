/** What went wrong or was not done as asked, why, and what to do next. */
/** @import { App } from './app.js' */
/** @import { State } from '../types.d.ts' */
import { element, byId } from '../lib/dom.js';

/** @param {App} app */
export function errorPanel(app) {
  const alert = element('div', { role: 'alert' });
  const remarks = element('div', { role: 'status' });
  byId('trouble').append(alert, remarks);

  /** @type {State['error']} */
  let shownTrouble = null;
  /** @type {State['notices']} */
  let shownRemarks = [];
  const others = ['parameters', 'numbers', 'charts', 'checks', 'details', 'compare', 'earlier'].map(
    byId,
  );

  /** @param {State} state */
  return (state) => {
    // Where nothing can be run there is nothing to look forward to either.
    const hopeless = state.error !== null && state.description === null;
    for (const other of others) other.hidden = hopeless;
    if (state.error !== shownTrouble) {
      shownTrouble = state.error;
      alert.replaceChildren(...(shownTrouble ? [explanation(shownTrouble)] : []));
      alert.firstElementChild?.scrollIntoView({ block: 'nearest' });
    }
    if (state.notices !== shownRemarks) {
      shownRemarks = state.notices;
      remarks.replaceChildren(...(shownRemarks.length ? [notice(shownRemarks, app)] : []));
    }
  };
}

/** @param {NonNullable<State['error']>} trouble */
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
 * @param {App} app
 */
function notice(remarks, app) {
  const dismiss = element('button', { type: 'button', class: 'quiet' }, 'Dismiss');
  dismiss.addEventListener('click', () => app.dismissNotices());
  const list = element('ul', {}, ...remarks.map((remark) => element('li', {}, remark)));
  return element('div', { class: 'card notice' }, list, dismiss);
}
