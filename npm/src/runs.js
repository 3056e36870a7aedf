/** Scenarios: a load on a ledger of its own, checked by serial replay, with a report at the end. */
import { LedgerArgumentError } from './errors.js';
import { guarded, record, string, whole } from './shapes.js';
import { WORKERS_MAX } from './options.js';

/** @param {any} value @param {string} field */
const callback = (value, field) => {
  if (typeof value === 'function') return 'null';
  throw new LedgerArgumentError(`${field} must be a function.`, { code: 'bad_argument', field });
};
/** @param {any} value @param {string} field */
const signal = (value, field) => {
  if (value instanceof AbortSignal) return 'null';
  throw new LedgerArgumentError(`${field} must be an AbortSignal.`, { code: 'bad_argument', field });
};
/** Parameters are the scenario's own; it says which it takes. @param {any} value @param {string} field */
const parameters = (value, field) => {
  record({})(Array.isArray(value) || value === null || typeof value !== 'object' ? value : {}, field);
  for (const [name, one] of Object.entries(value)) {
    if (typeof one === 'string') string(one, `${field}.${name}`);
    else whole(BigInt(Number.MAX_SAFE_INTEGER))(one, `${field}.${name}`);
  }
  return 'null';
};
const shape = record({ workers: whole(BigInt(WORKERS_MAX), 1n), preset: string, parameters, onProgress: callback, signal });

/**
 * What a run is asked to be.
 * @param {string} host
 * @param {string} scenario
 * @param {any} options
 * @param {number} available workers that there can be
 */
export function runRequest(host, scenario, options = {}, available = 1) {
  return guarded(() => {
    string(scenario, 'scenario');
    shape(options, 'options');
    const { preset, onProgress, signal } = options;
    const workers = Math.min(Number(options.workers ?? available), available);
    if (options.workers !== undefined && Number(options.workers) > available) {
      const message = `workers must be 1 to ${available} here, not ${options.workers}.`;
      throw new LedgerArgumentError(message, { code: 'out_of_range', field: 'workers', limit: BigInt(available) });
    }
    const values = Object.entries(options.parameters ?? {}).map(([name, value]) => [
      name,
      typeof value === 'bigint' ? Number(value) : value,
    ]);
    const environment = { host, workers_available: available, started_at_ms: Date.now() };
    const request = { scenario, preset, parameters: { ...Object.fromEntries(values), workers }, environment };
    return { request, workers, onProgress, signal };
  });
}
