/** The texts in the fields, and the parameter values that they stand for. */
/** @import { Choice, ChoiceParameter, Description, NumberParameter } from '../../types.d.ts' */
/** @import { Parameter, Preset, Report, Scenario, State, Value, Values } from '../../types.d.ts' */
import { count } from '../../lib/format.js';

/**
 * Adapts the description to this machine, which the core does not know: its presets use 0 workers
 * for "all processors", and its bounds may exceed the pool.
 * @param {Description} description
 * @param {{ pool_size: number, workers_available: number }} host
 * @returns {Description}
 */
export function fitToHost(description, { pool_size, workers_available }) {
  const available = Math.max(1, Math.min(workers_available, pool_size));
  /** @param {number} workers */
  const fit = (workers) => (workers === 0 ? available : Math.min(workers, pool_size));
  /** @param {Parameter} parameter */
  const fitParameter = (parameter) => {
    if (parameter.name !== 'workers' || parameter.kind !== 'number') return parameter;
    const [minimum, maximum] = [Math.max(1, parameter.minimum), fit(parameter.maximum)];
    return { ...parameter, minimum, maximum, default: fit(parameter.default) };
  };
  const scenarios = description.scenarios.map((scenario) => ({
    ...scenario,
    parameters: scenario.parameters.map(fitParameter),
    presets: scenario.presets.map((preset) => ({
      ...preset,
      values: { ...preset.values, workers: fit(preset.values.workers) },
    })),
  }));
  return { ...description, scenarios };
}

/**
 * Returns the scenario with this name, or the first one.
 * @param {Description} description
 * @param {string} name
 * @returns {Scenario}
 */
export function scenarioNamed({ scenarios }, name) {
  return scenarios.find((scenario) => scenario.name === name) ?? scenarios[0];
}

/**
 * Returns the scenario of a report, or null if this page does not have it.
 * @param {Description | null} description
 * @param {Pick<Report, 'scenario'>} report
 */
export function scenarioOf(description, report) {
  return description?.scenarios.find(({ name }) => name === report.scenario) ?? null;
}

/**
 * Returns the preset with this name, or the first one.
 * @param {Scenario} scenario
 * @param {string} name
 * @returns {Preset}
 */
export function presetNamed({ presets }, name) {
  return presets.find((preset) => preset.name === name) ?? presets[0];
}

/**
 * Returns a preset's values as texts of the fields.
 * @param {Scenario} scenario
 * @param {Preset} preset
 * @returns {Record<string, string>}
 */
export function fieldsOf({ parameters }, { values }) {
  return Object.fromEntries(
    parameters.map(({ name, default: value }) => [name, String(values[name] ?? value)]),
  );
}

/**
 * Returns why a text is not a value of the parameter, or null if it is one.
 * @param {Parameter} parameter
 * @param {string} text
 * @returns {string | null}
 */
export function problemOf(parameter, text) {
  return parameter.kind === 'choice'
    ? problemOfChoice(parameter, text)
    : problemOfNumber(parameter, text);
}

/** The range of a number with its unit: "from 1 to 16 threads". @param {NumberParameter} parameter */
export function rangeOf({ minimum, maximum, unit }) {
  return `from ${count(minimum)} to ${count(maximum)}${unit ? ` ${unit}` : ''}`;
}

/** @param {NumberParameter} parameter @param {string} text */
function problemOfNumber(parameter, text) {
  const { label, minimum, maximum } = parameter;
  const range = rangeOf(parameter);
  if (text.trim() === '') return `${label} is empty. Enter a whole number ${range}.`;
  if (!/^-?\d+$/.test(text.trim())) {
    return `${label} must be a whole number ${range}, not “${text}”.`;
  }
  const value = Number(text);
  if (value < minimum) return `${count(value)} is too small: ${label} must be ${range}.`;
  if (value > maximum) return `${count(value)} is too large: ${label} must be ${range}.`;
  return null;
}

/** @param {ChoiceParameter} parameter @param {string} text */
function problemOfChoice({ label, choices }, text) {
  if (choices.some(({ name }) => name === text)) return null;
  const names = choices.map(({ name }) => name).join(', ');
  return `${label} has no choice “${text}”. Choices: ${names}.`;
}

/**
 * Returns the problems of all fields, by parameter name.
 * @param {Scenario} scenario
 * @param {Record<string, string>} fields
 * @returns {Record<string, string>}
 */
export function problemsOf({ parameters }, fields) {
  const problems = parameters.flatMap((parameter) => {
    const problem = problemOf(parameter, fields[parameter.name] ?? '');
    return problem === null ? [] : [[parameter.name, problem]];
  });
  return Object.fromEntries(problems);
}

/**
 * Returns the value of a text without a problem.
 * @param {Parameter} parameter
 * @param {string} text
 * @returns {Value}
 */
export function valueOf({ kind }, text) {
  return kind === 'number' ? Number(text) : text;
}

/**
 * Returns the choice with this name, if the parameter has choices.
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
 * Returns the values of fields without problems.
 * @param {Scenario} scenario
 * @param {Record<string, string>} fields
 * @returns {Values}
 */
export function valuesOf({ parameters }, fields) {
  const values = parameters.map((parameter) => {
    return [parameter.name, valueOf(parameter, fields[parameter.name])];
  });
  return Object.fromEntries(values);
}

/**
 * Returns the selected scenario and preset, the parameters that differ from the preset, and the
 * problems of the fields.
 * @param {State} state
 */
export function selection(state) {
  if (!state.description) return null;
  const scenario = scenarioNamed(state.description, state.scenario);
  const preset = presetNamed(scenario, state.preset);
  const preset_fields = fieldsOf(scenario, preset);
  const changed = scenario.parameters.filter(({ name }) => state.fields[name] !== preset_fields[name]);
  return { scenario, preset, changed, problems: problemsOf(scenario, state.fields) };
}

/**
 * Returns the labels of the fields with problems, as a list within a sentence.
 * @param {ReturnType<typeof selection>} selected
 */
export function invalidLabels(selected) {
  const invalid = selected?.scenario.parameters.filter(({ name }) => name in selected.problems) ?? [];
  return invalid.map(({ label }) => label.toLowerCase()).join(', ');
}
