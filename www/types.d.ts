/** The types of the page: the core's data, what its ledger returns, the state, and shared classes. */
export type * from './types/report.d.ts';
export type * from './types/ledger.d.ts';
export type * from './types/state.d.ts';
export type { App } from './app/app.js';
export type { Store } from './app/store.js';
export type { Line } from './charts/chart.js';
export type { RunSeries } from './charts/run_series.js';
export type { Engine } from './engine/engine.js';
export type { AccountsController } from './features/accounts/accounts_controller.js';
export type { StoredLedgers } from './features/stored_ledger/stored_ledgers.js';
export type { LedgerPoller } from './features/run/ledger_poller.js';
export type { TrailExplorer } from './features/trail/trail_explorer.js';
