/** A button that copies a text, and says for a moment that it has. */
import { element, setText } from './dom.js';

const SAID_MS = 2_000;

/**
 * @param {object} copying
 * @param {string} copying.title of the button
 * @param {string} copying.kind its class
 * @param {string} [copying.label] its name, where the title does not tell enough
 * @param {() => string} copying.text what is copied
 * @param {string} copying.copied the sentence that is read aloud then
 * @param {string} copying.refused and the one where the browser does not allow it
 * @returns {{ button: HTMLButtonElement, said: HTMLElement }} the button, and what is read aloud
 */
export function copyButton({ title, kind, label, text, copied, refused }) {
  const attributes = { type: 'button', class: kind, 'aria-label': label ?? false };
  const button = element('button', attributes, title);
  const said = element('p', { class: 'unseen', role: 'status' });
  button.addEventListener('click', async () => {
    const done = await navigator.clipboard.writeText(text()).then(
      () => true,
      () => false,
    );
    setText(button, done ? 'Copied' : 'Not allowed');
    setText(said, done ? copied : refused);
    setTimeout(() => {
      setText(button, title);
      setText(said, '');
    }, SAID_MS);
  });
  return { button, said };
}
