import { desk } from './desk.js';
import { single, threaded } from './glue.js';
import { serve } from './serve.browser.js';

serve(desk, { single, threaded });
