/** The API console: select an example, edit the request, send it, read the response. */
/** @import { App, State } from '../../types.d.ts' */
import { changeDetector } from '../../app/store.js';
import { copyButton } from '../../lib/copy_button.js';
import { byId, element, freshId, setText } from '../../lib/dom.js';
import { apiTargetPicker, targetName } from './api_target_picker.js';
import { curlCommand, parseRequest, resolveAddress } from './request.js';
import { requestForm } from './request_form.js';
import { responseView } from './response_view.js';
import { sendRequest } from './send_request.js';

/** The default address of `ledgerlab serve`. */
const SERVER = 'http://127.0.0.1:3000';
const HINT =
  'Send HTTP requests to GoLedger’s endpoints and to the complete API under /v1. Scripts of this page ' +
  'can send the same requests with fetch.';

/** @param {App} app */
export function consolePanel(app) {
  const title = element('h2', { id: 'console-title' }, 'API console');
  const picker = apiTargetPicker((target) => app.chooseApiTarget(target));
  const response = responseView();
  const send = element('button', { type: 'submit', class: 'button primary' }, 'Send');
  const fields = requestForm(() => showRequest());
  const command = commandView();
  const attributes = { class: 'call', 'aria-label': 'Request', novalidate: true };
  const buttons = element('div', { class: 'verbs' }, send);
  const form = element('form', attributes, ...fields.blocks, buttons);
  const parts = element('div', { class: 'console-parts' });
  parts.append(element('div', { class: 'console-part' }, picker.block, form), response.block, command.block);
  byId('console').append(title, element('p', { class: 'hint' }, HINT), parts);

  /** Cancels the request under way. @type {AbortController | null} */
  let cancellation = null;
  const activeTarget = () => app.store.state.api_target.active;

  function showRequest() {
    const { request, problems } = parseRequest(fields.texts());
    fields.show(problems);
    const base = activeTarget() === 'server' ? resolveAddress('/').href.slice(0, -1) : SERVER;
    command.show(Object.keys(problems).length > 0 ? '' : curlCommand(request, base));
  }

  function showButton() {
    setText(send, cancellation ? 'Cancel request' : 'Send');
    const is_possible = cancellation !== null || activeTarget() !== null;
    send.setAttribute('aria-disabled', String(!is_possible));
  }

  form.addEventListener('submit', async (event) => {
    event.preventDefault();
    if (cancellation) {
      cancellation.abort(new Error('The request was cancelled.'));
      return;
    }
    const { request, problems } = parseRequest(fields.texts());
    fields.focus(problems);
    const target = activeTarget();
    if (Object.keys(problems).length > 0 || !target) return;
    const { signal } = (cancellation = new AbortController());
    showButton();
    response.showWaiting(targetName(target));
    try {
      response.showResponse(await sendRequest(request, signal), targetName(target));
    } catch (error) {
      if (signal.aborted) response.showCancelled();
      else response.showError(error);
    }
    cancellation = null;
    showButton();
  });

  showRequest();
  showButton();
  response.showNothing();
  const changed = changeDetector();
  /** @param {State} state */
  return ({ api_target }) => {
    if (!changed(api_target)) return;
    picker.show(api_target);
    command.setReachable(api_target.active === 'server');
    showRequest();
    showButton();
  };
}

/** The same request as a command line. */
function commandView() {
  const region = { role: 'region', 'aria-labelledby': 'curl-title', tabindex: 0 };
  const text = element('pre', { class: 'curl scroll', ...region });
  const { button: copy, status } = copyButton({
    title: 'Copy',
    kind: 'quiet',
    label: 'Copy as curl',
    text: () => text.textContent ?? '',
    copied: 'The command was copied.',
    denied: 'The browser does not allow copying.',
  });
  const hint = element('p', { class: 'hint', id: freshId('hint') });
  const heading = element('h3', { id: 'curl-title' }, 'The same request with curl');
  const top = element('div', { class: 'curl-top' }, heading, copy);
  return {
    block: element('div', { class: 'command' }, top, text, hint, status),
    /** @param {string} command empty if the request has problems */
    show(command) {
      setText(text, command || 'Correct the request first.');
      copy.disabled = !command;
    },
    /** @param {boolean} is_reachable whether programs outside of the browser reach the ledger */
    setReachable(is_reachable) {
      const note = 'curl cannot reach a tab. Start “ledgerlab serve --demo”, which answers the same.';
      setText(hint, is_reachable ? '' : note);
    },
  };
}
