/** The API console: a call is chosen, edited, sent, and its answer looked at. */
/** @import { App } from '../../app/app.js' */
/** @import { State } from '../../types.d.ts' */
import { responseView } from './response_view.js';
import { apiTargetPicker, targetName } from './api_target_picker.js';
import { requestForm } from './request_form.js';
import { curlCommand, resolveAddress, parseRequest } from './request.js';
import { sendRequest } from './send_request.js';
import { copyButton } from '../../lib/copy_button.js';
import { element, freshId, byId, setText } from '../../lib/dom.js';

/** Where `ledgerlab serve` listens unless it is told otherwise. */
const SERVER = 'http://127.0.0.1:3000';

/** @param {App} app */
export function consolePanel(app) {
  const title = element('h2', { id: 'console-title' }, 'API console');
  const hint = element(
    'p',
    { class: 'hint' },
    'GoLedger’s endpoints and the whole model under /v1, by HTTP. Any script of this page, and any page beside it, can send the same with fetch.',
  );
  const who = apiTargetPicker((by) => app.chooseApiTarget(by));
  const answer = responseView();
  const sending = element('button', { type: 'submit', class: 'button primary' }, 'Send');
  const fields = requestForm(() => showCall());
  const line = commandLine();
  const call = element(
    'form',
    { class: 'call', 'aria-label': 'Request', novalidate: true },
    ...fields.blocks,
    element('div', { class: 'verbs' }, sending),
  );
  const asking = element('div', { class: 'console-part' }, who.block, call);
  const parts = [asking, answer.block, line.block];
  byId('console').append(title, hint, element('div', { class: 'console-parts' }, ...parts));

  /** What takes back the request under way. @type {AbortController | null} */
  let under_way = null;
  const answering = () => app.store.state.api_target;

  function showCall() {
    const { asked, problems } = parseRequest(fields.call());
    fields.show(problems);
    const base = answering().active === 'server' ? resolveAddress('/').href.slice(0, -1) : SERVER;
    line.show(Object.keys(problems).length > 0 ? '' : curlCommand(asked, base));
  }

  function showVerb() {
    setText(sending, under_way ? 'Take back' : 'Send');
    const possible = under_way !== null || answering().active !== null;
    sending.setAttribute('aria-disabled', String(!possible));
  }

  call.addEventListener('submit', async (event) => {
    event.preventDefault();
    if (under_way) {
      under_way.abort(new Error('It was taken back.'));
      return;
    }
    const { asked, problems } = parseRequest(fields.call());
    fields.focus(problems);
    const { active } = answering();
    if (Object.keys(problems).length > 0 || !active) return;
    const { signal } = (under_way = new AbortController());
    showVerb();
    answer.wait('Sent.', `Waiting for ${targetName(active)}.`);
    try {
      answer.answer(await sendRequest(asked, signal), targetName(active));
    } catch (error) {
      if (signal.aborted) answer.end('What was asked for may have been done all the same.');
      else answer.fail(error);
    }
    under_way = null;
    showVerb();
  });

  showCall();
  showVerb();
  answer.open('');
  /** @type {State['api_target'] | null} */
  let shown = null;
  /** @param {State} state */
  return (state) => {
    if (state.api_target === shown) return;
    shown = state.api_target;
    who.show(shown);
    line.tell(shown.active !== 'server');
    showCall();
    showVerb();
  };
}

/** The same call for a terminal, to be copied. */
function commandLine() {
  const text = element('pre', {
    class: 'curl scroll',
    role: 'region',
    'aria-labelledby': 'curl-title',
    tabindex: 0,
  });
  const { button: copy, said } = copyButton({
    title: 'Copy',
    kind: 'quiet',
    label: 'Copy as curl',
    text: () => text.textContent ?? '',
    copied: 'The command is copied.',
    refused: 'Copying is not allowed here.',
  });
  const hint = element('p', { class: 'hint', id: freshId('hint') });
  const head = element('h3', { id: 'curl-title' }, 'The same with curl');
  const top = element('div', { class: 'curl-top' }, head, copy);
  return {
    block: element('div', { class: 'command' }, top, text, hint, said),
    /** @param {string} command empty where there is none */
    show(command) {
      setText(text, command || 'What is wrong above comes first.');
      copy.disabled = !command;
    },
    /** @param {boolean} elsewhere whether nobody outside of the browser reaches who answers */
    tell(elsewhere) {
      const where = 'curl does not reach a tab; “ledgerlab serve --demo” answers it the same.';
      setText(hint, elsewhere ? where : '');
    },
  };
}
