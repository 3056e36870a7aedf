/** Verifies a report before the page displays it. */
/** @import { Report } from '../types.d.ts' */
import { count, counted } from '../lib/format.js';
import { schemaViolation } from './json_schema.js';

/** The limits of what the page displays, where the schema has none. */
const WORKERS_MAX = 1_024;
const ITEMS_MAX = 10_000;
const SECONDS_MAX = 1_000_000;
const TEXT_MAX = 10_000;

/**
 * Returns what is wrong with a report; null if it can be displayed.
 * @param {any} report
 * @returns {Promise<string | null>}
 */
export async function verifyReport(report) {
  // The schema is large and needed only when somebody opens a report.
  const { default: schema } = await import('../../docs/report.schema.json');
  const { const: version } = schema.properties.report;
  if (typeof report?.report !== 'number' || !('checks' in report)) {
    return 'It is JSON, but not the report of a run, such as “ledgerlab run hft --json” prints.';
  }
  if (report.report !== version) {
    return `It is a report of version ${report.report}. This page displays version ${version}.`;
  }
  return schemaViolation(report, schema) ?? limitViolation(report, '') ?? contradiction(report);
}

/**
 * @param {unknown} value
 * @param {string} path
 * @returns {string | null}
 */
function limitViolation(value, path) {
  if (typeof value === 'string' && value.length > TEXT_MAX) {
    return `${path} has ${count(value.length)} characters, more than the limit of ${count(TEXT_MAX)}.`;
  }
  if (typeof value !== 'object' || value === null) return null;
  const entries = Object.entries(value);
  const limit = limitOf(path);
  if (entries.length > limit) {
    return `${path} has ${counted(entries.length, 'items')}, more than the limit of ${count(limit)}.`;
  }
  for (const [name, part] of entries) {
    if (name.length > TEXT_MAX) return `${path} has a name of ${count(name.length)} characters.`;
    const found = limitViolation(part, path === '' ? name : `${path}.${name}`);
    if (found) return found;
  }
  return null;
}

/** @param {string} path */
function limitOf(path) {
  if (path === 'workers') return WORKERS_MAX;
  return path.startsWith('series.') ? SECONDS_MAX : ITEMS_MAX;
}

/**
 * Returns where two parts of a report contradict each other. It does not replace the serial replay:
 * “ledgerlab verify” recomputes everything.
 * @param {Report} report
 */
function contradiction(report) {
  const { series, workers, checks, passed, parameters, started_at_ms } = report;
  if (Number.isNaN(new Date(started_at_ms).getTime())) {
    return `started_at_ms is ${started_at_ms}, which is not a date.`;
  }
  for (const kind of /** @type {const} */ (['accepted', 'refused', 'interrupted'])) {
    const seconds = series[kind].length;
    if (seconds !== series.accepted.length) {
      const expected = count(series.accepted.length);
      return `series.${kind} has ${counted(seconds, 'seconds')}, but series.accepted has ${expected}.`;
    }
    const found = wrongSum(report, kind);
    if (found) return found;
  }
  if (workers.length !== parameters.workers) {
    const listed = counted(workers.length, 'workers');
    return `parameters.workers is ${count(parameters.workers)}, but ${listed} are listed.`;
  }
  if (checks.length === 0) return 'checks is empty: nothing was checked.';
  const all_passed = checks.every((check) => check.passed);
  if (passed === all_passed) return null;
  return `passed is ${passed}, but ${all_passed ? 'no check' : 'a check'} has failed.`;
}

/** @param {Report} report @param {'accepted' | 'refused' | 'interrupted'} kind */
function wrongSum({ totals, series, workers }, kind) {
  /** @param {number[]} numbers */
  const sumOf = (numbers) => numbers.reduce((total, number) => total + number, 0);
  const sums = {
    [`series.${kind}`]: sumOf(series[kind]),
    [`workers, ${kind}`]: sumOf(workers.map((worker) => worker[kind])),
  };
  const wrong = Object.entries(sums).find(([, sum]) => sum !== totals[kind]);
  if (!wrong) return null;
  const [name, sum] = wrong;
  return `${name} adds up to ${count(sum)}, but totals.${kind} is ${count(totals[kind])}.`;
}
