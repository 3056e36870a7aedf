import { desk } from './desk.js';
import { laboratory_single, laboratory_threaded } from './glue.js';
import { serve } from './serve.browser.js';

serve(desk, { single: laboratory_single, threaded: laboratory_threaded });
