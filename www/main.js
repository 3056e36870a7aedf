/** Builds the page out of its panels, and draws them once a frame when something has changed. */
import { Laboratory } from './laboratory.js';
import { accounts } from './panels/accounts.js';
import { actions } from './panels/actions.js';
import { charts } from './panels/charts.js';
import { checks } from './panels/checks.js';
import { compare } from './panels/compare.js';
import { apiConsole } from './panels/console.js';
import { earlier } from './panels/earlier.js';
import { events } from './panels/events.js';
import { facts } from './panels/facts.js';
import { guide } from './panels/guide.js';
import { health } from './panels/health.js';
import { latency } from './panels/latency.js';
import { numbers } from './panels/numbers.js';
import { outcomes } from './panels/outcomes.js';
import { parameters } from './panels/parameters.js';
import { picture } from './panels/picture.js';
import { scenarios } from './panels/scenarios.js';
import { shortcuts } from './panels/shortcuts.js';
import { stateLine } from './panels/state_line.js';
import { trail } from './panels/trail.js';
import { trouble } from './panels/trouble.js';
import { workers } from './panels/workers.js';

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
  const hurried = laboratory.store.state.stage === 'running';
  const wait_ms = hurried ? begun_ms + PASS_INTERVAL_MS - performance.now() : 0;
  if (wait_ms > 0) waiting = window.setTimeout(beginPass, wait_ms);
  else beginPass();
}

function beginPass() {
  clearTimeout(waiting);
  waiting = 0;
  requestAnimationFrame(draw);
}

laboratory.store.subscribe(({ stage }) => {
  changed = true;
  if (!awaited) awaitPass();
  else if (waiting && stage !== 'running') beginPass();
  awaited = true;
});

laboratory.keeper.look();
await laboratory.start();
await laboratory.startAnswering();
