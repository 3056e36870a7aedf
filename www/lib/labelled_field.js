/** A control with its label above it, and its problem and a hint below it. */
import { element, freshId, setText } from './dom.js';

/** The attributes of inputs for names, numbers and other texts that are no prose. */
export const PLAIN_TEXT = { type: 'text', autocomplete: 'off', spellcheck: 'false' };

/**
 * @template {HTMLInputElement | HTMLSelectElement | HTMLTextAreaElement} Control
 * @param {string} label
 * @param {Control} control
 * @param {string} [hint]
 */
export function labelledField(label, control, hint = '') {
  const problem = element('p', { class: 'problem', id: freshId('problem') });
  const hint_text = element('p', { class: 'hint', id: freshId('hint') }, hint);
  control.id = freshId('field');
  control.setAttribute('aria-describedby', hint ? `${problem.id} ${hint_text.id}` : problem.id);
  const title = element('label', { for: control.id }, label);
  const block = element('div', { class: 'labelled' }, title, control, problem, hint_text);
  /** @param {string | undefined} text */
  const showProblem = (text) => {
    setText(problem, text ?? '');
    control.setAttribute('aria-invalid', String(text !== undefined));
  };
  return { block, control, showProblem };
}
