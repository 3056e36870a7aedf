/** Whether keys are shortcuts now: not while one types, and not where somebody switched them off. */

const NAME = 'ledgerlab-shortcuts';

/** Kinds of fields in which a letter is not typed and chooses nothing. */
const KEYLESS = ['radio', 'checkbox', 'button', 'submit', 'file'];

/**
 * Whether what has the focus takes letters itself.
 * @param {EventTarget | null} target
 */
export function acceptsTyping(target) {
  if (!(target instanceof HTMLElement)) return false;
  if (target instanceof HTMLInputElement) return !KEYLESS.includes(target.type);
  return target.isContentEditable || ['TEXTAREA', 'SELECT'].includes(target.tagName);
}

/** Whether shortcuts are on. Storage can be forbidden; then they are, for this page. */
export function areShortcutsOn() {
  try {
    return localStorage.getItem(NAME) !== 'off';
  } catch {
    return true;
  }
}

/** @param {boolean} on */
export function saveShortcutsOn(on) {
  try {
    if (on) localStorage.removeItem(NAME);
    else localStorage.setItem(NAME, 'off');
  } catch {
    // It holds until the page is closed, which the box shows.
  }
}
