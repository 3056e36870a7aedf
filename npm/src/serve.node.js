import { parentPort } from 'node:worker_threads';

import { WorkerMain } from './worker_main.js';

/** Serves a pool from a Node worker thread. @param {import('./worker_main.js').Glues} glues */
export function serve(glues) {
  const port = /** @type {import('node:worker_threads').MessagePort} */ (parentPort);
  const worker = new WorkerMain(glues, (message, moved = []) => port.postMessage(message, moved));
  port.on('message', (data) => void worker.receive(data));
}
