/** The script of a thread. */
import { serve } from '../../npm/src/serve.node.js';
import * as glue from '../../www/generated/ledgerlab.js';

serve({
  threaded: (sink) => {
    console.error = sink.error;
    return glue;
  },
});
