/** Plans the runs of a comparison, and compares their results. */
/** @import { ComparedRun, ComparisonProgress, Description, PlannedRun } from '../../types.d.ts' */
/** @import { RunSummary, Scenario, Values } from '../../types.d.ts' */
import { counted, rate } from '../../lib/format.js';
import { choiceOf } from '../run/parameters.js';
import { outcomeOf } from '../run/run_summary.js';

/** Includes the runs that are added from the history. */
export const RUNS_MAX = 24;

/** The measured runs of each option, after one that is not measured. */
export const REPEATS = 5;

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
 * Returns the order of the runs: a warm-up of each option, whose result is dropped, and then the repeats of all
 * options in turns, so that what slows the machine down for a while slows all of them. Every other round is
 * executed backwards.
 * @template Option
 * @param {Option[]} options
 * @returns {{ option: Option, repeat: number }[]} repeat 0 is the warm-up
 */
export function interleave(options) {
  return Array.from({ length: REPEATS + 1 }, (_, repeat) => {
    const is_backwards = repeat > 0 && repeat % 2 === 0;
    const round = is_backwards ? options.toReversed() : options;
    return round.map((option) => ({ option, repeat }));
  }).flat();
}

/**
 * Returns the median of a figure over the measured runs; 0 without any.
 * @param {ComparedRun} run
 * @param {'operations_per_second' | 'refused' | 'waits' | 'conflicts' | 'p50_ns' | 'p99_ns'} name
 */
export function medianOf({ summaries }, name) {
  const sorted = summaries.map((summary) => summary[name]).toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? 0;
}

/** Returns the lowest and the highest speed of the measured runs. @param {ComparedRun} run */
export function rangeOf({ summaries }) {
  const speeds = summaries.map(({ operations_per_second }) => operations_per_second);
  return { lowest: Math.min(...speeds), highest: Math.max(...speeds) };
}

/**
 * Ranks the correct options by their median: complete, with all checks passed, not incorrect on purpose.
 * @param {ComparedRun[]} runs
 */
function rank(runs) {
  const correct = runs.filter(({ summaries }) => summaries.length > 0 && summaries.every(isCorrect));
  return correct.toSorted((a, b) => speedOf(b) - speedOf(a));
}

/**
 * Returns the fastest correct option: of the same load as all others, measured often enough, and faster in each
 * of its runs than every other one in any. A single option is not the fastest.
 * @param {ComparedRun[]} runs
 */
export function fastest(runs) {
  const ended = runs.filter(({ summaries }) => summaries.length > 0);
  if (ended.length < 2 || differences(runs).length > 0) return null;
  const [first, ...others] = rank(runs);
  if (!first || [first, ...others].some(isMeasuredTooRarely)) return null;
  const { lowest } = rangeOf(first);
  return lowest > 0 && others.every((other) => rangeOf(other).highest < lowest) ? first : null;
}

/** @param {ComparedRun} run */
function isMeasuredTooRarely({ summaries }) {
  return summaries.length < REPEATS;
}

/** @param {ComparedRun} run */
function speedOf(run) {
  return medianOf(run, 'operations_per_second');
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
  const ended = runs.flatMap(({ summaries }) => summaries);
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
  const texts = [`${counted(countOf('ended'), 'options')} compared.`];
  if (countOf('failed') > 0) texts.push(`${counted(countOf('failed'), 'options')} failed.`);
  if (countOf('dropped') > 0) texts.push(`${counted(countOf('dropped'), 'options')} cancelled before a measured run.`);
  if (countOf('ended') > 1) texts.push(rankingText(runs, description));
  return texts.join(' ');
}

/** Names the fastest correct option, or says why none is. @param {ComparedRun[]} runs @param {Description | null} description */
function rankingText(runs, description) {
  const best = fastest(runs);
  if (best) return `Fastest correct option: ${best.label}, ${rate(speedOf(best))} operations/s in the median.`;
  const differing = differences(runs);
  if (differing.length > 0) {
    const names = differing.map((name) => parameterLabel(description, name)).join(', ');
    return `The loads differ in ${names}, so none is marked as the fastest.`;
  }
  const [first, ...others] = rank(runs);
  if (!first) return 'None of them is correct.';
  if ([first, ...others].some(isMeasuredTooRarely)) {
    return `Not every option has ${REPEATS} measured runs, so none is marked as the fastest.`;
  }
  const close = others.filter((other) => rangeOf(other).highest >= rangeOf(first).lowest);
  const names = [first, ...close].map(({ label }) => label).join('; ');
  return `The ranges overlap, so none is marked as the fastest: ${names}.`;
}

/** @param {Description | null} description @param {string} name */
function parameterLabel(description, name) {
  const parameters = description?.scenarios.flatMap((scenario) => scenario.parameters) ?? [];
  return parameters.find((parameter) => parameter.name === name)?.label.toLowerCase() ?? name;
}
