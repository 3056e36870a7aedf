/** The page's address contains every value that differs from its default, so opening a link can repeat a run. */
/** @import { Description, Scenario, State } from '../types.d.ts' */
import { fieldsOf, presetNamed, problemOf } from '../features/run/parameters.js';
import { scenarioNamed, selection, valueOf } from '../features/run/parameters.js';

/** The name without a value with which an address also starts the run. */
const RUN = 'run';

/**
 * Returns what an address selects, and whether it starts the run. Each value that cannot be used keeps its default and
 * is reported in a notice; nothing is started then.
 * @param {string} search
 * @param {Description} description
 */
export function readAddress(search, description) {
  const query = new URLSearchParams(search);
  /** @type {string[]} */
  const notices = [];
  /**
   * @param {'scenario' | 'preset'} kind
   * @param {{ name: string, title: string }} found
   * @param {{ name: string }[]} choices
   */
  const checkName = (kind, found, choices) => {
    const requested = query.get(kind);
    if (requested === null || requested === found.name) return;
    const names = choices.map(({ name }) => name).join(', ');
    notices.push(
      `The address names an unknown ${kind}, “${requested}”. Known: ${names}. ` +
        `${found.title} is used instead.`,
    );
  };

  const scenario = scenarioNamed(description, query.get('scenario') ?? '');
  checkName('scenario', scenario, description.scenarios);
  const is_default = [...query.keys()].every((name) => name === RUN);
  const preset = is_default ? defaultPreset(scenario) : presetNamed(scenario, query.get('preset') ?? '');
  checkName('preset', preset, scenario.presets);

  const fields = fieldsOf(scenario, preset);
  for (const name of new Set(query.keys())) {
    if (name === 'scenario' || name === 'preset' || name === RUN) continue;
    const [text, ...others] = query.getAll(name);
    const parameter = scenario.parameters.find((candidate) => candidate.name === name);
    if (!parameter) {
      notices.push(`The address sets “${name}”, which ${scenario.title} does not have. It is ignored.`);
      continue;
    }
    if (others.length > 0) {
      notices.push(`The address sets ${name} ${others.length + 1} times. The first value is used.`);
    }
    const problem = problemOf(parameter, text);
    if (problem) notices.push(`In the address: ${problem} ${fields[name]} is used instead.`);
    else fields[name] = String(valueOf(parameter, text));
  }
  const is_run_requested = query.has(RUN);
  if (is_run_requested && notices.length > 0) {
    notices.push('The address asks to start the run. It was not started, because values differ from those in the address.');
  }
  const starts_run = is_run_requested && notices.length === 0;
  return { selected: { scenario: scenario.name, preset: preset.name, fields, notices }, starts_run };
}

/** Returns what an address without a query selects: some seconds to watch. @param {Scenario} scenario */
function defaultPreset(scenario) {
  return presetNamed(scenario, 'watch');
}

/**
 * Returns the query of the current selection: empty for the defaults, otherwise the scenario and
 * each difference. A link always names its scenario, so it keeps its meaning when another scenario
 * becomes the default.
 * @param {State} state
 */
export function writeAddress(state) {
  const selected = selection(state);
  if (!selected || !state.description) return '';
  const { scenario, preset, changed, problems } = selected;
  const written = changed.filter(({ name }) => !(name in problems));
  const query = new URLSearchParams();
  if (preset !== scenario.presets[0]) query.set('preset', preset.name);
  for (const { name } of written) query.set(name, state.fields[name]);
  const is_default = scenario === state.description.scenarios[0] && preset === defaultPreset(scenario);
  if (is_default && written.length === 0) return '';
  return `?scenario=${encodeURIComponent(scenario.name)}${query.size ? `&${query}` : ''}`;
}
