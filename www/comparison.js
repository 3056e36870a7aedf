/** The same load several times: what is to be run, and what the runs say beside each other. */
/** @import { Compared, Comparing, Description, Plan, Scenario, Summary } from './types.d.ts' */
/** @import { Values } from './types.d.ts' */
import { counted, rate } from './format.js';
import { choiceOf } from './parameters.js';
import { outcomeOf } from './summary.js';

/** Runs put beside each other by hand count too. */
export const ROWS_MAX = 24;

/** What may vary from run to run. @typedef {'concurrency' | 'workers'} Varied */

/**
 * What a comparison can run, by the name of what varies: each a value with its name for people, and
 * what is expected of it where it is wrong on purpose.
 * @param {Scenario} scenario
 * @param {Varied} varied
 * @returns {{ value: string | number, label: string, flaw: string | null }[]}
 */
export function offers(scenario, varied) {
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
 * @returns {Plan[]}
 */
export function plans(scenario, parameters, varied, values) {
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
  const isolation = scenario.parameters.find(({ name }) => name === 'concurrency');
  const strategy = isolation && choiceOf(isolation, parameters.concurrency);
  const workers = counted(parameters.workers, 'workers');
  return strategy ? `${strategy.label}, ${workers}` : workers;
}

/**
 * @param {Plan} plan
 * @param {number} key
 * @returns {Compared}
 */
export function waiting(plan, key) {
  return { ...plan, key, stage: 'waiting', why: '', summary: null, points: [], kept: null };
}

/**
 * The fastest of those that are correct: whole runs whose checks all passed and that are not wrong
 * on purpose, of the same load. One alone is not the fastest of anything.
 * @param {Compared[]} rows
 */
export function fastest(rows) {
  const ended = rows.filter(({ summary }) => summary !== null);
  if (ended.length < 2 || differences(rows).length > 0) return null;
  const correct = ended.filter(({ summary }) => summary && isCorrect(summary));
  return correct.reduce(
    (/** @type {Compared | null} */ best, row) =>
      speed(row) > (best ? speed(best) : 0) ? row : best,
    null,
  );
}

/** @param {Compared} row */
function speed({ summary }) {
  return summary?.operations_per_second ?? 0;
}

/** @param {Summary} summary */
function isCorrect(summary) {
  return outcomeOf(summary).good && !summary.flawed && summary.ended_by !== 'cancelled';
}

/**
 * By what the runs differ, beside the strategy and the workers: their rates then say little.
 * @param {Compared[]} rows
 * @returns {string[]} names of parameters, or `scenario`
 */
export function differences(rows) {
  const ended = rows.flatMap(({ summary }) => summary ?? []);
  if (new Set(ended.map(({ scenario }) => scenario)).size > 1) return ['scenario'];
  const names = new Set(ended.flatMap(({ parameters }) => Object.keys(parameters)));
  names.delete('concurrency');
  names.delete('workers');
  return [...names].filter(
    (name) => new Set(ended.map(({ parameters }) => parameters[name])).size > 1,
  );
}

/**
 * How far a comparison is, in words.
 * @param {Comparing} comparing
 */
export function progressOf({ at, of, label, cancelled }) {
  const run = `Run ${at} of ${of} of the comparison: ${label}.`;
  return cancelled ? `${run} It is the last: the comparison was cancelled.` : run;
}

/**
 * What came of a comparison, in words; nothing where there is none.
 * @param {Compared[]} rows
 * @param {Description | null} description
 */
export function resultOf(rows, description) {
  if (rows.length === 0) return '';
  /** @param {Compared['stage']} stage */
  const number = (stage) => rows.filter((row) => row.stage === stage).length;
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
