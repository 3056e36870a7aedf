/** Builds the page from its panels and starts it. */
import { accountsPanel } from '../features/accounts/accounts_panel.js';
import { comparePanels } from '../features/compare/compare_panel.js';
import { consolePanel } from '../features/console/console_panel.js';
import { guidePanel } from '../features/guide/guide_panel.js';
import { historyPanel } from '../features/history/history_panel.js';
import { storedLedgerPanel, openedPanel } from '../features/stored_ledger/stored_ledger_panel.js';
import { chartPanels } from '../features/run/charts_panel.js';
import { checksPanel } from '../features/run/checks_panel.js';
import { eventsPanel } from '../features/run/events.js';
import { numbersPanel } from '../features/run/numbers_panel.js';
import { parametersPanel } from '../features/run/parameters_panel.js';
import { factsPanel, healthPanel, latencyPanel, outcomesPanel } from '../features/run/report_cards.js';
import { scenarioPicker } from '../features/run/scenario_picker.js';
import { resultPanel } from '../features/run/result_panel.js';
import { workersPanel } from '../features/run/workers_panel.js';
import { trailPanel } from '../features/trail/trail_panel.js';
import { byId } from '../lib/dom.js';
import { exportButtons } from '../report/export_buttons.js';
import { scenePanel } from '../scenes/scene_panel.js';
import { App } from './app.js';
import { errorPanel } from './error_panel.js';
import { FrameScheduler } from './frame_scheduler.js';
import { sections } from './sections.js';
import { shortcutsDialog } from './shortcuts.js';
import { stateLine } from './state_line.js';

const app = new App();

// A panel builds its part of the page once and returns the function that draws a state into it.
// Panels that share a part of the page appear in the order in which they are built.
const [latency, workers, outcomes] = [latencyPanel(), workersPanel(), outcomesPanel()];
new FrameScheduler(app.store, {
  controls: [
    // The state line checks where the focus is, so it is drawn before the fields are disabled.
    stateLine(app),
    exportButtons(app),
    guidePanel(app),
    scenarioPicker(app),
    parametersPanel(app),
    errorPanel(app),
    storedLedgerPanel(app),
    openedPanel(),
    checksPanel(app),
    latency,
    factsPanel(),
    healthPanel(),
    outcomes,
    accountsPanel(app),
    trailPanel(app),
    ...comparePanels(app),
    historyPanel(app),
    consolePanel(app),
    shortcutsDialog(app),
    // Shows what the panels before it have drawn.
    sections(),
  ],
  live: [resultPanel(), numbersPanel(), eventsPanel(), scenePanel(), ...chartPanels(app), workers],
});

// From here on the page explains its errors itself, so `startup.js` is silent. What it has said was not fatal.
document.documentElement.dataset.started = '';
document.getElementById('startup-error')?.remove();
byId('state').hidden = false;
app.history.refresh();
await app.start();
await app.startApi();
