/** The state of the page. */
import type { RunSeries } from '../charts/run_series.js';
import type { AccountDetails, AccountHistory, AccountLayout, AccountQuery, OpenedLedgerSummary } from './ledger.d.ts';
import type { BalanceDistribution, LedgerSample, Reader, TrailEntry, TrailSeal } from './ledger.d.ts';
import type { Amount, Description, Divergence, Reading, Report, Request, Scenario, Values } from './report.d.ts';

/** A point of the charts: the sums so far, at a time since the workers began. */
export interface CounterPoint {
  time_ns: number;
  operations: number;
  attempts: number;
  accepted: number;
  refused: number;
  interrupted: number;
  entries: number;
  /** Waits for a latch. */
  waits: number;
  /** Optimistic retries. */
  conflicts: number;
  /** Operations of each worker. */
  workers: number[];
}

/** The part of a ledger sample that the charts use, at a time since the workers began. */
export interface LedgerPoint {
  time_ns: number;
  /** Coins held less coins issued; null if the report has it as a sentence only. */
  difference: number | null;
  /** Percentiles since the previous sample; null if no operation was timed. */
  p50_ns: number | null;
  p99_ns: number | null;
  p999_ns: number | null;
}

/** A finished run, with everything that the page displays. */
export interface FinishedRun {
  report: Report;
  points: CounterPoint[];
  ledger_points: LedgerPoint[];
  stopped_after_ms: number | null;
  /** The name of the file that it was opened from; empty for a run of this page. */
  file: string;
}

/** The summary of a finished run, for lists and tables. */
export interface RunSummary {
  scenario: string;
  title: string;
  parameters: Values;
  /** Whether one of its choices is incorrect on purpose. */
  flawed: boolean;
  /** Whether its ledger was stored. Runs that an older page has listed do not have it. */
  durable?: boolean;
  started_at_ms: number;
  elapsed_ns: number;
  ended_by: Report['ended_by'];
  operations_per_second: number;
  refused: number;
  waits: number;
  conflicts: number;
  p50_ns: number;
  p99_ns: number;
  check_count: number;
  /** Titles of the failed checks. */
  failed_checks: string[];
  file: string;
}

/** A run in the history. */
export interface StoredRun extends RunSummary {
  /** Its key in the browser's storage; negative if it is in this page's memory only. */
  id: number;
  stored_at_ms: number;
}

export interface StoredRuns {
  loaded: boolean;
  /** Newest first. */
  runs: StoredRun[];
  /** Why the browser does not store runs; empty if it does. */
  storage_error: string;
}

/** A run that a comparison is to execute. */
export interface PlannedRun {
  /** The values that vary. */
  label: string;
  /** Whether it is incorrect on purpose. */
  flawed: boolean;
  parameters: Values;
}

export type ComparedRunStatus = 'waiting' | 'running' | 'ended' | 'failed' | 'dropped';

/** A row of the comparison. */
export interface ComparedRun extends PlannedRun {
  key: number;
  status: ComparedRunStatus;
  /** Why it failed; empty if it did not. */
  error: string;
  /** One for each measured run, in the order in which they were executed. */
  summaries: RunSummary[];
  /** The points of the last of them. */
  points: CounterPoint[];
  /** The id of a run that was added from the history. */
  stored_run_id: number | null;
}

export interface ComparisonProgress {
  /** The run under way, counted from 1. */
  index: number;
  total: number;
  /** Which option it has, and which of its repeats it is. */
  label: string;
  cancelled: boolean;
}

/** A sample, with the first accounts one by one if its cells have several accounts each. */
export interface DetailedSample {
  sample: LedgerSample;
  first_accounts: AccountDetails[];
}

/** The last two samples, from which a scene is drawn. */
export interface SamplePair {
  current: DetailedSample;
  /** Null if there is none with equal cells, or after the run. */
  previous: DetailedSample | null;
  /** The time between the two. */
  seconds: number;
}

/** The filter of the trail as texts of its fields. An empty text selects all. */
export interface TrailFields {
  /** A name, or an id. */
  account: string;
  status: string;
  kind: string;
  writer: string;
  /** The first and the last timestamp. */
  from: string;
  to: string;
  /** A whole number, or a UUID. */
  id: string;
  newest_first: boolean;
}

/** The entry before or after another one in one of its accounts; null if there is none. */
export interface Neighbour {
  account_id: string;
  side: 'debit' | 'credit' | 'own';
  direction: 'before' | 'after';
  entry: TrailEntry | null;
}

/** An entry that was decided on an account as it was before the last change, or after a later one. */
export interface StaleRead {
  account_id: string;
  entry: TrailEntry;
  /** The change that it missed, or read too early. */
  other: TrailEntry;
  /** How often the account had changed when the entry read it. */
  read: number;
  /** How often it had changed with the other entry: as often if that was read too early. */
  change: number;
}

