/** Keys that do what buttons do, and the dialog that lists them and can switch them off. */
/** @import { App } from './app.js' */
/** @import { State } from '../types.d.ts' */
import { element, byId } from '../lib/dom.js';
import { isBusy } from './store.js';
import { areShortcutsOn, saveShortcutsOn, acceptsTyping } from './shortcut_settings.js';

/** @param {App} app */
export function shortcutsDialog(app) {
  /** @type {{ key: string, does: string, act: () => void }[]} */
  const KEYS = [
    { key: 'r', does: 'Run', act: () => parameterForm().requestSubmit() },
    { key: 'p', does: 'Pause the run, or go on', act: () => app.pause() },
    { key: 'x', does: 'Cancel the run or the comparison', act: () => app.cancel() },
    { key: 's', does: 'Go to the list of scenarios', act: () => go('parameters') },
    { key: 'c', does: 'Go to the comparison', act: () => go('compare') },
    { key: 'e', does: 'Go to the earlier runs', act: () => go('earlier') },
    { key: 'a', does: 'Go to the API console', act: () => go('console') },
    { key: '?', does: 'Show this list', act: () => dialog.showModal() },
  ];
  const on = element('input', { type: 'checkbox', checked: areShortcutsOn() });
  const { dialog, opener } = build(KEYS, on);
  byId('actions').append(opener);
  document.body.append(dialog);
  on.addEventListener('change', () => saveShortcutsOn(on.checked));
  opener.addEventListener('click', () => dialog.showModal());

  addEventListener('keydown', (event) => {
    const { key, ctrlKey, altKey, metaKey, repeat, isComposing, defaultPrevented } = event;
    if (ctrlKey || altKey || metaKey || repeat || isComposing || defaultPrevented) return;
    if (dialog.open || acceptsTyping(event.target) || !on.checked) return;
    const found = KEYS.find((one) => one.key === key.toLowerCase());
    if (!found) return;
    event.preventDefault();
    found.act();
  });

  /** @param {State} state */
  return (state) => {
    opener.hidden = state.description === null;
    if (isBusy(state) && dialog.open && state.run_state === 'preparing') dialog.close();
  };
}

/**
 * @param {{ key: string, does: string }[]} keys
 * @param {HTMLInputElement} on
 */
function build(keys, on) {
  const title = element('h2', { id: 'shortcuts-title' }, 'Keyboard shortcuts');
  const list = element('dl', { class: 'keys' });
  for (const { key, does } of keys) {
    list.append(
      element('div', {}, element('dt', {}, element('kbd', {}, key)), element('dd', {}, does)),
    );
  }
  const box = element('label', { class: 'tick' }, on, element('span', {}, 'Shortcuts are on'));
  const hint = element('p', { class: 'hint' }, 'They do nothing while one types in a field.');
  const close = element('button', { class: 'button' }, 'Close');
  const form = element('form', { method: 'dialog', class: 'verbs' }, close);
  const dialog = element('dialog', { 'aria-labelledby': title.id, class: 'card' });
  dialog.append(title, list, box, hint, form);
  const opener = element('button', { type: 'button', class: 'button' }, 'Shortcuts');
  opener.setAttribute('aria-keyshortcuts', '?');
  return { dialog, opener };
}

function parameterForm() {
  return /** @type {HTMLFormElement} */ (byId('parameters'));
}

/**
 * The focus goes to the first thing of a part of the page that takes it.
 * @param {string} id
 */
function go(id) {
  const part = byId(id);
  const wanted = part.querySelectorAll('input:checked, select, input, button');
  const first = /** @type {HTMLElement[]} */ ([...wanted]).find(
    (one) => !one.matches(':disabled, [tabindex="-1"]') && one.checkVisibility(),
  );
  first?.focus({ preventScroll: true });
  part.scrollIntoView({ block: 'start' });
}
