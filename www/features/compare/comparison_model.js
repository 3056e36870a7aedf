/** The same load several times: what is to be run, and what the runs say beside each other. */
/** @import { ComparedRun, ComparisonProgress, Description, PlannedRun, Scenario, RunSummary } from '../../types.d.ts' */
/** @import { Values } from '../../types.d.ts' */
import { counted, rate } from '../../lib/format.js';
import { choiceOf } from '../run/parameters.js';
import { outcomeOf } from '../run/run_summary.js';

/** Runs put beside each other by hand count too. */
export const ROWS_MAX = 24;

/** What may vary from run to run. @typedef {'isolation' | 'workers'} Varied */

/**
 * What a comparison can run, by the name of what varies: each a value with its name for people, and
 * what is expected of it where it is wrong on purpose.
 * @param {Scenario} scenario
 * @param {Varied} varied
 * @returns {{ value: string | number, label: string, flaw: string | null }[]}
 */
export function comparableValues(scenario, varied) {
  const parameter = scenario.parameters.find(({ name }) => name === varied);
  if (parameter?.kind === 'choice') {
    return parameter.choices.map(({ name, label, flaw }) => ({ value: name, label, flaw }));
  }
  if (parameter?.kind !== 'number') return [];
  const { minimum, maximum } = parameter;
  const counts = [];
  for (let workers = 1; workers < maximum; workers *= 2) counts.push(workers);
  counts.push(maximum);
  return counts
    .filter((workers) => workers >= minimum)
    .map((workers) => ({ value: workers, label: counted(workers, 'workers'), flaw: null }));
}

/**
 * @param {Scenario} scenario
 * @param {Values} parameters of all, but for what varies
 * @param {Varied} varied
 * @param {(string | number)[]} values
 * @returns {PlannedRun[]}
 */
export function planRuns(scenario, parameters, varied, values) {
  return values.map((value) => {
    const own = { ...parameters, [varied]: value };
    const flawed = isFlawed(scenario, own);
    return { label: labelOf(scenario, own), flawed, parameters: own };
  });
}

/** @param {Scenario} scenario @param {Values} parameters */
function isFlawed(scenario, parameters) {
  return scenario.parameters.some((one) => choiceOf(one, parameters[one.name])?.flaw);
}

/**
 * The strategy and the workers of a run, which is what rows differ by.
 * @param {Scenario} scenario
 * @param {Values} parameters
 */
function labelOf(scenario, parameters) {
  const isolation = scenario.parameters.find(({ name }) => name === 'isolation');
  const strategy = isolation && choiceOf(isolation, parameters.isolation);
  const workers = counted(parameters.workers, 'workers');
  return strategy ? `${strategy.label}, ${workers}` : workers;
}

/**
 * @param {PlannedRun} plan
 * @param {number} key
 * @returns {ComparedRun}
 */
export function pendingRun(plan, key) {
  return { ...plan, key, status: 'waiting', error: '', summary: null, points: [], stored_run_id: null };
}

/**
 * The fastest of those that are correct: whole runs whose checks all passed and that are not wrong
 * on purpose, of the same load. One alone is not the fastest of anything.
 * @param {ComparedRun[]} rows
 */
export function fastest(rows) {
  const ended = rows.filter(({ summary }) => summary !== null);
  if (ended.length < 2 || differences(rows).length > 0) return null;
  const correct = ended.filter(({ summary }) => summary && isCorrect(summary));
  return correct.reduce(
    (/** @type {ComparedRun | null} */ best, row) =>
      speed(row) > (best ? speed(best) : 0) ? row : best,
    null,
  );
}

/** @param {ComparedRun} row */
function speed({ summary }) {
  return summary?.operations_per_second ?? 0;
}

/** @param {RunSummary} summary */
function isCorrect(summary) {
  return outcomeOf(summary).good && !summary.flawed && summary.ended_by !== 'cancelled';
}

/**
 * By what the runs differ, beside the strategy and the workers: their rates then say little.
 * @param {ComparedRun[]} rows
 * @returns {string[]} names of parameters, or `scenario`
 */
export function differences(rows) {
  const ended = rows.flatMap(({ summary }) => summary ?? []);
  if (new Set(ended.map(({ scenario }) => scenario)).size > 1) return ['scenario'];
  const names = new Set(ended.flatMap(({ parameters }) => Object.keys(parameters)));
  names.delete('isolation');
  names.delete('workers');
  return [...names].filter(
    (name) => new Set(ended.map(({ parameters }) => parameters[name])).size > 1,
  );
}

/**
 * How far a comparison is, in words.
 * @param {ComparisonProgress} comparing
 */
export function progressText({ index, total, label, cancelled }) {
  const run = `Run ${index} of ${total} of the comparison: ${label}.`;
  return cancelled ? `${run} It is the last: the comparison was cancelled.` : run;
}

/**
 * What came of a comparison, in words; nothing where there is none.
 * @param {ComparedRun[]} rows
 * @param {Description | null} description
 */
export function resultText(rows, description) {
  if (rows.length === 0) return '';
  /** @param {ComparedRun['status']} stage */
  const number = (stage) => rows.filter((row) => row.status === stage).length;
  const told = [`${counted(number('ended'), 'runs')} compared.`];
  if (number('failed') > 0) told.push(`${counted(number('failed'), 'runs')} failed.`);
  if (number('dropped') > 0) {
    told.push(`The comparison was cancelled; ${number('dropped')} of its runs did not begin.`);
  }
  const best = fastest(rows);
  const differ = differences(rows);
  if (best) {
    const speed = rate(best.summary?.operations_per_second ?? 0);
    told.push(`Fastest correct one: ${best.label}, ${speed} operations/s.`);
  } else if (differ.length > 0) {
    const names = differ.map((name) => labelNamed(description, name)).join(', ');
    told.push(`Their loads differ by ${names}, so none is called the fastest.`);
  } else if (number('ended') > 1) {
    told.push('None of them is correct.');
  }
  return told.join(' ');
}

/**
 * @param {Description | null} description
 * @param {string} name of a parameter
 */
function labelNamed(description, name) {
  const parameters = description?.scenarios.flatMap((scenario) => scenario.parameters) ?? [];
  return parameters.find((one) => one.name === name)?.label.toLowerCase() ?? name;
}
