/** The script of the page's workers. With that of the stored ledger's worker, the only threads that execute WebAssembly. */
import { serve } from '../../npm/src/serve.browser.js';
import { threaded } from './worker_glue.js';

serve({ threaded });
