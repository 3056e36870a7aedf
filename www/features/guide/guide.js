/**
 * The guided run of a first visit: a bank run that is easy to watch, and the same bank without locks. It
 * can be skipped at any time and is shown once.
 */
/** @import { App, GuideStep, State } from '../../types.d.ts' */
import { isBusy } from '../../app/store.js';
import { readSetting, writeSetting } from '../../lib/settings.js';

const SETTING = 'ledgerlab-guide';
const SCENARIO = 'bank-run';

/** Slow enough to be watched: the reserve runs out after a few seconds. */
const SLOW = { operations: '60000', rate_per_s: '8000', workers: '2' };

/** Every worker uses every account, so updates are lost at once. */
const BROKEN = { concurrency: 'no-locks', rate_per_s: '0', operations: '400000' };

/** @typedef {{ title: string, text: string, button: string, next: GuideStep | null }} Step */

/** @type {Record<GuideStep, Step>} */
export const STEPS = {
  welcome: {
    title: 'A bank run in half a minute',
    text:
      'Ten thousand customers withdraw their coins, and the bank holds a tenth of what it owes. Two ' +
      'workers serve them concurrently, in this browser, from one ledger in shared memory.',
    button: 'Start the bank run',
    next: 'watching',
  },
  watching: {
    title: 'Watch the reserve',
    text:
      'The reserve shrinks with every withdrawal. Once it is empty, further customers are refused: ' +
      'they keep their claims, and no coin is created.',
    button: '',
    next: null,
  },
  checked: {
    title: 'Every coin was counted again',
    text:
      'After the workers stopped, the serial replay repeated every trail entry in order and reached ' +
      'the same balances: the run was serializable. The table of checks lists what was verified. Now ' +
      'run the same bank without any locks.',
    button: 'Run it without locks',
    next: 'breaking',
  },
  breaking: {
    title: 'Nothing protects the accounts now',
    text: 'Workers that use the same account overwrite each other’s updates.',
    button: '',
    next: null,
  },
  broken: {
    title: 'The checks find the error',
    text:
      'Money was created or lost, and the serial replay names the first entry that no serial run ' +
      'would have written. Try the other scenarios and concurrency controls: every run is checked ' +
      'like these two.',
    button: 'Done',
    next: null,
  },
};

/** Whether to show the guide: on a first visit whose address selects nothing. */
export function isFirstVisit() {
  // Without storage every visit would be the first one.
  return readSetting(SETTING) === null && location.search === '';
}

/**
 * Returns the step that follows when the run of the current step has finished; null if none does.
 * @param {State} state
 * @returns {GuideStep | null}
 */
export function stepAfterRun({ guide_step, run_state, report, current_run }) {
  if (guide_step !== 'watching' && guide_step !== 'breaking') return null;
  if (current_run?.scenario.name !== SCENARIO) return null;
  if (!report || (run_state !== 'finished' && run_state !== 'cancelled')) return null;
  return guide_step === 'watching' ? 'checked' : 'broken';
}

/** Performs the action of a step. @param {App} app @param {GuideStep} step */
export function act(app, step) {
  const { next } = STEPS[step];
  if (!next) {
    leave(app);
    return;
  }
  if (isBusy(app.store.state)) return;
  if (step === 'welcome') app.chooseScenario(SCENARIO);
  const changes = step === 'welcome' ? SLOW : BROKEN;
  for (const [name, text] of Object.entries(changes)) app.changeField(name, text);
  app.store.set({ guide_step: next });
  app.run();
}

/** @param {App} app */
export function leave(app) {
  writeSetting(SETTING, 'seen');
  app.store.set({ guide_step: null });
}
