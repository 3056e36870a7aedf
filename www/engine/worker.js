/** The script of the page's workers, the only threads that execute WebAssembly. */
import { serve } from '../../npm/src/serve.browser.js';
import * as glue from '../generated/ledgerlab.js';

serve({
  /** @param {any} sink receives the message of a panic, which is also printed to the console */
  threaded: (sink) => {
    const toConsole = console.error.bind(console);
    console.error = (...words) => {
      sink.error(...words);
      toConsole(...words);
    };
    return glue;
  },
});
