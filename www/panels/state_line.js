/** One line that is always there: what goes on, how far it is, and the verbs that make sense now. */
/** @import { Laboratory } from '../laboratory.js' */
/** @import { State } from '../types.d.ts' */
import { element, place, write } from '../dom.js';
import { clock, counted, duration, rate, share, tick } from '../format.js';
import { choiceOf, chosen } from '../parameters.js';
import { announcement, mood, sentenceOf } from '../sentences.js';
import { isBusy, isPaused } from '../state.js';

/** @param {Laboratory} laboratory */
export function stateLine(laboratory) {
  const word = element('strong', { class: 'state-word' });
  const facts = element('ul', { class: 'facts', 'aria-label': 'Facts' });
  const sentence = element('p', { class: 'state-sentence' });
  const reason = element('p', { class: 'problem', id: 'run-reason' });
  const run = element(
    'button',
    { type: 'submit', form: 'parameters', class: 'button primary' },
    'Run',
  );
  const pause = element('button', { type: 'button', class: 'button' }, 'Pause');
  pause.setAttribute('aria-keyshortcuts', 'p');
  const cancel = element('button', { type: 'button', class: 'button' }, 'Cancel');
  const progress = element('progress', { max: 1, value: 0 });
  const said = element('p', { class: 'unseen', role: 'status' });

  const panel = place('state');
  panel.replaceChildren(
    element('div', { class: 'state-text' }, word, facts, sentence, reason),
    element('div', { class: 'verbs' }, run, pause, cancel),
    progress,
    said,
  );
  pause.addEventListener('click', () => laboratory.pause());
  cancel.addEventListener('click', () => laboratory.cancel());
  // Where the page is one column the results stand below the fields, out of sight.
  run.addEventListener('click', () => reveal(place('numbers')));

  /** @param {State} state */
  return (state) => {
    const now = mood(state);
    panel.dataset.mood = now.mood;
    write(word, now.word);
    showFacts(facts, factsOf(state, laboratory));
    write(sentence, sentenceOf(state));
    write(said, announcement(state));
    showVerbs(state, { run, pause, cancel });
    showReason(state, run, reason);
    showProgress(state, laboratory, progress);
  };
}

/**
 * The focus goes with the verb: whoever pressed Run stands on Cancel, and afterwards on Run again.
 * @param {State} state
 * @param {Record<'run' | 'pause' | 'cancel', HTMLButtonElement>} verbs
 */
function showVerbs(state, { run, pause, cancel }) {
  const busy = isBusy(state);
  const focused = document.activeElement;
  const withRun = focused === run || place('parameters').contains(focused);
  const withOther = focused === pause || focused === cancel;
  const changed = run.hidden !== busy;
  const { stage, comparing } = state;
  const lost = focused === pause && stage !== 'running';
  run.hidden = busy || stage === 'unsupported' || stage === 'loading';
  pause.hidden = stage !== 'running';
  cancel.hidden = !busy;
  // Of a comparison the runs that are still to come can be cancelled at any moment.
  const stopping = stage === 'cancelling' || stage === 'checking';
  const deaf = comparing ? comparing.cancelled : stopping;
  cancel.setAttribute('aria-disabled', String(deaf));
  if (busy && ((changed && withRun) || lost)) cancel.focus({ preventScroll: true });
  if (changed && !busy && withOther) run.focus({ preventScroll: true });
  write(run, runVerb(state));
  write(pause, isPaused(state) ? 'Go on' : 'Pause');
}

/** @param {State} state */
function runVerb({ stage, description, shown }) {
  if (stage === 'failed' && !description) return 'Try again';
  return shown ? 'Run again' : 'Run';
}

/**
 * @param {State} state
 * @param {HTMLButtonElement} run
 * @param {HTMLElement} reason
 */
function showReason(state, run, reason) {
  const choice = chosen(state);
  const wrong = choice?.scenario.parameters.filter(({ name }) => name in choice.problems) ?? [];
  const labels = wrong.map(({ label }) => label.toLowerCase()).join(', ');
  run.setAttribute('aria-disabled', String(wrong.length > 0));
  if (wrong.length > 0) run.setAttribute('aria-describedby', reason.id);
  else run.removeAttribute('aria-describedby');
  write(reason, labels ? `Run is off until this is put right: ${labels}.` : '');
}

/**
 * @param {State} state
 * @param {Laboratory} laboratory
 * @returns {string[]}
 */
function factsOf(state, { samples }) {
  const { stage, shown, report, reading, file } = state;
  if (!shown) return [];
  const { scenario, parameters } = shown;
  const facts = [scenario.title, counted(parameters.workers, 'workers')];
  for (const parameter of scenario.parameters) {
    const choice = choiceOf(parameter, parameters[parameter.name]);
    if (choice) facts.push(choice.label);
  }
  if ('seed' in parameters) facts.push(`seed ${parameters.seed}`);
  const last = samples.last;
  if (report) {
    facts.push(duration(report.elapsed_ns), `${rate(report.totals.operations_per_second)}/s`);
  } else if (stage === 'checking') {
    const { replayed, replay_total } = reading ?? { replayed: 0, replay_total: 0 };
    if (replay_total > 0) facts.push(`${tick(replayed)} of ${tick(replay_total)} entries replayed`);
  } else if (reading && last.time_ns > 0) {
    facts.push(clock(last.time_ns), `${rate(samples.recent().operations)}/s`);
  }
  if (last.attempts > 0 && stage !== 'checking')
    facts.push(`${share(last.refused / last.attempts)} refused`);
  if (file) facts.push(`opened from ${file}`);
  return facts;
}

/**
 * @param {HTMLElement} list
 * @param {string[]} facts
 */
function showFacts(list, facts) {
  list.hidden = facts.length === 0;
  while (list.children.length < facts.length) list.append(element('li'));
  while (list.children.length > facts.length) list.lastElementChild?.remove();
  facts.forEach((fact, index) => write(list.children[index], fact));
}

/**
 * The share of the run that is done, by operations or by time, whichever is further; then the
 * replay's.
 * @param {State} state
 * @param {Laboratory} laboratory
 * @param {HTMLProgressElement} progress
 */
function showProgress({ stage, reading, report }, { samples }, progress) {
  const checking = stage === 'checking';
  progress.setAttribute('aria-label', checking ? 'Progress of the checks' : 'Progress of the run');
  progress.hidden = stage === 'unsupported';
  let done = report ? 1 : 0;
  if (reading && !report) {
    const { operations, time_ns } = samples.last;
    done = checking
      ? reading.replayed / Math.max(1, reading.replay_total)
      : Math.max(operations / reading.operations, time_ns / reading.duration_ns);
  }
  if (stage === 'loading') progress.removeAttribute('value');
  else progress.value = Math.min(1, done);
}

/** @param {HTMLElement} target */
function reveal(target) {
  const { top } = target.getBoundingClientRect();
  if (top < window.innerHeight * 0.75) return;
  const calm = matchMedia('(prefers-reduced-motion: reduce)').matches;
  target.scrollIntoView({ behavior: calm ? 'auto' : 'smooth', block: 'start' });
}
