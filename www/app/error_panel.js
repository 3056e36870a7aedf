/** The error that stopped the page, and the notices about values that were not used. */
/** @import { App, Explanation, State } from '../types.d.ts' */
import { byId, element } from '../lib/dom.js';
import { changeDetector } from './store.js';

/** The parts of the page that need a ledger. */
const DEPENDENT = ['parameters', 'numbers', 'charts', 'checks', 'details', 'compare', 'history'];

/** @param {App} app */
export function errorPanel(app) {
  const alert = element('div', { role: 'alert' });
  const status = element('div', { role: 'status' });
  byId('error').append(alert, status);
  const dependent = DEPENDENT.map(byId);
  const errorChanged = changeDetector();
  const noticesChanged = changeDetector();

  /** @param {State} state */
  return ({ error, notices, description }) => {
    for (const part of dependent) part.hidden = error !== null && description === null;
    if (errorChanged(error)) {
      alert.replaceChildren(...(error ? [errorCard(error)] : []));
      alert.firstElementChild?.scrollIntoView({ block: 'nearest' });
    }
    if (noticesChanged(notices)) {
      status.replaceChildren(...(notices.length > 0 ? [noticeCard(notices, app)] : []));
    }
  };
}

/** @param {Explanation} explanation */
function errorCard({ what, why, next }) {
  const texts = [element('h2', {}, what), element('p', {}, why), element('p', {}, next)];
  return element('div', { class: 'card error-card' }, ...texts);
}

/** @param {string[]} notices @param {App} app */
function noticeCard(notices, app) {
  const dismiss = element('button', { type: 'button', class: 'quiet' }, 'Dismiss');
  dismiss.addEventListener('click', () => app.dismissNotices());
  const list = element('ul', {}, ...notices.map((notice) => element('li', {}, notice)));
  return element('div', { class: 'card notice' }, list, dismiss);
}
