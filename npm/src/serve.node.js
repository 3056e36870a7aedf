/** A thread of Node takes messages. */
import { parentPort } from 'node:worker_threads';

/** @param {typeof import('./desk.js').desk} desk @param {any} glues */
export function serve(desk, glues) {
  const port = /** @type {import('node:worker_threads').MessagePort} */ (parentPort);
  const answer = desk(glues, (message, moved = []) => port.postMessage(message, moved));
  port.on('message', (data) => void answer(data));
}
