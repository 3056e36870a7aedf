/** The state of the run, its progress, and the buttons Run, Pause and Cancel. */
/** @import { App, State } from '../types.d.ts' */
import { choiceOf, selection, invalidLabels } from '../features/run/parameters.js';
import { byId, element, resizeChildren, setText } from '../lib/dom.js';
import { clock, counted, duration, rate, share, tick } from '../lib/format.js';
import { announcement, stateLabel, stateText } from './state_text.js';
import { isBusy, isPaused } from './store.js';

/** @param {App} app */
export function stateLine(app) {
  const word = element('strong', { class: 'state-word mood' });
  const facts = element('ul', { class: 'facts', 'aria-label': 'Facts' });
  const text = element('p', { class: 'state-sentence note' });
  const reason = element('p', { class: 'problem', id: 'run-reason' });
  const run = element('button', { type: 'submit', form: 'parameters', class: 'button primary' }, 'Run');
  const pause = element('button', { type: 'button', class: 'button' }, 'Pause');
  pause.setAttribute('aria-keyshortcuts', 'p');
  const cancel = element('button', { type: 'button', class: 'button' }, 'Cancel');
  const progress = element('progress', { max: 1, value: 0 });
  const status = element('p', { class: 'unseen', role: 'status' });

  const panel = byId('state');
  panel.replaceChildren(
    element('div', { class: 'state-text' }, word, facts, text, reason),
    element('div', { class: 'verbs' }, run, pause, cancel),
    progress,
    status,
  );
  pause.addEventListener('click', () => app.pause());
  cancel.addEventListener('click', () => app.cancel());
  // In one column the results are below the fields, out of sight.
  run.addEventListener('click', () => scrollToResults(byId('result')));

  /** @param {State} state */
  return (state) => {
    const label = stateLabel(state);
    panel.dataset.mood = label.mood;
    setText(word, label.word);
    showFacts(facts, factsOf(state));
    setText(text, stateText(state));
    setText(status, announcement(state));
    showButtons(state, { run, pause, cancel });
    showReason(state, run, reason);
    showProgress(state, progress);
  };
}

/**
 * Shows the buttons that apply. The focus moves with them: from Run to Cancel and back.
 * @param {State} state
 * @param {Record<'run' | 'pause' | 'cancel', HTMLButtonElement>} buttons
 */
function showButtons(state, { run, pause, cancel }) {
  const { run_state, comparison_progress } = state;
  const is_busy = isBusy(state);
  const focused = document.activeElement;
  const is_focus_at_run = focused === run || byId('parameters').contains(focused);
  const is_focus_at_other = focused === pause || focused === cancel;
  const has_changed = run.hidden !== is_busy;
  const loses_pause = focused === pause && run_state !== 'running';
  run.hidden = is_busy || run_state === 'unsupported' || run_state === 'loading';
  pause.hidden = run_state !== 'running';
  cancel.hidden = !is_busy;
  // The remaining runs of a comparison can be cancelled in any state.
  const is_stopping = ['opening', 'cancelling', 'checking'].includes(run_state);
  const is_inactive = comparison_progress ? comparison_progress.cancelled : is_stopping;
  cancel.setAttribute('aria-disabled', String(is_inactive));
  if (is_busy && ((has_changed && is_focus_at_run) || loses_pause)) {
    cancel.focus({ preventScroll: true });
  }
  if (has_changed && !is_busy && is_focus_at_other) run.focus({ preventScroll: true });
  setText(run, runTitle(state));
  setText(pause, isPaused(state) ? 'Resume' : 'Pause');
}

/** @param {State} state */
function runTitle({ run_state, description, current_run }) {
  if (run_state === 'failed' && !description) return 'Try again';
  return current_run ? 'Run again' : 'Run';
}

/** @param {State} state @param {HTMLButtonElement} run @param {HTMLElement} reason */
function showReason(state, run, reason) {
  const labels = invalidLabels(selection(state));
  run.setAttribute('aria-disabled', String(labels !== ''));
  if (labels) run.setAttribute('aria-describedby', reason.id);
  else run.removeAttribute('aria-describedby');
  setText(reason, labels && `Correct these fields to run: ${labels}.`);
}

/** @param {State} state @returns {string[]} */
function factsOf({ run_state, current_run, report, reading, file, series }) {
  if (!current_run) return [];
  const { scenario, parameters } = current_run;
  const facts = [scenario.title, counted(parameters.workers, 'workers')];
  for (const parameter of scenario.parameters) {
    const choice = choiceOf(parameter, parameters[parameter.name]);
    if (choice) facts.push(choice.label);
  }
  if ('seed' in parameters) facts.push(`seed ${parameters.seed}`);
  const { last } = series;
  if (report) {
    facts.push(duration(report.elapsed_ns), `${rate(report.totals.operations_per_second)}/s`);
  } else if (run_state === 'checking') {
    const { replayed, replay_total } = reading ?? { replayed: 0, replay_total: 0 };
    if (replay_total > 0) facts.push(`${tick(replayed)} of ${tick(replay_total)} entries replayed`);
  } else if (reading && last.time_ns > 0) {
    facts.push(clock(last.time_ns), `${rate(series.current_rates.operations)}/s`);
  }
  if (last.attempts > 0 && run_state !== 'checking') {
    facts.push(`${share(last.refused / last.attempts)} of attempts refused`);
  }
  if (file) facts.push(`opened from ${file}`);
  return facts;
}

/** @param {HTMLElement} list @param {string[]} facts */
function showFacts(list, facts) {
  list.hidden = facts.length === 0;
  resizeChildren(list, facts.length, () => element('li'));
  facts.forEach((fact, index) => setText(list.children[index], fact));
}

/**
 * Shows the completed share of the run, by operations or by time, whichever is further; afterwards
 * the share of the serial replay.
 * @param {State} state
 * @param {HTMLProgressElement} progress
 */
function showProgress({ run_state, reading, report, series }, progress) {
  const is_checking = run_state === 'checking';
  const label = is_checking || run_state === 'opening' ? 'Progress of the checks' : 'Progress of the run';
  progress.setAttribute('aria-label', label);
  progress.hidden = run_state === 'unsupported';
  let done = report ? 1 : 0;
  if (reading && !report) {
    const { operations, time_ns } = series.last;
    done = is_checking
      ? reading.replayed / Math.max(1, reading.replay_total)
      : Math.max(operations / reading.operations, time_ns / reading.duration_ns);
  }
  if (run_state === 'loading' || run_state === 'opening') progress.removeAttribute('value');
  else progress.value = Math.min(1, done);
}

/** @param {HTMLElement} target */
function scrollToResults(target) {
  const { top } = target.getBoundingClientRect();
  if (top < window.innerHeight * 0.75) return;
  const is_calm = matchMedia('(prefers-reduced-motion: reduce)').matches;
  target.scrollIntoView({ behavior: is_calm ? 'auto' : 'smooth', block: 'start' });
}
