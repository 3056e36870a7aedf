/** The options of a run. A run has its own ledger, is verified by serial replay, and ends with a report. */
import { WORKERS_MAX } from './options.js';
import { argumentError } from './errors.js';
import { checked, entries, fromJson, guarded, record, signal, string, whole } from './schema.js';

const number = whole(BigInt(Number.MAX_SAFE_INTEGER));
/** A parameter of a scenario, which checks its range itself. @type {import('./schema.js').Schema} */
const parameter = (value, field) => (typeof value === 'string' ? string(value, field) : Number(number(value, field)));
const runOptions = record({
  workers: whole(BigInt(WORKERS_MAX), 1n),
  preset: string,
  parameters: entries(parameter),
  onProgress: checked('a function', (value) => typeof value === 'function'),
  signal,
});

/**
 * Reads the options of a run, and returns the request for it.
 * @param {string} host
 * @param {string} scenario
 * @param {any} options
 * @param {number} available the maximum number of workers
 */
export const readRunOptions = (host, scenario, options = {}, available = 1) =>
  guarded(() => {
    string(scenario, 'scenario');
    const { workers: given = available, preset, parameters = [], on_progress, signal } = runOptions(options, 'options');
    const workers = Number(given);
    if (workers > available) {
      const message = `workers must be 1 to ${available} here, not ${workers}.`;
      throw argumentError(message, 'out_of_range', 'workers', BigInt(available));
    }
    const environment = { host, workers_available: available, started_at_ms: Date.now() };
    const request = { scenario, preset, parameters: { ...Object.fromEntries(parameters), workers }, environment };
    const progress = on_progress && ((/** @type {string} */ json) => on_progress(fromJson(JSON.parse(json))));
    return { request, workers, progress, signal };
  });
