/** A control with its label above it and its problem below it. */
import { element, freshId, setText } from './dom.js';

/**
 * @template {HTMLInputElement | HTMLSelectElement} Control
 * @param {string} label
 * @param {Control} control
 */
export function smallField(label, control) {
  const problem = element('p', { class: 'problem', id: freshId('problem') });
  control.id = freshId('field');
  control.setAttribute('aria-describedby', problem.id);
  const title = element('label', { for: control.id }, label);
  const block = element('div', { class: 'small-field' }, title, control, problem);
  /** @param {string | undefined} text */
  const showProblem = (text) => {
    setText(problem, text ?? '');
    control.setAttribute('aria-invalid', String(text !== undefined));
  };
  return { block, control, showProblem };
}
