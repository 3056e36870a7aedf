/** The types of the page: what the core describes and reports, what its ledger returns, the state. */
export * from './types/report.d.ts';
export * from './types/ledger.d.ts';
export * from './types/state.d.ts';
