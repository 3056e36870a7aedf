import { laboratory_single, laboratory_threaded } from './glue.js';
import { serve } from './serve.browser.js';

serve({ single: laboratory_single, threaded: laboratory_threaded });
