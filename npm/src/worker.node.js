import { single, threaded } from './glue.js';
import { serve } from './serve.node.js';

serve({ single, threaded });
