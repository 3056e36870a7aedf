/**
 * The guided run of a first visit: a bank run that one understands by watching it, and what becomes
 * of it when nothing guards the accounts. It can be left at any time, and does not come again.
 */
/** @import { GuideStep, State } from './types.d.ts' */
import { isBusy } from './state.js';

const NAME = 'ledgerlab-guide';

const SCENARIO = 'bank-run';

/** Slow enough to be watched: the reserve is dry after a few seconds. */
const WATCHED = { operations: '60000', rate_per_s: '8000', workers: '2' };

/** Every worker at every account: updates are lost in the first moments. */
const BROKEN = { concurrency: 'no-locks', rate_per_s: '0', operations: '400000' };

/** @typedef {{ title: string, text: string, verb: string, next: GuideStep | null }} Step */

/** @type {Record<GuideStep, Step>} */
export const STEPS = {
  welcome: {
    title: 'A bank run, in half a minute',
    text:
      'Ten thousand customers come for their coins, and the bank holds a tenth of what it owes. Two ' +
      'workers serve them at once, in this browser, from one ledger in shared memory.',
    verb: 'Start the bank run',
    next: 'watching',
  },
  watching: {
    title: 'Watch the reserve',
    text:
      'The reserve drains while customers are served. Once it is dry, whoever comes is refused: his ' +
      'claim stays, and no coin is made up.',
    verb: '',
    next: null,
  },
  checked: {
    title: 'Every coin was counted again',
    text:
      'When the workers had stopped, serial replay replayed every entry of the trail one by one and came ' +
      'to the same balances: the run was equal to a serial one. The table of checks says what was ' +
      'looked at. Now see the same bank without any latch.',
    verb: 'Run it without latches',
    next: 'breaking',
  },
  breaking: {
    title: 'Nothing guards the accounts now',
    text: 'Workers that meet at an account overwrite each other’s updates.',
    verb: '',
    next: null,
  },
  broken: {
    title: 'The checks find it',
    text:
      'Money was made or lost, and serial replay names the first entry that no serial run would have ' +
      'written. That is what the checks are for. Try the other scenarios and strategies: each run ' +
      'is judged like these two.',
    verb: 'Done',
    next: null,
  },
};

/** Whether the guide is to be shown: on a first visit that asks for nothing else. */
export function isWanted() {
  try {
    return localStorage.getItem(NAME) === null && location.search === '';
  } catch {
    // Where nothing is remembered it would come again and again.
    return false;
  }
}

export function remember() {
  try {
    localStorage.setItem(NAME, 'seen');
  } catch {
    // Then it was not shown either.
  }
}

/**
 * The step that follows by itself, when the run that a step waits for has ended.
 * @param {State} state
 * @returns {GuideStep | null} nothing, where the step stays
 */
export function followed({ guide, stage, report, shown }) {
  if (guide !== 'watching' && guide !== 'breaking') return null;
  if (stage === 'failed' || shown?.scenario.name !== SCENARIO) return null;
  if (!report || (stage !== 'finished' && stage !== 'cancelled')) return null;
  return guide === 'watching' ? 'checked' : 'broken';
}

/**
 * What a step does when its verb is pressed.
 * @param {import('./laboratory.js').Laboratory} laboratory
 * @param {GuideStep} step
 */
export function act(laboratory, step) {
  const { next } = STEPS[step];
  if (!next) {
    leave(laboratory);
    return;
  }
  if (isBusy(laboratory.store.state)) return;
  const changes = step === 'welcome' ? WATCHED : BROKEN;
  if (step === 'welcome') laboratory.chooseScenario(SCENARIO);
  for (const [name, text] of Object.entries(changes)) laboratory.changeField(name, text);
  laboratory.store.set({ guide: next });
  laboratory.run();
}

/** @param {import('./laboratory.js').Laboratory} laboratory */
export function leave(laboratory) {
  remember();
  laboratory.store.set({ guide: null });
}
