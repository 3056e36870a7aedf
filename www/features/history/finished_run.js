/** The state of the page that displays a run which finished earlier or elsewhere. */
/** @import { Description, FinishedRun, Report, Scenario, State } from '../../types.d.ts' */
import { fieldsOf, scenarioOf } from '../run/parameters.js';

/**
 * Returns the state. It also selects the run's parameters, so that Run repeats it and the address
 * links to it.
 * @param {Description} description
 * @param {FinishedRun} finished
 * @returns {Partial<State>}
 */
export function stateOfFinishedRun(description, { report, stopped_after_ms, file }) {
  const scenario = scenarioOf(description, report);
  const notice = `This page has no scenario “${report.scenario}”, so it cannot repeat the run.`;
  return {
    run_state: report.ended_by === 'cancelled' ? 'cancelled' : 'finished',
    error: null,
    notices: scenario ? [] : [notice],
    current_run: { scenario: scenario ?? unknownScenario(report), parameters: report.parameters },
    reading: null,
    report,
    stopped_after_ms,
    file,
    ...(scenario ? selectionOf(scenario, report) : {}),
  };
}

/**
 * Returns the preset that differs least from the run, and the run's values as texts of the fields.
 * @param {Scenario} scenario
 * @param {Report} report
 */
export function selectionOf(scenario, { parameters }) {
  const candidates = scenario.presets.map((preset) => {
    const preset_fields = Object.entries(fieldsOf(scenario, preset));
    const texts = preset_fields.map(([name, text]) => [name, String(parameters[name] ?? text)]);
    const fields = Object.fromEntries(texts);
    const changes = preset_fields.filter(([name, text]) => fields[name] !== text).length;
    return { preset: preset.name, fields, changes };
  });
  const [{ preset, fields }] = candidates.toSorted((a, b) => a.changes - b.changes);
  return { scenario: scenario.name, preset, fields };
}

/** @param {Report} report @returns {Scenario} */
function unknownScenario({ scenario, title }) {
  return { name: scenario, title, description: '', parameters: [], presets: [], events: [] };
}
