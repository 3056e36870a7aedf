/** The errors of workers and runs, as the page explains them. */
import { LedgerBrokenError, LedgerStartError } from '../../npm/src/errors.js';
import { UserError, asSentence } from '../lib/user_error.js';

/**
 * Explains an error of the pool. Any other error is returned as it is.
 * @param {unknown} error
 * @returns {unknown}
 */
export function workerError(error) {
  if (error instanceof LedgerBrokenError) return stoppedWorker(error);
  if (!(error instanceof LedgerStartError)) return error;
  if (error.code === 'timeout') return lateWorker(error);
  if (error.code === 'no_memory') return noMemory();
  return error.code === 'worker_failed' ? stoppedWorker(error) : moduleNotLoaded(error);
}

/** Whether a worker has failed or could not be started. @param {unknown} error */
export function isLostWorker(error) {
  return error instanceof LedgerBrokenError || (error instanceof LedgerStartError && error.code !== 'store_in_use');
}

/** @param {LedgerBrokenError | LedgerStartError} error */
function stoppedWorker({ worker = 0, reason }) {
  return new UserError({
    what: `Worker ${worker + 1} stopped.`,
    why: reason
      ? `It reported: ${asSentence(reason)}`
      : 'Its script could not be loaded, or it failed without a reason.',
    next: 'Try again: a fresh pool is started. If it stops again, see the browser’s console.',
  });
}

/** @param {LedgerStartError} error */
function lateWorker({ worker = 0, limit }) {
  return new UserError({
    what: `Worker ${worker + 1} did not start.`,
    why: `It was not ready after ${Number(limit) / 1000} seconds.`,
    next: 'Try again. If it fails again, close tabs that keep the processor busy and reload the page.',
  });
}

function noMemory() {
  return new UserError({
    what: 'The workers did not start.',
    why: 'The browser has not enough memory for them.',
    next: 'Choose fewer workers, or close other tabs, and try again.',
  });
}

/** @param {LedgerStartError} error */
function moduleNotLoaded({ reason, message }) {
  return new UserError({
    what: 'The ledger could not be loaded.',
    why: reason ?? message,
    next: 'Build the page again with “cargo xtask build”, check how it is served, and try again.',
  });
}

export function busyWorkers() {
  return new UserError({
    what: 'The workers are busy.',
    why: 'They are executing a run that was requested over HTTP.',
    next: 'Run again when it has ended. GET /v1/runs shows its progress.',
  });
}

/** @param {string} why */
export function refusedRun(why) {
  return new UserError({
    what: 'The ledger cannot start this run.',
    why,
    next: 'Change the parameter that it names, then run again.',
  });
}

/**
 * Explains why the ledger of a run cannot be stored.
 * @param {Error & { code?: string }} error
 * @param {string} holder what another tab writes
 */
export function notStored({ code, message }, holder) {
  if (code === 'store_in_use') {
    return new UserError({
      what: 'The run was not started, because its ledger cannot be stored.',
      why: `Another tab of this page is writing ${holder}. One tab does so at a time.`,
      next: 'Wait until the run there has ended, or close that tab, and run again; or switch “Keep on disk” off.',
    });
  }
  return new UserError({
    what: 'The run was not started, because its ledger cannot be stored.',
    why: asSentence(message),
    next: 'Free some space, or allow this page to store files, and run again; or switch “Keep on disk” off.',
  });
}

/** @param {string} why */
export function durableRunFailed(why) {
  return new UserError({
    what: 'The run, whose ledger is stored, stopped.',
    why,
    next: 'Free some space, or switch “Keep on disk” off, and run again. What was on the disk by then is stored.',
  });
}

/** @param {string} event @param {number} limit_ms */
export function stuckWorkers(event, limit_ms) {
  return new UserError({
    what: 'The workers did not stop.',
    why: `Some were still busy ${limit_ms / 1000} seconds after ${event}, so all were terminated.`,
    next: 'Run again: a fresh pool is started.',
  });
}
