/** The error that stopped the page, and the notices about values that were not used. */
/** @import { App, Explanation, State } from '../types.d.ts' */
import { byId, element } from '../lib/dom.js';
import { changeDetector } from './store.js';

/** @param {App} app */
export function errorPanel(app) {
  const alert = element('div', { role: 'alert' });
  const status = element('div', { role: 'status' });
  byId('error').append(alert, status);
  const errorChanged = changeDetector();
  const noticesChanged = changeDetector();

  /** @param {State} state */
  return ({ error, notices }) => {
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
