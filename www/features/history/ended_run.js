/** What the page's state becomes when a run that ended earlier, or elsewhere, is shown again. */
/** @import { Description, FinishedRun, Report, Scenario, State } from '../../types.d.ts' */
import { fieldsOf } from '../run/parameters.js';

/**
 * The parameters are chosen again as well, so that Run repeats the run, and the address links it.
 * @param {Description} description
 * @param {FinishedRun} ended
 * @returns {Partial<State>}
 */
export function stateOfFinishedRun(description, { report, stopped_after_ms, file }) {
  const known = scenarioOf(description, report);
  const notices = known
    ? []
    : [
        `This page has no scenario called “${report.scenario}”, so the run cannot be repeated here.`,
      ];
  return {
    run_state: report.ended_by === 'cancelled' ? 'cancelled' : 'finished',
    error: null,
    notices,
    current_run: { scenario: known ?? unknown(report), parameters: report.parameters },
    reading: null,
    report,
    stopped_after_ms,
    file,
    ...(known ? choiceOf(known, report) : {}),
  };
}

/**
 * The preset that the run differs least from, and its values as the texts of the fields.
 * @param {Scenario} scenario
 * @param {Report} report
 */
export function choiceOf(scenario, { parameters }) {
  const ways = scenario.presets.map((preset) => {
    const given = fieldsOf(scenario, preset);
    const names = Object.keys(given);
    const fields = Object.fromEntries(
      names.map((name) => [name, String(parameters[name] ?? given[name])]),
    );
    const changed = names.filter((name) => fields[name] !== given[name]).length;
    return { preset: preset.name, fields, changed };
  });
  const [{ preset, fields }] = ways.toSorted((one, other) => one.changed - other.changed);
  return { scenario: scenario.name, preset, fields };
}

/** @param {Report} report @returns {Scenario} */
function unknown({ scenario, title }) {
  return { name: scenario, title, sentence: '', parameters: [], presets: [], events: [] };
}

/**
 * The scenario of a report as this page knows it.
 * @param {Description | null} description
 * @param {Report} report
 */
export function scenarioOf(description, report) {
  return description?.scenarios.find(({ name }) => name === report.scenario) ?? null;
}
