/** What can keep a run from going on, in the three sentences that a person needs. */
import { UserError } from '../lib/user_error.js';

export function busyWorkers() {
  return new UserError({
    what: 'The workers are busy.',
    why: 'They have a run that was asked for over HTTP.',
    next: 'Run again once it has ended; GET /v1/runs tells how far it is.',
  });
}

/** @param {string} why */
export function refusedRun(why) {
  return new UserError({
    what: 'The ledger refused this run.',
    why,
    next: 'Change what it names, then run again.',
  });
}

/**
 * @param {string} event
 * @param {number} limit_ms
 */
export function stuckWorkers(event, limit_ms) {
  return new UserError({
    what: 'The workers did not stop.',
    why: `${limit_ms / 1000} seconds after ${event} some were still busy, so all were ended.`,
    next: 'Run again: a fresh pool is started.',
  });
}