/** The state of the trail explorer. */
export interface TrailState {
  fields: TrailFields;
  /** The problem of each invalid field. */
  problems: Partial<Record<keyof TrailFields, string>>;
  /** Grows with each search; 0 before the first. */
  search: number;
  /** Rows found so far. */
  count: number;
  searching: boolean;
  /** The row to scroll to; a new object for each request. */
  focus: { row: number } | null;
  /** The selected entry, and its row if it is among those found. */
  entry: TrailEntry | null;
  row: number | null;
  /** Null until they are found. */
  neighbours: Neighbour[] | null;
  /** The difference from the serial replay that is highlighted. */
  divergence: Divergence | null;
  /** What explains it, once it is found; `none` if no single change does. */
  stale_read: StaleRead | 'none' | null;
  seal: TrailSeal | null;
  /** The progress of a slow task. */
  task: { title: string; done: number; total: number; cancellable: boolean } | null;
  /** The result of the last action. */
  status_text: string;
  error_text: string;
}

/** A row of the accounts table. Reports lack the number of changes. */
export type DisplayedAccount = Omit<AccountDetails, 'changes'> & { changes: Amount | null };

/** The state of the accounts panel. */
export interface AccountsState {
  query: AccountQuery;
  /** Null until the first query. */
  page: { found: number; rows: DisplayedAccount[] } | null;
  distribution: BalanceDistribution | null;
  /** The selected account, and its history once it is read. */
  selected: { id: Amount; name: string; history: AccountHistory | null } | null;
  status_text: string;
  error_text: string;
  /** Whether a manual transfer has changed the ledger since the report. */
  changed_since_report: boolean;
  /** The result of the last replay since then. */
  replay_result: string;
}

/** An error in the three sentences that a person needs. */
export interface Explanation {
  what: string;
  why: string;
  next: string;
}

/** The ledger that answers API requests: this tab's, or that of the server. */
export type ApiTarget = 'tab' | 'server';

export interface ApiTargetState {
  /** Null if it is unknown, or if neither can answer. */
  active: ApiTarget | null;
  /** Whether it has been checked which of them can answer. */
  checked: boolean;
  server: boolean;
  tab: boolean;
  /** Why the tab cannot answer although the browser could; empty otherwise. */
  error: string;
}

/** The step of the guided run. */
export type GuideStep =
  | 'welcome'
  | 'watching'
  | 'checked'
  | 'stopped'
  | 'failed'
  | 'breaking'
  | 'broken'
  | 'intact';

/** The run that wrote a stored ledger. It is beside the ledger in the browser's storage, and in the file that is downloaded. */
export interface LedgerOrigin {
  /** The title of its scenario. */
  title: string;
  /** What it was started with, so that the accounts have their names. */
  request: Request;
  began_at_ms: number;
  /** Of the report; null if the run did not end. */
  trail_hash: string | null;
}

/** The ledger that is stored in this browser. */
export interface StoredLedger {
  /** Null if nothing says which run wrote it. */
  run: LedgerOrigin | null;
  bytes: number;
  /** Whether a tab is writing it. */
  is_being_written: boolean;
}

/** A ledger that was opened, in place of a run. */
export interface OpenedLedger {
  /** What it is: a clause with its scenario and time, or the name of its file. */
  name: string;
  summary: OpenedLedgerSummary;
  /** The trail hash that its run has reported; null if that is not known. */
  reported_hash: string | null;
}

/** The state of storing ledgers in this browser. */
export interface StoredLedgerState {
  /** Why this browser cannot store ledgers; empty if it can. */
  unsupported: string;
  /** Whether the next run's ledger is stored. */
  is_on: boolean;
  ledger: StoredLedger | null;
  status_text: string;
  error_text: string;
}

export type RunState =
  | 'loading'
  | 'unsupported'
  | 'idle'
  | 'opening'
  | 'preparing'
  | 'running'
  | 'cancelling'
  | 'checking'
  | 'finished'
  | 'cancelled'
  | 'failed';

export interface State {
  run_state: RunState;
  error: Explanation | null;
  /** Sentences about values of the address that cannot be used. */
  notices: string[];
  pool_size: number;
  description: Description | null;
  /** The selected scenario and preset. */
  scenario: string;
  preset: string;
  /** The text in each field, by parameter name. */
  fields: Record<string, string>;
  /** The displayed run. The fields may have changed since. */
  current_run: { scenario: Scenario; parameters: Values } | null;
  reading: Reading | null;
  paused: boolean;
  /** Reads the ledger of the displayed run, from its preparation until the next one's. */
  reader: Reader | null;
  account_layout: AccountLayout | null;
  ledger_samples: SamplePair | null;
  /** The points of the displayed run. It grows in place, and `revision` with it. */
  series: RunSeries;
  revision: number;
  report: Report | null;
  /** From the press on Cancel to the last worker's return. */
  stopped_after_ms: number | null;
  api_target: ApiTargetState;
  /** The name of the file that the displayed run was opened from, or empty. */
  file: string;
  stored_ledger: StoredLedgerState;
  /** The ledger that is displayed in place of a run. */
  opened_ledger: OpenedLedger | null;
  /** The points of the previous run of the same scenario. */
  previous_points: CounterPoint[];
  stored_runs: StoredRuns;
  compared_runs: ComparedRun[];
  comparison_progress: ComparisonProgress | null;
  /** Where the displayed run first differs from the serial replay, if a check failed. */
  divergence: Divergence | null;
  trail: TrailState;
  accounts: AccountsState;
  /** Null if the guided run is not under way. */
  guide_step: GuideStep | null;
}
