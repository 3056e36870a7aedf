/** One thread of the pool: it loads the module and answers one call at a time. */
import { parentPort } from 'node:worker_threads';

import init, * as ledger from '../../www/generated/ledgerlab.js';

/** Enough for the deepest call of a run. */
const STACK_BYTES = 1_048_576;

// A panic arrives as a bare trap; its sentence goes to the console just before.
let lastError = '';
console.error = (...words) => {
  lastError = words.map(String).join(' ');
};

const calls = {
  ...ledger,
  async start(module, memory) {
    const options = { module_or_path: module, memory, thread_stack_size: STACK_BYTES };
    return (await init(options)).memory;
  },
};

parentPort.on('message', async ({ call, parameters }) => {
  try {
    parentPort.postMessage({ value: await calls[call](...parameters) });
  } catch (error) {
    const trapped = error instanceof WebAssembly.RuntimeError;
    parentPort.postMessage({ error: trapped ? `${error} ${lastError}` : error.message });
  }
});
