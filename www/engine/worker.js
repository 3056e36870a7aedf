/**
 * One worker of the pool: the only kind of thread that executes WebAssembly. It answers one call at
 * a time. While it works on a run it is deaf, and the window reaches it through the counters only.
 * Two more such workers have no share in runs: one attends to requests, any number at a time, one
 * looks into the ledgers of runs.
 */
import init, * as ledger from '../generated/ledgerlab.js';
import { attend } from './clerk.js';

/** Enough for the deepest call of a run, and little beside what a run keeps. */
const STACK_BYTES = 1_048_576;

/** @type {Record<string, (...parameters: any[]) => unknown>} */
const calls = {
  /**
   * The first worker is given no memory: it makes and answers the one that all others share.
   * @param {WebAssembly.Module} module
   * @param {WebAssembly.Memory} [memory]
   */
  async start(module, memory) {
    const exports = await init({
      module_or_path: module,
      memory,
      thread_stack_size: STACK_BYTES,
    });
    return exports.memory;
  },
  describe: ledger.describe,
  prepare: ledger.prepare,
  work: ledger.work,
  finish: ledger.finish,
  discard: ledger.discard,
  random_seed: ledger.random_seed,
  open_service: ledger.open_service,
  // Of runs that a service was asked for.
  lend_workers: ledger.lend_workers,
  look_at_run: ledger.look_at_run,
  end_run: ledger.end_run,
  fail_run: ledger.fail_run,
  // The reader's.
  cast: ledger.cast,
  look: ledger.look,
  find_accounts: ledger.find_accounts,
  spread_of_balances: ledger.spread_of_balances,
  account_history: ledger.account_history,
  divergence: ledger.divergence,
  open_rows: ledger.open_rows,
  find_rows: ledger.find_rows,
  read_rows: ledger.read_rows,
  row_at: ledger.row_at,
  close_rows: ledger.close_rows,
  seal_trail: ledger.seal_trail,
  verify_trail: ledger.verify_trail,
  verify_changed_trail: ledger.verify_changed_trail,
  move_by_hand: ledger.move_by_hand,
  judge_again: ledger.judge_again,
};

/** A trap says only that something unreachable was reached; the panic's sentence goes to the console just before. */
let lastError = '';
const toConsole = console.error.bind(console);
console.error = (...words) => {
  lastError = words.map(String).join(' ');
  toConsole(...words);
};

/** @param {unknown} error */
function failure(error) {
  // A trap leaves latches held and memory half written; the pool must not go on after one.
  const trapped = error instanceof WebAssembly.RuntimeError;
  const message = error instanceof Error ? error.message : String(error);
  // The first line names the panic; what follows is a stack of the module's functions.
  const [panic] = lastError.split('\n\nStack');
  return { message: trapped && panic ? panic : message, trapped };
}

// A trap past a wait is nobody's rejected promise.
self.addEventListener('error', ({ error }) => {
  if (error instanceof WebAssembly.RuntimeError) self.postMessage(failure(error));
});

self.onmessage = async ({ data }) => {
  if (data.call === 'attend') {
    const [service, port] = data.parameters;
    /** @param {unknown} error */
    const explain = (error) => {
      const { message, trapped } = failure(error);
      if (trapped) self.postMessage({ message, trapped });
      return message;
    };
    attend(service, port, explain, (wanted) => self.postMessage({ wanted }));
    return;
  }
  /** @param {number} done */
  const tell = (done) => self.postMessage({ done });
  const parameters = data.tells ? [...data.parameters, tell] : data.parameters;
  try {
    self.postMessage({ value: await calls[data.call](...parameters) });
  } catch (error) {
    self.postMessage(failure(error));
  }
};
