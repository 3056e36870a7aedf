/** The keyboard shortcuts, and the dialog that lists them and switches them off. */
/** @import { App, State } from '../types.d.ts' */
import { byId, element } from '../lib/dom.js';
import { readSetting, writeSetting } from '../lib/settings.js';
import { isBusy } from './store.js';

const SETTING = 'ledgerlab-shortcuts';

/** Input types that take no letters. */
const KEYLESS = ['radio', 'checkbox', 'button', 'submit', 'file'];

/** @param {App} app */
export function shortcutsDialog(app) {
  /** @type {{ key: string, title: string, act: () => void }[]} */
  const shortcuts = [
    { key: 'r', title: 'Run', act: () => submitParameters() },
    { key: 'p', title: 'Pause or resume the run', act: () => app.pause() },
    { key: 'x', title: 'Cancel the run or the comparison', act: () => app.cancel() },
    { key: 's', title: 'Go to the scenarios', act: () => focusPart('parameters') },
    { key: 'c', title: 'Go to the comparison', act: () => focusPart('compare') },
    { key: 'e', title: 'Go to the run history', act: () => focusPart('history') },
    { key: 'a', title: 'Go to the API console', act: () => focusPart('console') },
    { key: '?', title: 'Show this list', act: () => dialog.showModal() },
  ];
  // Without storage the choice holds until the page is closed.
  const on = element('input', { type: 'checkbox', checked: readSetting(SETTING) !== 'off' });
  const { dialog, opener } = build(shortcuts, on);
  byId('actions').append(opener);
  document.body.append(dialog);
  on.addEventListener('change', () => writeSetting(SETTING, on.checked ? null : 'off'));
  opener.addEventListener('click', () => dialog.showModal());

  addEventListener('keydown', (event) => {
    const { key, ctrlKey, altKey, metaKey, repeat, isComposing, defaultPrevented } = event;
    if (ctrlKey || altKey || metaKey || repeat || isComposing || defaultPrevented) return;
    if (dialog.open || acceptsTyping(event.target) || !on.checked) return;
    const shortcut = shortcuts.find((candidate) => candidate.key === key.toLowerCase());
    if (!shortcut) return;
    event.preventDefault();
    shortcut.act();
  });

  /** @param {State} state */
  return (state) => {
    opener.hidden = state.description === null;
    if (isBusy(state) && dialog.open && state.run_state === 'preparing') dialog.close();
  };
}

/**
 * @param {{ key: string, title: string }[]} shortcuts
 * @param {HTMLInputElement} on
 */
function build(shortcuts, on) {
  const title = element('h2', { id: 'shortcuts-title' }, 'Keyboard shortcuts');
  const entries = shortcuts.map(({ key, title: text }) =>
    element('div', {}, element('dt', {}, element('kbd', {}, key)), element('dd', {}, text)),
  );
  const list = element('dl', { class: 'keys' }, ...entries);
  const box = element('label', { class: 'tick' }, on, element('span', {}, 'Shortcuts are on'));
  const hint = element('p', { class: 'hint' }, 'Shortcuts are ignored while you type in a field.');
  const close = element('button', { class: 'button' }, 'Close');
  const form = element('form', { method: 'dialog', class: 'verbs' }, close);
  const dialog = element('dialog', { 'aria-labelledby': title.id, class: 'card' });
  dialog.append(title, list, box, hint, form);
  const opener = element('button', { type: 'button', class: 'button' }, 'Shortcuts');
  opener.setAttribute('aria-keyshortcuts', '?');
  return { dialog, opener };
}

/** Whether the focused element takes letters itself. @param {EventTarget | null} target */
function acceptsTyping(target) {
  if (!(target instanceof HTMLElement)) return false;
  if (target instanceof HTMLInputElement) return !KEYLESS.includes(target.type);
  return target.isContentEditable || ['TEXTAREA', 'SELECT'].includes(target.tagName);
}

function submitParameters() {
  /** @type {HTMLFormElement} */ (byId('parameters')).requestSubmit();
}

/** Moves the focus to the first control of a part of the page. @param {string} id */
function focusPart(id) {
  const part = byId(id);
  const controls = part.querySelectorAll('input:checked, select, input, button');
  const first = /** @type {HTMLElement[]} */ ([...controls]).find(
    (control) => !control.matches(':disabled, [tabindex="-1"]') && control.checkVisibility(),
  );
  first?.focus({ preventScroll: true });
  part.scrollIntoView({ block: 'start' });
}
