import { desk } from './desk.js';
import { single, threaded } from './glue.js';
import { serve } from './serve.node.js';

serve(desk, { single, threaded });
