import { parentPort } from 'node:worker_threads';

import { desk } from './desk.js';
import { single, threaded } from './glue.js';

const port = /** @type {import('node:worker_threads').MessagePort} */ (parentPort);
const answer = desk({ single, threaded }, (message, moved = []) => port.postMessage(message, moved));
port.on('message', (data) => void answer(data));
