/** What the fields hold: texts as typed, and the values they stand for where they stand for one. */
/** @import { Choice, ChoiceParameter, Description, NumberParameter } from '../../types.d.ts' */
/** @import { Parameter, Preset, Scenario, State, Value, Values } from '../../types.d.ts' */
import { count } from '../../lib/format.js';

/**
 * The core does not know this machine: its presets say 0 workers for "as many as there are", and
 * its bounds may allow more than the pool has.
 * @param {Description} description
 * @param {{ pool_size: number, workers_available: number }} host
 * @returns {Description}
 */
export function fitToHost(description, { pool_size, workers_available }) {
  const available = Math.max(1, Math.min(workers_available, pool_size));
  /** @param {number} wanted */
  const fit = (wanted) => (wanted === 0 ? available : Math.min(wanted, pool_size));
  const scenarios = description.scenarios.map((scenario) => ({
    ...scenario,
    parameters: scenario.parameters.map((parameter) =>
      parameter.name === 'workers' && parameter.kind === 'number'
        ? {
            ...parameter,
            minimum: Math.max(1, parameter.minimum),
            maximum: fit(parameter.maximum),
            default: fit(parameter.default),
          }
        : parameter,
    ),
    presets: scenario.presets.map((preset) => ({
      ...preset,
      values: { ...preset.values, workers: fit(preset.values.workers) },
    })),
  }));
  return { ...description, scenarios };
}

/**
 * @param {Description} description
 * @param {string} name
 * @returns {Scenario}
 */
export function scenarioNamed(description, name) {
  return (
    description.scenarios.find((scenario) => scenario.name === name) ?? description.scenarios[0]
  );
}

/**
 * @param {Scenario} scenario
 * @param {string} name
 * @returns {Preset}
 */
export function presetNamed(scenario, name) {
  return scenario.presets.find((preset) => preset.name === name) ?? scenario.presets[0];
}

/**
 * A preset's values as the texts of the fields.
 * @param {Scenario} scenario
 * @param {Preset} preset
 * @returns {Record<string, string>}
 */
export function fieldsOf(scenario, preset) {
  return Object.fromEntries(
    scenario.parameters.map((parameter) => [
      parameter.name,
      String(preset.values[parameter.name] ?? parameter.default),
    ]),
  );
}

/**
 * What is wrong with a text, as a sentence; nothing where it is a value the parameter takes.
 * @param {Parameter} parameter
 * @param {string} text
 * @returns {string | null}
 */
export function problemOf(parameter, text) {
  return parameter.kind === 'choice'
    ? problemOfChoice(parameter, text)
    : problemOfNumber(parameter, text);
}

/**
 * @param {NumberParameter} parameter
 * @param {string} text
 */
function problemOfNumber({ label, minimum, maximum, unit }, text) {
  const bounds = `from ${count(minimum)} to ${count(maximum)}${unit ? ` ${unit}` : ''}`;
  if (text.trim() === '') return `${label} is empty; it takes a whole number ${bounds}.`;
  if (!/^-?\d+$/.test(text.trim()))
    return `${label} takes a whole number ${bounds}, not “${text}”.`;
  const value = Number(text);
  if (value < minimum) return `${count(value)} is too small: ${label} goes ${bounds}.`;
  if (value > maximum) return `${count(value)} is too large: ${label} goes ${bounds}.`;
  return null;
}

/**
 * @param {ChoiceParameter} parameter
 * @param {string} text
 */
function problemOfChoice({ label, choices }, text) {
  if (choices.some(({ name }) => name === text)) return null;
  const names = choices.map(({ name }) => name).join(', ');
  return `${label} has no choice called “${text}”; there is: ${names}.`;
}

/**
 * The problems of all fields, by parameter name.
 * @param {Scenario} scenario
 * @param {Record<string, string>} fields
 * @returns {Record<string, string>}
 */
export function problemsOf(scenario, fields) {
  /** @type {Record<string, string>} */
  const problems = {};
  for (const parameter of scenario.parameters) {
    const problem = problemOf(parameter, fields[parameter.name] ?? '');
    if (problem) problems[parameter.name] = problem;
  }
  return problems;
}

/**
 * The value that a text stands for. Only asked where there is no problem.
 * @param {Parameter} parameter
 * @param {string} text
 * @returns {Value}
 */
export function valueOf({ kind }, text) {
  return kind === 'number' ? Number(text) : text;
}

/**
 * The choice of this name, where the parameter has choices and one of them is called so.
 * @param {Parameter} parameter
 * @param {Value} value
 * @returns {Choice | undefined}
 */
export function choiceOf(parameter, value) {
  return parameter.kind === 'choice'
    ? parameter.choices.find(({ name }) => name === value)
    : undefined;
}

/**
 * The values the fields stand for. Only asked where there are no problems.
 * @param {Scenario} scenario
 * @param {Record<string, string>} fields
 * @returns {Values}
 */
export function valuesOf(scenario, fields) {
  const values = scenario.parameters.map((parameter) => {
    return [parameter.name, valueOf(parameter, fields[parameter.name])];
  });
  return Object.fromEntries(values);
}

/**
 * What is chosen now: the scenario, its preset, and the parameters whose text differs from the
 * preset's.
 * @param {State} state
 */
export function selection(state) {
  if (!state.description) return null;
  const scenario = scenarioNamed(state.description, state.scenario);
  const preset = presetNamed(scenario, state.preset);
  const given = fieldsOf(scenario, preset);
  const changed = scenario.parameters.filter(({ name }) => state.fields[name] !== given[name]);
  return { scenario, preset, changed, problems: problemsOf(scenario, state.fields) };
}
