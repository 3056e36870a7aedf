/** A report out of a file that somebody hands to the page: whole, or a sentence why not. */
/** @import { Report } from '../types.d.ts' */
import { bytes, count, counted } from '../format.js';
import { Trouble, sentence } from '../trouble.js';
import { misfit } from './form.js';

export const FILE_BYTES_MAX = 32 * 1024 * 1024;

/** What the form leaves open, and a page has to draw. */
const WORKERS_MAX = 1_024;
const ITEMS_MAX = 10_000;
const SECONDS_MAX = 1_000_000;
const TEXT_MAX = 10_000;

/**
 * @param {File} file
 * @returns {Promise<Report>}
 */
export async function readReport(file) {
  if (file.size > FILE_BYTES_MAX) {
    const size = `It has ${bytes(file.size)}`;
    throw refused(file, `${size}; a report that is opened here has at most 32 MiB.`);
  }
  const text = await file.text().catch((error) => {
    throw refused(file, `It cannot be read: ${sentence(error.message)}`);
  });
  const problem = await problemOf(parsed(text, file));
  if (problem) throw refused(file, problem);
  return JSON.parse(text);
}

/**
 * @param {string} text
 * @param {File} file
 * @returns {unknown}
 */
function parsed(text, file) {
  if (text.trim() === '') throw refused(file, 'It is empty.');
  try {
    return JSON.parse(text);
  } catch (error) {
    const why = sentence(/** @type {Error} */ (error).message);
    throw refused(file, `It is not JSON, which a report is: ${why}`);
  }
}

/**
 * What is wrong with a report, in a sentence; nothing where it can be shown.
 * @param {any} report
 * @returns {Promise<string | null>}
 */
export async function problemOf(report) {
  // It is as large as a panel, and only wanted where somebody opens a report.
  const { default: schema } = await import('../../docs/report.schema.json');
  const { const: version } = schema.properties.report;
  const looksLikeOne = typeof report?.report === 'number' && 'checks' in report;
  if (!looksLikeOne) {
    return 'It is JSON, and not a report of a run, such as “ledgerlab run hft --json” prints.';
  }
  if (report.report !== version) {
    return `It is a report of version ${report.report}, and this page shows version ${version}.`;
  }
  return misfit(report, schema) ?? tooMuch(report, '') ?? contradiction(report);
}

/**
 * What is larger than the page shows.
 * @param {unknown} value
 * @param {string} path
 * @returns {string | null}
 */
function tooMuch(value, path) {
  if (typeof value === 'string' && value.length > TEXT_MAX) {
    return `${path} is a text of ${count(value.length)} characters, more than ${count(TEXT_MAX)}.`;
  }
  if (typeof value !== 'object' || value === null) return null;
  const entries = Object.entries(value);
  const most = limitOf(path);
  if (entries.length > most) {
    const items = counted(entries.length, 'items');
    return `${path} has ${items}, more than the ${count(most)} that are shown here.`;
  }
  for (const [name, part] of entries) {
    if (name.length > TEXT_MAX) return `${path} has a name of ${count(name.length)} characters.`;
    const found = tooMuch(part, path === '' ? name : `${path}.${name}`);
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
 * Where a report says one thing here and another there. It is not serial replay: “ledgerlab verify”
 * computes all of it again.
 * @param {Report} report
 */
function contradiction(report) {
  const { totals, series, workers, checks, passed, parameters, started_at_ms } = report;
  if (Number.isNaN(new Date(started_at_ms).getTime())) {
    return `started_at_ms is ${started_at_ms}, which is no date.`;
  }
  /** @param {number[]} numbers */
  const sum = (numbers) => numbers.reduce((total, number) => total + number, 0);
  const kinds = /** @type {const} */ (['accepted', 'refused', 'interrupted']);
  const length = series.accepted.length;
  for (const kind of kinds) {
    const seconds = series[kind].length;
    if (seconds !== length) {
      const found = counted(seconds, 'seconds');
      return `series.${kind} has ${found}, and series.accepted ${count(length)}.`;
    }
    const sums = {
      [`series.${kind}`]: sum(series[kind]),
      [`workers, ${kind}`]: sum(workers.map((worker) => worker[kind])),
    };
    for (const [name, found] of Object.entries(sums)) {
      if (found === totals[kind]) continue;
      return `${name} adds up to ${count(found)}, and totals.${kind} is ${count(totals[kind])}.`;
    }
  }
  if (workers.length !== parameters.workers) {
    const listed = counted(workers.length, 'workers');
    return `parameters.workers is ${count(parameters.workers)}, and there are ${listed} listed.`;
  }
  if (checks.length === 0) return 'checks is empty: nothing was looked at.';
  const all = checks.every((check) => check.passed);
  if (passed !== all) {
    return `passed is ${passed}, and ${all ? 'no check' : 'a check'} has failed.`;
  }
  return null;
}

/** @param {File} file @param {string} why */
function refused(file, why) {
  return new Trouble({
    what: `“${file.name}” was not opened.`,
    why,
    next: 'Nothing has changed.',
  });
}
