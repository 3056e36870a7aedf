/** Builds the page out of its panels, and draws them once a frame when something has changed. */
import { Laboratory } from './app.js';
import { accounts } from '../features/accounts/accounts_panel.js';
import { actions } from '../report/export_buttons.js';
import { charts } from '../features/run/charts_panel.js';
import { checks } from '../features/run/checks_panel.js';
import { compare } from '../features/compare/compare_panel.js';
import { apiConsole } from '../features/console/console_panel.js';
import { earlier } from '../features/history/history_panel.js';
import { events } from '../features/run/events_panel.js';
import { facts } from '../features/run/facts_panel.js';
import { guide } from '../features/guide/guide_panel.js';
import { health } from '../features/run/health_panel.js';
import { latency } from '../features/run/latency_panel.js';
import { numbers } from '../features/run/numbers_panel.js';
import { outcomes } from '../features/run/outcomes_panel.js';
import { parameters } from '../features/run/parameters_panel.js';
import { picture } from '../scenes/scene_panel.js';
import { scenarios } from '../features/run/scenario_picker.js';
import { shortcuts } from './shortcuts.js';
import { stateLine } from './state_line.js';
import { trail } from '../features/trail/trail_panel.js';
import { trouble } from './error_panel.js';
import { workers } from '../features/run/workers_panel.js';

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

const laboratory = new Laboratory();

/**
 * A panel builds its part of the page once, and answers with the function that shows a state in it.
 */
const panels = [
  // The state line looks where the focus is, so it comes before the fields that a run switches off.
  stateLine(laboratory),
  actions(laboratory),
  guide(laboratory),
  scenarios(laboratory),
  parameters(laboratory),
  trouble(laboratory),
  numbers(laboratory),
  events(),
  picture(),
  ...charts(laboratory),
  checks(laboratory),
  latency(),
  facts(),
  health(),
  workers(laboratory),
  outcomes(),
  accounts(laboratory),
  trail(laboratory),
  ...compare(laboratory),
  earlier(laboratory),
  apiConsole(laboratory),
  shortcuts(laboratory),
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
  do left.shift()?.(laboratory.store.state);
  while (left.length > 0 && performance.now() < until_ms);
  awaited = left.length > 0 || changed;
  if (left.length > 0) requestAnimationFrame(draw);
  else if (changed) awaitPass();
}

/** Waits for the next pass through the panels. What is not the run's own news is shown at once. */
function awaitPass() {
  const hurried = laboratory.store.state.run_state === 'running';
  const wait_ms = hurried ? begun_ms + PASS_INTERVAL_MS - performance.now() : 0;
  if (wait_ms > 0) waiting = window.setTimeout(beginPass, wait_ms);
  else beginPass();
}

function beginPass() {
  clearTimeout(waiting);
  waiting = 0;
  requestAnimationFrame(draw);
}

laboratory.store.subscribe(({ run_state }) => {
  changed = true;
  if (!awaited) awaitPass();
  else if (waiting && run_state !== 'running') beginPass();
  awaited = true;
});

laboratory.keeper.look();
await laboratory.start();
await laboratory.startAnswering();
