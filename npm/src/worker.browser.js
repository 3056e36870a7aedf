import { single, threaded } from './glue.js';
import { serve } from './serve.browser.js';

serve({ single, threaded });
