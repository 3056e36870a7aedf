/** The glue of the module for a worker, whose panics are printed to the console as well. */
import * as glue from '../generated/ledgerlab.js';

/** @param {any} sink receives the message of a panic */
export function threaded(sink) {
  const toConsole = console.error.bind(console);
  console.error = (...words) => {
    sink.error(...words);
    toConsole(...words);
  };
  return glue;
}
