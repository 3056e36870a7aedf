/** Runs scenarios with the page's engine on an empty page, without the cost of drawing. */
import { withPage } from './browser.mjs';

/** @import { Page } from 'playwright-core' */
/** @import { Description, Reading, Report, Scenario, Values } from '../../www/types.d.ts' */

/** More workers than two processors, so that workers are preempted. */
export const WORKERS_MAX = 4;

/**
 * The engine as tests use it.
 * @typedef {object} Runs
 * @property {Description} description
 * @property {(scenario: Scenario, values: Partial<Values>) => Promise<Ran>} run
 *   with the values of the `goledger` preset, or of the first one, replaced by the given values
 */

/**
 * @typedef {object} Ran
 * @property {Report} report
 * @property {Reading | null} last the last reading of the counters
 */

/**
 * @param {string} name
 * @param {(runs: Runs) => Promise<void>} test
 */
export function withRuns(name, test) {
  return withPage({ name, folder: '.', query: 'tests/page/engine.html' }, async (page) => {
    const description = await start(page);
    await test({
      description,
      run: (scenario, values) => {
        const parameters = { ...presetOf(scenario).values, ...values };
        return page.evaluate(work, { scenario: scenario.name, parameters });
      },
    });
  });
}

/** @param {Scenario} scenario */
export function presetOf({ presets }) {
  return presets.find(({ name }) => name === 'goledger') ?? presets[0];
}

/**
 * @param {Page} page
 * @returns {Promise<Description>}
 */
function start(page) {
  return page.evaluate(
    async ({ module, size }) => {
      const { Engine } = await import(module);
      const engine = new Engine(size);
      Object.assign(window, { engine });
      return engine.start();
    },
    { module: '/www/engine/engine.js', size: WORKERS_MAX },
  );
}

/**
 * Executes a run in the page.
 * @param {{ scenario: string, parameters: Record<string, unknown> }} request
 * @returns {Promise<Ran>}
 */
async function work({ scenario, parameters }) {
  const { engine } = /** @type {any} */ (window);
  const environment = {
    host: 'chromium',
    user_agent: navigator.userAgent,
    workers_available: 2,
    started_at_ms: 0,
  };
  /** @type {Reading | null} */
  let last = null;
  const report = await engine.run(
    { scenario, parameters, environment },
    { reading: (/** @type {Reading} */ reading) => (last = reading) },
  );
  return { report, last };
}
