/** The page's address holds what differs from the defaults: a link to it opens the same run. */
/** @import { Description, State } from '../types.d.ts' */
import { selection, fieldsOf, presetNamed, problemOf, scenarioNamed, valueOf } from '../features/run/parameters.js';

/**
 * What an address asks for. Whatever it asks in vain is told in a sentence and left at its default.
 * @param {string} search
 * @param {Description} description
 */
export function readAddress(search, description) {
  const query = new URLSearchParams(search);
  /** @type {string[]} */
  const remarks = [];

  const wanted = query.get('scenario');
  const scenario = scenarioNamed(description, wanted ?? '');
  if (wanted !== null && wanted !== scenario.name) {
    const names = description.scenarios.map(({ name }) => name).join(', ');
    remarks.push(
      `The address asks for a scenario called “${wanted}”; there is: ${names}. ` +
        `${scenario.title} is shown instead.`,
    );
  }

  const wantedPreset = query.get('preset');
  const preset = presetNamed(scenario, wantedPreset ?? '');
  if (wantedPreset !== null && wantedPreset !== preset.name) {
    const names = scenario.presets.map(({ name }) => name).join(', ');
    remarks.push(
      `The address asks for a preset called “${wantedPreset}”; there is: ${names}. ` +
        `${preset.title} is used instead.`,
    );
  }

  const fields = fieldsOf(scenario, preset);
  for (const name of new Set(query.keys())) {
    if (name === 'scenario' || name === 'preset') continue;
    const texts = query.getAll(name);
    const parameter = scenario.parameters.find((candidate) => candidate.name === name);
    if (!parameter) {
      remarks.push(
        `The address names “${name}”, which ${scenario.title} does not have; it was ignored.`,
      );
      continue;
    }
    if (texts.length > 1) {
      remarks.push(`The address names ${name} ${texts.length} times; the first is used.`);
    }
    const problem = problemOf(parameter, texts[0]);
    if (problem) {
      remarks.push(`In the address: ${problem} ${fields[name]} is used instead.`);
    } else {
      fields[name] = String(valueOf(parameter, texts[0]));
    }
  }
  return { scenario: scenario.name, preset: preset.name, fields, remarks };
}

/**
 * The query for what is chosen: empty on the defaults, else the scenario and whatever differs. A
 * link that names a value names its scenario too, so that it keeps its meaning when another one
 * becomes the first.
 * @param {State} state
 */
export function writeAddress(state) {
  const choice = selection(state);
  if (!choice || !state.description) return '';
  const { scenario, preset, changed, problems } = choice;
  const query = new URLSearchParams();
  if (preset !== scenario.presets[0]) query.set('preset', preset.name);
  for (const { name } of changed) {
    if (!(name in problems)) query.set(name, state.fields[name]);
  }
  const isDefault = scenario === state.description.scenarios[0] && query.size === 0;
  return isDefault
    ? ''
    : `?scenario=${encodeURIComponent(scenario.name)}${query.size ? `&${query}` : ''}`;
}
