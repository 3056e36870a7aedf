/** Plans the runs of a comparison, and compares their results. */
/** @import { ComparedRun, ComparisonProgress, Description, PlannedRun } from '../../types.d.ts' */
/** @import { RunSummary, Scenario, Values } from '../../types.d.ts' */
import { counted, rate } from '../../lib/format.js';
import { choiceOf } from '../run/parameters.js';
import { outcomeOf } from '../run/run_summary.js';

/** Includes the runs that are added from the history. */
export const RUNS_MAX = 24;

/** The parameter that varies from run to run. @typedef {'concurrency' | 'workers'} Variable */

/**
 * Returns the values that a comparison can run: each with its label, and the flaw of a choice that
 * is incorrect on purpose.
 * @param {Scenario} scenario
 * @param {Variable} variable
 * @returns {{ value: string | number, label: string, flaw: string | null }[]}
 */
export function comparableValues(scenario, variable) {
  const parameter = scenario.parameters.find(({ name }) => name === variable);
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
 * Returns a run for each value.
 * @param {Scenario} scenario
 * @param {Values} parameters of all runs, except for the variable
 * @param {Variable} variable
 * @param {(string | number)[]} values
 * @returns {PlannedRun[]}
 */
export function planRuns(scenario, parameters, variable, values) {
  return values.map((value) => {
    const own = { ...parameters, [variable]: value };
    return { label: labelOf(scenario, own), flawed: isFlawed(scenario, own), parameters: own };
  });
}

/** @param {Scenario} scenario @param {Values} parameters */
function isFlawed(scenario, parameters) {
  return scenario.parameters.some((parameter) => choiceOf(parameter, parameters[parameter.name])?.flaw);
}

/**
 * Returns the concurrency control and the workers, by which rows differ.
 * @param {Scenario} scenario
 * @param {Values} parameters
 */
function labelOf(scenario, parameters) {
  const parameter = scenario.parameters.find(({ name }) => name === 'concurrency');
  const choice = parameter && choiceOf(parameter, parameters.concurrency);
  const workers = counted(parameters.workers, 'workers');
  return choice ? `${choice.label}, ${workers}` : workers;
}

/**
 * Returns the fastest correct run: complete, with all checks passed, not incorrect on purpose, and
 * of the same load as all others. A single run is not the fastest.
 * @param {ComparedRun[]} runs
 */
export function fastest(runs) {
  const ended = runs.filter(({ summary }) => summary !== null);
  if (ended.length < 2 || differences(runs).length > 0) return null;
  const correct = ended.filter(({ summary }) => summary && isCorrect(summary));
  const [first] = correct.toSorted((a, b) => speedOf(b) - speedOf(a));
  return first && speedOf(first) > 0 ? first : null;
}

/** @param {ComparedRun} run */
function speedOf({ summary }) {
  return summary?.operations_per_second ?? 0;
}

/** @param {RunSummary} summary */
function isCorrect(summary) {
  return outcomeOf(summary).good && !summary.flawed && summary.ended_by !== 'cancelled';
}

/**
 * Returns the parameters in which the loads differ. The rates of such runs cannot be compared.
 * @param {ComparedRun[]} runs
 * @returns {string[]} names of parameters, or `scenario`
 */
export function differences(runs) {
  const ended = runs.flatMap(({ summary }) => summary ?? []);
  if (new Set(ended.map(({ scenario }) => scenario)).size > 1) return ['scenario'];
  const names = new Set(ended.flatMap(({ parameters }) => Object.keys(parameters)));
  names.delete('concurrency');
  names.delete('workers');
  return [...names].filter(
    (name) => new Set(ended.map(({ parameters }) => parameters[name])).size > 1,
  );
}

/** @param {ComparisonProgress} progress */
export function progressText({ index, total, label, cancelled }) {
  const run = `Run ${index} of ${total}: ${label}.`;
  return cancelled ? `${run} The comparison stops after it.` : run;
}

/**
 * Returns the result of a comparison; empty without one.
 * @param {ComparedRun[]} runs
 * @param {Description | null} description
 */
export function comparisonText(runs, description) {
  if (runs.length === 0) return '';
  /** @param {ComparedRun['status']} status */
  const countOf = (status) => runs.filter((run) => run.status === status).length;
  const texts = [`${counted(countOf('ended'), 'runs')} compared.`];
  if (countOf('failed') > 0) texts.push(`${counted(countOf('failed'), 'runs')} failed.`);
  if (countOf('dropped') > 0) texts.push(`${counted(countOf('dropped'), 'runs')} cancelled before starting.`);
  const best = fastest(runs);
  const differing = differences(runs);
  if (best) {
    texts.push(`Fastest correct run: ${best.label}, ${rate(speedOf(best))} operations/s.`);
  } else if (differing.length > 0) {
    const names = differing.map((name) => parameterLabel(description, name)).join(', ');
    texts.push(`The loads differ in ${names}, so no run is marked as the fastest.`);
  } else if (countOf('ended') > 1) {
    texts.push('None of them is correct.');
  }
  return texts.join(' ');
}

/** @param {Description | null} description @param {string} name */
function parameterLabel(description, name) {
  const parameters = description?.scenarios.flatMap((scenario) => scenario.parameters) ?? [];
  return parameters.find((parameter) => parameter.name === name)?.label.toLowerCase() ?? name;
}
