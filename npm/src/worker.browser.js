import { desk } from './desk.js';
import { single, threaded } from './glue.js';

const answer = desk({ single, threaded }, (message, moved = []) => self.postMessage(message, /** @type {any} */ (moved)));
self.onmessage = ({ data }) => void answer(data);
