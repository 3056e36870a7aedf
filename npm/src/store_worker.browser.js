import { threaded } from './glue.js';
import { originFiles } from './store_files.browser.js';
import { StoreWorker } from './store_worker.js';

const worker = new StoreWorker(threaded, (message) => self.postMessage(message), originFiles);
self.addEventListener('error', ({ error }) => worker.fail(error));
self.onmessage = ({ data }) => void worker.receive(data);
