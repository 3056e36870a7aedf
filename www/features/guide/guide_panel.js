/** The guided run: one sentence or two at a time, above the run, out of the way of everything else. */
/** @import { Laboratory } from '../../app/app.js' */
/** @import { GuideStep, State } from '../../types.d.ts' */
import { element, place, write } from '../../lib/dom.js';
import { STEPS, act, followed, leave } from './guide.js';

/** @param {Laboratory} laboratory */
export function guide(laboratory) {
  const section = place('guide');
  const title = element('h2', { id: 'guide-title' });
  const text = element('p', { role: 'status' });
  const verb = element('button', { type: 'button', class: 'button primary' });
  const skip = element('button', { type: 'button', class: 'button' }, 'Skip the tour');
  section.append(title, text, element('div', { class: 'verbs' }, verb, skip));

  /** @type {GuideStep | null} */
  let shown = null;
  verb.addEventListener('click', () => {
    if (shown) act(laboratory, shown);
  });
  skip.addEventListener('click', () => {
    leave(laboratory);
    // What had the focus is gone; the run is where one would go next.
    place('run').focus();
  });
  section.addEventListener('keydown', ({ key }) => {
    if (key === 'Escape') skip.click();
  });

  /** @param {State} state */
  return (state) => {
    const next = followed(state);
    if (next) laboratory.store.set({ guide: next });
    const step = next ?? state.guide;
    const ready = state.description !== null;
    verb.disabled = !ready;
    if (step === shown) return;
    shown = step;
    section.hidden = step === null;
    if (step === null) return;
    write(title, STEPS[step].title);
    write(text, STEPS[step].text);
    write(verb, STEPS[step].verb);
    verb.hidden = STEPS[step].verb === '';
    skip.hidden = STEPS[step].verb === 'Done';
  };
}
