import { parentPort } from 'node:worker_threads';

import { threaded } from './glue.js';
import { folderFiles } from './store_files.node.js';
import { StoreWorker } from './store_worker.js';

const port = /** @type {import('node:worker_threads').MessagePort} */ (parentPort);
const worker = new StoreWorker(
  threaded,
  (message) => port.postMessage(message),
  async (folder) => ({ host: folderFiles(folder) }),
);
port.on('message', (data) => void worker.receive(data));
