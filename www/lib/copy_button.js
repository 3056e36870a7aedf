/** A button that copies a text and confirms it for a moment. */
import { actionButton, element, setText } from './dom.js';

const CONFIRMATION_MS = 2_000;

/**
 * @param {object} options
 * @param {string} options.title of the button
 * @param {string} options.kind its class
 * @param {string} [options.label] its accessible name, if the title is not specific enough
 * @param {() => string} options.text returns the text to copy
 * @param {string} options.copied the sentence that is read aloud on success
 * @param {string} options.denied the sentence that is read aloud if the browser does not allow it
 * @returns {{ button: HTMLButtonElement, status: HTMLElement }} the button, and the element that is read aloud
 */
export function copyButton({ title, kind, label, text, copied, denied }) {
  const status = element('p', { class: 'unseen', role: 'status' });
  const copy = async () => {
    const is_copied = await navigator.clipboard.writeText(text()).then(
      () => true,
      () => false,
    );
    setText(button, is_copied ? 'Copied' : 'Not allowed');
    setText(status, is_copied ? copied : denied);
    setTimeout(() => {
      setText(button, title);
      setText(status, '');
    }, CONFIRMATION_MS);
  };
  const button = actionButton(title, copy, kind);
  if (label) button.setAttribute('aria-label', label);
  return { button, status };
}
