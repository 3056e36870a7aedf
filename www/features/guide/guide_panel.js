/** The guided run: one sentence or two at a time, above the run, out of the way of everything else. */
/** @import { App } from '../../app/app.js' */
/** @import { GuideStep, State } from '../../types.d.ts' */
import { element, byId, setText } from '../../lib/dom.js';
import { STEPS, act, stepAfterRun, leave } from './guide.js';

/** @param {App} app */
export function guidePanel(app) {
  const section = byId('guide');
  const title = element('h2', { id: 'guide-title' });
  const text = element('p', { role: 'status' });
  const verb = element('button', { type: 'button', class: 'button primary' });
  const skip = element('button', { type: 'button', class: 'button' }, 'Skip the tour');
  section.append(title, text, element('div', { class: 'verbs' }, verb, skip));

  /** @type {GuideStep | null} */
  let shown = null;
  verb.addEventListener('click', () => {
    if (shown) act(app, shown);
  });
  skip.addEventListener('click', () => {
    leave(app);
    // What had the focus is gone; the run is where one would go next.
    byId('run').focus();
  });
  section.addEventListener('keydown', ({ key }) => {
    if (key === 'Escape') skip.click();
  });

  /** @param {State} state */
  return (state) => {
    const next = stepAfterRun(state);
    if (next) app.store.set({ guide_step: next });
    const step = next ?? state.guide_step;
    const ready = state.description !== null;
    verb.disabled = !ready;
    if (step === shown) return;
    shown = step;
    section.hidden = step === null;
    if (step === null) return;
    setText(title, STEPS[step].title);
    setText(text, STEPS[step].text);
    setText(verb, STEPS[step].verb);
    verb.hidden = STEPS[step].verb === '';
    skip.hidden = STEPS[step].verb === 'Done';
  };
}
