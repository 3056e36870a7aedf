/** Builds the page out of its panels, and draws them once a frame when something has changed. */
import { App } from './app.js';
import { accountsPanel } from '../features/accounts/accounts_panel.js';
import { exportButtons } from '../report/export_buttons.js';
import { chartPanels } from '../features/run/charts_panel.js';
import { checksPanel } from '../features/run/checks_panel.js';
import { comparePanels } from '../features/compare/compare_panel.js';
import { consolePanel } from '../features/console/console_panel.js';
import { historyPanel } from '../features/history/history_panel.js';
import { eventsPanel } from '../features/run/events_panel.js';
import { factsPanel } from '../features/run/facts_panel.js';
import { guidePanel } from '../features/guide/guide_panel.js';
import { healthPanel } from '../features/run/health_panel.js';
import { latencyPanel } from '../features/run/latency_panel.js';
import { numbersPanel } from '../features/run/numbers_panel.js';
import { outcomesPanel } from '../features/run/outcomes_panel.js';
import { parametersPanel } from '../features/run/parameters_panel.js';
import { scenePanel } from '../scenes/scene_panel.js';
import { scenarioPicker } from '../features/run/scenario_picker.js';
import { shortcutsDialog } from './shortcuts.js';
import { stateLine } from './state_line.js';
import { trailPanel } from '../features/trail/trail_panel.js';
import { errorPanel } from './error_panel.js';
import { workersPanel } from '../features/run/workers_panel.js';

/**
 * A frame that has drawn for this long leaves the other panels to the next one: while workers have
 * all the processors even a short task takes long, and the page must stay open to a press on
 * Cancel.
 */
const FRAME_LIMIT_MS = 4;

/**
 * While workers have all the processors the panels are gone through only so often: each frame costs
 * the window more than what is drawn in it.
 */
const PASS_INTERVAL_MS = 210;

const app = new App();

/**
 * A panel builds its part of the page once, and answers with the function that shows a state in it.
 */
const panels = [
  // The state line looks where the focus is, so it comes before the fields that a run switches off.
  stateLine(app),
  exportButtons(app),
  guidePanel(app),
  scenarioPicker(app),
  parametersPanel(app),
  errorPanel(app),
  numbersPanel(app),
  eventsPanel(),
  scenePanel(),
  ...chartPanels(app),
  checksPanel(app),
  latencyPanel(),
  factsPanel(),
  healthPanel(),
  workersPanel(app),
  outcomesPanel(),
  accountsPanel(app),
  trailPanel(app),
  ...comparePanels(app),
  historyPanel(app),
  consolePanel(app),
  shortcutsDialog(app),
];

let awaited = false;
let changed = false;
let left = panels.slice(0, 0);
let begun_ms = 0;
/** The wait for the next pass, or 0. */
let waiting = 0;

function draw() {
  const now_ms = performance.now();
  const until_ms = now_ms + FRAME_LIMIT_MS;
  if (left.length === 0) {
    changed = false;
    left = [...panels];
    begun_ms = now_ms;
  }
  do left.shift()?.(app.store.state);
  while (left.length > 0 && performance.now() < until_ms);
  awaited = left.length > 0 || changed;
  if (left.length > 0) requestAnimationFrame(draw);
  else if (changed) awaitPass();
}

/** Waits for the next pass through the panels. What is not the run's own news is shown at once. */
function awaitPass() {
  const hurried = app.store.state.run_state === 'running';
  const wait_ms = hurried ? begun_ms + PASS_INTERVAL_MS - performance.now() : 0;
  if (wait_ms > 0) waiting = window.setTimeout(beginPass, wait_ms);
  else beginPass();
}

function beginPass() {
  clearTimeout(waiting);
  waiting = 0;
  requestAnimationFrame(draw);
}

app.store.subscribe(({ run_state }) => {
  changed = true;
  if (!awaited) awaitPass();
  else if (waiting && run_state !== 'running') beginPass();
  awaited = true;
});

app.history.refresh();
await app.start();
await app.startApi();
