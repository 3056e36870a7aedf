/** Shows the landing, and the current step of the story, above the run. */
/** @import { App, GuideStep, State } from '../../types.d.ts' */
import { actionButton, byId, element, setText } from '../../lib/dom.js';
import { scenarioNamed } from '../run/parameters.js';
import { STEPS, act, leave, stepAfterRun, textOf } from './guide.js';

/** Whether the page has no ledger and says why. @param {State} state */
function isUnusable({ error, description }) {
  return error !== null && description === null;
}

/** @param {App} app */
export function guidePanel(app) {
  const section = byId('guide');
  const title = element('h2', { id: 'guide-title' });
  const lines = element('ul', { class: 'guide-lines' });
  const text = element('p', { role: 'status' });
  /** @type {GuideStep | null} */
  let shown = null;
  const action = actionButton('', () => shown && act(app, shown), 'button primary');
  const run = actionButton('', () => app.run(), 'button');
  const skip = actionButton('Skip the tour', () => skipTour(), 'button');
  const skipTour = () => {
    leave(app);
    // The focused button is hidden, so the focus moves to the run.
    byId('run').focus();
  };
  section.append(title, lines, text, element('div', { class: 'verbs' }, action, run, skip));
  section.addEventListener('keydown', ({ key }) => {
    if (key === 'Escape' && !skip.hidden) skipTour();
  });

  /** @param {State} state */
  const show = (state) => {
    const next = stepAfterRun(state);
    if (next) app.store.set({ guide_step: next });
    const is_left = state.guide_step === 'welcome' && (state.current_run !== null || isUnusable(state));
    if (is_left) app.store.set({ guide_step: null });
    const step = is_left ? null : (next ?? state.guide_step);
    action.disabled = state.description === null;
    const { description, scenario } = state;
    setText(run, description ? `Run ${scenarioNamed(description, scenario).title}` : 'Run');
    if (step === shown) return;
    shown = step;
    section.hidden = step === null;
    if (step === null) return;
    const { title: heading, lines: sentences = [], button } = STEPS[step];
    lines.hidden = sentences.length === 0;
    lines.replaceChildren(...sentences.map((sentence) => element('li', {}, sentence)));
    run.hidden = step !== 'welcome';
    setText(title, heading);
    setText(text, textOf(step, state.report));
    setText(action, button);
    action.hidden = button === '';
    skip.hidden = button === 'Done' || step === 'welcome';
  };
  // At once, so that nothing moves when the other panels are drawn.
  show(app.store.state);
  return show;
}
