/** Shows the current step of the guided run above the run. */
/** @import { App, GuideStep, State } from '../../types.d.ts' */
import { actionButton, byId, element, setText } from '../../lib/dom.js';
import { STEPS, act, leave, stepAfterRun, textOf } from './guide.js';

/** @param {App} app */
export function guidePanel(app) {
  const section = byId('guide');
  const title = element('h2', { id: 'guide-title' });
  const text = element('p', { role: 'status' });
  /** @type {GuideStep | null} */
  let shown = null;
  const action = actionButton('', () => shown && act(app, shown), 'button primary');
  const skip = actionButton('Skip the tour', () => skipTour(), 'button');
  const skipTour = () => {
    leave(app);
    // The focused button is hidden, so the focus moves to the run.
    byId('run').focus();
  };
  section.append(title, text, element('div', { class: 'verbs' }, action, skip));
  section.addEventListener('keydown', ({ key }) => {
    if (key === 'Escape') skipTour();
  });

  /** @param {State} state */
  return (state) => {
    const next = stepAfterRun(state);
    if (next) app.store.set({ guide_step: next });
    const step = next ?? state.guide_step;
    action.disabled = state.description === null;
    if (step === shown) return;
    shown = step;
    section.hidden = step === null;
    if (step === null) return;
    const { title: heading, button } = STEPS[step];
    setText(title, heading);
    setText(text, textOf(step, state.report));
    setText(action, button);
    action.hidden = button === '';
    skip.hidden = button === 'Done';
  };
}
