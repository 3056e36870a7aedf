import { WorkerMain } from './worker_main.js';

/** Serves a pool in a browser's worker. @param {import('./worker_main.js').Glues} glues */
export function serve(glues) {
  const worker = new WorkerMain(glues, (message, moved = []) => self.postMessage(message, /** @type {any} */ (moved)));
  self.addEventListener('error', ({ error }) => worker.fail(error));
  self.onmessage = ({ data }) => void worker.receive(data);
}
