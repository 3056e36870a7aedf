/**
 * The landing of the page and its story: a bank run that is easy to watch, and the same bank without locks. The
 * story can be skipped at any time.
 */
/** @import { App, GuideStep, Report, State } from '../../types.d.ts' */
import { coinsOfDifference } from '../../app/state_text.js';
import { isBusy } from '../../app/store.js';
const SCENARIO = 'bank-run';

/** Slow enough to be watched: the reserve runs out after a few seconds. */
const SLOW = 'watch';

/** Enough to lose updates, and as many as every machine has. */
const WORKERS = '2';

/** Every worker uses every account, so updates are lost at once. */
const BROKEN = { concurrency: 'no-locks', rate_per_s: '0', operations: '400000' };

/**
 * @typedef {object} Step
 * @property {string} title
 * @property {string[]} [lines] shown before the text
 * @property {string} text
 * @property {(report: Report) => string} [finding] what the report of the step's run says, before the text
 * @property {string} button empty without one
 * @property {GuideStep | null} next
 */

/** @type {Record<GuideStep, Step>} */
export const STEPS = {
  welcome: {
    title: 'A ledger that accounts for every coin',
    lines: [
      'Several workers share one double-entry ledger in this browser and move coins as fast as they can.',
      'Afterwards every attempt is decided again, one by one, and every coin is counted.',
      'With locks both agree. Without them coins appear or vanish, and the page shows who overwrote whom.',
    ],
    text: 'The story is a bank run in half a minute: first with locks, then without.',
    button: 'Start the story',
    next: 'watching',
  },
  watching: {
    title: 'Watch the reserve',
    text:
      'Ten thousand customers withdraw their coins, and the bank holds a tenth of what it owes. The reserve ' +
      'shrinks with every withdrawal. Once it is empty, further customers are not served: ' +
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
  stopped: {
    title: 'The bank run was stopped',
    text: 'What was done until then was checked, and every check passed. Start it again to see the reserve run dry.',
    button: 'Start it again',
    next: 'watching',
  },
  failed: {
    title: 'A check failed',
    text:
      'The accounts were locked, so every check should pass. The table of checks says what was expected and ' +
      'found. Save the report and report the error.',
    button: 'Done',
    next: null,
  },
  breaking: {
    title: 'Nothing protects the accounts now',
    text: 'Workers that use the same account overwrite each other’s updates.',
    button: '',
    next: null,
  },
  broken: {
    title: 'The checks find the error',
    finding: (report) => coinsOfDifference(report),
    text:
      'The table of checks lists what differs. Try the other scenarios and concurrency controls: every ' +
      'run is checked like these two.',
    button: 'Done',
    next: null,
  },
  intact: {
    title: 'No update was lost yet',
    finding: ({ ended_by }) => (ended_by === 'cancelled' ? 'The run was cancelled early.' : ''),
    text:
      'Every check passed. Without locks an update is lost only when two workers change one account at the ' +
      'same moment. Run it again and let it finish.',
    button: 'Run it again without locks',
    next: 'breaking',
  },
};

/** Whether the page begins with what it is: its address selects nothing. */
export function isLanding() {
  return location.search === '';
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
  if (guide_step === 'breaking') return report.passed ? 'intact' : 'broken';
  if (!report.passed) return 'failed';
  return run_state === 'cancelled' ? 'stopped' : 'checked';
}

/** Returns the text of a step. @param {GuideStep} step @param {Report | null} report of its run */
export function textOf(step, report) {
  const { finding, text } = STEPS[step];
  const found = (report && finding?.(report)) ?? '';
  return found ? `${found} ${text}` : text;
}

/** Performs the action of a step. @param {App} app @param {GuideStep} step */
export function act(app, step) {
  const { next } = STEPS[step];
  if (!next) {
    leave(app);
    return;
  }
  if (isBusy(app.store.state)) return;
  if (next === 'watching') {
    app.chooseScenario(SCENARIO);
    app.choosePreset(SLOW);
  }
  const changes = next === 'watching' ? { workers: WORKERS } : BROKEN;
  for (const [name, text] of Object.entries(changes)) app.changeField(name, text);
  app.store.set({ guide_step: next });
  app.run();
}

/** @param {App} app */
export function leave(app) {
  app.store.set({ guide_step: null });
}
