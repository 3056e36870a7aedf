/** What the core and the page say to each other, and what the page keeps of it. */

/** A whole number, or a decimal string where it is above 2^53 - 1. */
export type Amount = number | string;

interface Described {
  name: string;
  label: string;
  sentence: string;
}

/** A parameter that is a whole number. */
export interface NumberParameter extends Described {
  kind: 'number';
  unit: string;
  minimum: number;
  maximum: number;
  default: number;
}

/** A parameter that is one of several choices; its values are their names. */
export interface ChoiceParameter extends Described {
  kind: 'choice';
  choices: Choice[];
  default: string;
}

export interface Choice extends Described {
  /** For what is wrong on purpose: what is expected of a run that has it, in a sentence. */
  flaw: string | null;
}

export type Parameter = NumberParameter | ChoiceParameter;

/** A number, or the name of a choice. */
export type Value = number | string;

/** Every scenario has workers. */
export type Values = Record<string, Value> & { workers: number };

export interface Preset {
  name: string;
  title: string;
  sentence: string;
  values: Values;
}

/** Something that can happen in a run. */
export interface EventKind {
  /** Its place among the counters' events. */
  place: number;
  name: string;
  title: string;
}

export interface Scenario {
  name: string;
  title: string;
  sentence: string;
  parameters: Parameter[];
  presets: Preset[];
  events: EventKind[];
}

/** Where in the block of counters each number stands. */
export interface CounterLayout {
  header_words: number;
  worker_words: number;
  header: string[];
  worker: string[];
  phases: string[];
  /** Where the words of the first kind of event begin; those of the others follow. */
  events_begin: number;
  /** Names of the words of one kind of event. */
  event: string[];
}

export interface Description {
  version: string;
  scenarios: Scenario[];
  counters: CounterLayout;
}

export interface Request {
  scenario: string;
  parameters: Values;
  environment: {
    host: string;
    user_agent: string;
    workers_available: number;
    started_at_ms: number;
  };
}

/** What `prepare` answers: the run's number, and where its counters are. */
export interface Prepared {
  run: number;
  counters: { pointer: number; words: number };
}

export interface Check {
  name: string;
  title: string;
  sentence: string;
  expected: Amount;
  found: Amount;
  examined: number;
  unit: string;
  passed: boolean;
}

export interface AccountRow {
  id: Amount;
  name: string;
  issuer: boolean;
  debits_pending: Amount;
  debits_posted: Amount;
  credits_pending: Amount;
  credits_posted: Amount;
}

export interface WorkerTotals {
  /** Counted from 1, as in the trail. */
  worker: number;
  /** What was asked for and is done. One operation makes several attempts, one, or none. */
  operations: number;
  /** Balances that were read; a read leaves no entry. */
  reads: number;
  attempts: number;
  accepted: number;
  refused: number;
  interrupted: number;
  waits: number;
  /** Times that an optimistic attempt found its accounts changed and was made again. */
  conflicts: number;
}

export type HealthStatus = 'healthy' | 'degraded' | 'unhealthy';

/** One component of the ledger's health, with the figures that it was computed from. */
export interface HealthComponent {
  status: HealthStatus;
  sentence: string;
  [figure: string]: string | number | boolean;
}

export interface Health {
  status: HealthStatus;
  /** What every component says that is not healthy, or that all are. */
  sentence: string;
  uptime_ns: number;
  operations: number;
  components: Record<'accounts' | 'trail' | 'latches' | 'replay' | 'store', HealthComponent>;
}

/** What happened on the way, one kind of it. */
export interface Event {
  name: string;
  title: string;
  count: number;
  first_at_ns: number;
  /** The first few, told one by one. */
  sentences: string[];
}

/** Something worth telling about a run, beyond what all have. */
export interface Fact {
  name: string;
  title: string;
  value: Amount;
  /** Empty for a plain count. */
  unit: string;
}

/** How long operations took. */
export interface Latency {
  /** What was timed. */
  sentence: string;
  operations_each: number;
  from_intended_start: boolean;
  /** What is shorter than this step of the host's clock cannot be told apart. */
  clock_step_ns: number;
  /** Measurements. */
  count: number;
  p50_ns: number;
  p90_ns: number;
  p99_ns: number;
  p999_ns: number;
  max_ns: number;
}

export interface Report {
  report: number;
  scenario: string;
  title: string;
  parameters: Values;
  /** What is expected of the run because a choice is wrong on purpose, a sentence each. */
  flaws: string[];
  environment: Record<string, string | number>;
  started_at_ms: number;
  elapsed_ns: number;
  ended_by: 'operations' | 'duration' | 'cancelled' | 'trail_full';
  ended_because: string;
  totals: {
    attempts: number;
    accepted: number;
    refused: number;
    interrupted: number;
    operations: number;
    reads: number;
    setup_entries: number;
    trail_entries: number;
    trail_bytes: number;
    /** Attempts per second. */
    per_second: number;
    operations_per_second: number;
    by_status: Record<string, number>;
  };
  workers: WorkerTotals[];
  series: { interval_ns: number; accepted: number[]; refused: number[]; interrupted: number[] };
  latency: Latency;
  events: Event[];
  facts: Fact[];
  checks: Check[];
  passed: boolean;
  health: Health;
  /** BLAKE3 of the whole trail, in hex: one worker and one seed give the same on every host. */
  trail_hash: string;
  accounts: {
    count: number;
    complete: boolean;
    /** BLAKE3 of all accounts, in hex, listed or not. */
    hash: string;
    rows: AccountRow[];
  };
}

/** A worker's numbers while it works: with the entries that it has written so far. */
export interface WorkerReading extends WorkerTotals {
  entries: number;
}

/** A kind of event that has happened, by its place in the scenario's description. */
export interface Happened {
  place: number;
  count: number;
  first_at_ns: number;
}

/** The counters as they stood at one moment. */
export interface Reading {
  phase: string;
  /** Whether the workers rest before their next batch. */
  paused: boolean;
  operations: number;
  duration_ns: number;
  setup_entries: number;
  replayed: number;
  replay_total: number;
  entry_bytes: number;
  workers: WorkerReading[];
  /** What has happened so far, in the order of places. */
  events: Happened[];
}

/** One point of the charts: sums so far, at a time since the workers began. */
export interface Sample {
  time_ns: number;
  operations: number;
  attempts: number;
  accepted: number;
  refused: number;
  interrupted: number;
  entries: number;
  /** Times that a latch was found held. */
  waits: number;
  /** Attempts that were made again because their accounts had changed. */
  conflicts: number;
  /** Operations of each worker. */
  workers: number[];
}

/** What the charts keep of one look into the ledger, at a time since the workers began. */
export interface LookPoint {
  time_ns: number;
  /** What is held less what was issued; nothing, where the run can say it in words only. */
  difference: number | null;
  /** Percentiles since the look before; nothing, where no operation was timed. */
  p50_ns: number | null;
  p99_ns: number | null;
  p999_ns: number | null;
}

/** A run that has ended, with all that the page shows of it. */
export interface Ended {
  report: Report;
  /** Its course as the charts draw it. */
  points: Sample[];
  /** The course of the looks into its ledger. */
  looks: LookPoint[];
  stopped_after_ms: number | null;
  /** Name of the file that it was opened from; empty for a run of this page. */
  file: string;
}

/** What lists and tables say of a run that has ended. */
export interface Summary {
  scenario: string;
  title: string;
  parameters: Values;
  /** Whether a choice of it is wrong on purpose. */
  flawed: boolean;
  started_at_ms: number;
  elapsed_ns: number;
  ended_by: Report['ended_by'];
  operations_per_second: number;
  refused: number;
  waits: number;
  conflicts: number;
  p50_ns: number;
  p99_ns: number;
  /** Checks that were made. */
  checks: number;
  /** Titles of those that failed, in their order. */
  failed: string[];
  file: string;
}

/** A run in the list of earlier ones. */
export interface Kept extends Summary {
  /** Its key in the browser's storage; below zero, where it is kept in this page's memory only. */
  id: number;
  kept_at_ms: number;
}

export interface Archived {
  /** Whether it has been looked what is kept. */
  known: boolean;
  /** The last one first. */
  runs: Kept[];
  /** Why runs are not kept, or nothing. */
  trouble: string;
}

/** One run to be compared. */
export interface Plan {
  /** What it differs by, for people. */
  label: string;
  /** Whether it is wrong on purpose. */
  flawed: boolean;
  parameters: Values;
}

export type ComparedStage = 'waiting' | 'running' | 'ended' | 'failed' | 'dropped';

/** A row of the comparison: a run that is to come, under way, or has ended. */
export interface Compared extends Plan {
  key: number;
  stage: ComparedStage;
  /** Why it failed, or nothing. */
  why: string;
  summary: Summary | null;
  points: Sample[];
  /** Put there by hand, as the earlier run with this id. */
  kept: number | null;
}

/** How far a comparison is. */
export interface Comparing {
  /** The run that is under way, counted from 1. */
  at: number;
  of: number;
  label: string;
  cancelled: boolean;
}

/** One kind of account that takes part in a run. */
export interface Role {
  name: string;
  count: number;
  /** Coins that each is given at the start. */
  coins: number;
  /** Whether one that is the only one of its role goes without a number. */
  alone: boolean;
}

/** All accounts of a run: those of `@world` first, then role after role. An id is the place, from 0, and 1. */
export interface Cast {
  worlds: number;
  roles: Role[];
}

/** What a worker holds and waits for, as places of accounts. Only known of unordered latches. */
export interface Waiting {
  /** Counted from 1. */
  worker: number;
  holds: number[];
  wants: number | null;
}

/** How long operations took since the look before. */
export interface LatencyLook {
  count: number;
  p50_ns: number;
  p99_ns: number;
  p999_ns: number;
  max_ns: number;
}

/** A ledger at one moment, while workers may be at work on it. */
export interface Look {
  timestamp: Amount;
  /** Coins in all accounts but `@world`'s. */
  held: Amount;
  /** Coins that `@world` owes. */
  issued: Amount;
  /** What is held less what was issued. Anything but 0 says that money was made or lost. */
  difference: Amount;
  /** Coins that pending transfers hold, of all accounts. */
  pending: Amount;
  /** How many accounts there are so far. */
  accounts: number;
  /** Neighbouring accounts that one cell stands for: 1, unless there are more accounts than cells. */
  accounts_each: number;
  /** Of each cell: coins that its accounts have, `@world`'s below zero. */
  balances: Float64Array;
  /** Of each cell: coins that are held by pending transfers from its accounts. */
  held_pending: Float64Array;
  /** Of each cell: how often its accounts have changed so far. */
  changes: Float64Array;
  waiting: Waiting[];
  latency: LatencyLook;
}

/** A look, and the accounts at its beginning one by one where its cells are not single accounts. */
export interface Sight {
  look: Look;
  heads: AccountLine[];
}

/** What the picture is drawn from. */
export interface Seen {
  now: Sight;
  /** The look before, in cells as large, unless there is none or the run has ended. */
  before: Sight | null;
  /** Between the two. */
  seconds: number;
}

export type AccountOrder = 'place' | 'name' | 'balance' | 'pending' | 'changes';

/** Which accounts are asked for. */
export interface AccountQuery {
  /** Part of a name, or an id; nothing for all. */
  text: string;
  order: AccountOrder;
  descending: boolean;
  /** The first row that is wanted, from 0, and how many. */
  first: number;
  limit: number;
}

export interface AccountLine extends AccountRow {
  /** What it has: credits less debits that are posted. */
  balance: Amount;
  /** How often it has changed. */
  changes: Amount;
}

export interface AccountLines {
  /** How many there are that match. */
  found: number;
  rows: AccountLine[];
}

/** How the balances of all accounts but `@world`'s are spread. */
export interface Spread {
  accounts: number;
  minimum: Amount;
  median: Amount;
  maximum: Amount;
  /** Bars of one width from the minimum to the maximum, each with its greatest balance. */
  bars: { up_to: Amount; accounts: number }[];
}

/** The balance of one account, transfer by transfer, thinned out where there are many. */
export interface AccountHistory {
  transfers: number;
  timestamps: Amount[];
  balances: Amount[];
  pending: Amount[];
}

/** Which entries of the trail are asked for; what is not there does not matter. */
export interface TrailFilter {
  account_id?: Amount;
  id?: Amount;
  status?: string;
  kind?: 'account' | 'transfer' | 'expiry';
  /** From 0: the set-up's and whoever moves money by hand; a worker's is its number from 1. */
  writer?: number;
  timestamp_min?: Amount;
  timestamp_max?: Amount;
  /** The latest first. */
  reversed?: boolean;
}

/** An entry of the trail, as a line of its export has it; ids and large numbers are text. */
export type TrailEntry = Record<string, unknown> & {
  writer: number;
  place: number;
  kind: 'account' | 'transfer' | 'expiry' | 'extension';
  status: string;
  timestamp: Amount;
  id: string;
};

/** Rows of the trail under a filter, found so far. */
export interface RowsFound {
  count: number;
  complete: boolean;
}

/** Where a run differs first from a serial one: at an entry, or at an account at the end. */
export interface Divergence {
  sentence: string;
  timestamp: Amount | null;
  account_id: Amount | null;
}

/** A seal that was made of the run's trail. */
export interface Sealed {
  seal: number;
  trail_hash: string;
  records: number;
}

/** What became of a transfer by hand. */
export interface MovedByHand {
  status: string;
  timestamp: Amount;
}

/** A filter of the trail as texts of a form's fields; an empty one leaves nothing out. */
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
  /** The latest first. */
  latest: boolean;
}

/** The entry before or after another one in one of its accounts; nothing, where there is none. */
export interface Neighbour {
  account_id: string;
  side: 'debit' | 'credit' | 'own';
  place: 'before' | 'after';
  entry: TrailEntry | null;
}

/** What the trail explorer shows. */
export interface TrailState {
  fields: TrailFields;
  /** A sentence for each field that says no filter. */
  problems: Partial<Record<keyof TrailFields, string>>;
  /** Grows with each search; 0 before the first. */
  search: number;
  /** Rows found so far. */
  count: number;
  finding: boolean;
  /** The row to be brought into sight; a new object each time. */
  focus: { row: number } | null;
  /** The entry that is shown with all its fields, and its row where it is among those found. */
  entry: TrailEntry | null;
  row: number | null;
  /** Nothing, while they are looked for. */
  neighbours: Neighbour[] | null;
  /** The entry, or the account, that a serial run says something else of. */
  diverging: Divergence | null;
  seal: Sealed | null;
  /** Something that takes a while: how far it is. */
  task: { title: string; done: number; of: number; stops: boolean } | null;
  /** What came of the last thing that was done. */
  said: string;
  problem: string;
}

/** A row of the table of accounts; one out of a report does not say how often it has changed. */
export type ShownAccount = Omit<AccountLine, 'changes'> & { changes: Amount | null };

/** What the accounts panel shows. */
export interface AccountsState {
  query: AccountQuery;
  /** Nothing, before they were asked for. */
  lines: { found: number; rows: ShownAccount[] } | null;
  spread: Spread | null;
  /** The account that is opened, and its history once it is there. */
  opened: { id: Amount; name: string; history: AccountHistory | null } | null;
  loading: boolean;
  said: string;
  problem: string;
  /** Whether money was moved by hand after the run had ended, so that its report is of before. */
  moved_since: boolean;
  /** What serial replay says of the trail as it is since then. */
  judged: string;
}

/** Why something cannot go on, in the three sentences a person needs. */
export interface Explanation {
  what: string;
  why: string;
  next: string;
}

/** Who answers the ledger's paths: this tab's ledger, or the server that the page comes from. */
export type Answerer = 'tab' | 'server';

export interface Answering {
  /** Nobody, where it is not known yet or neither can. */
  by: Answerer | null;
  /** Whether it has been looked who can. */
  known: boolean;
  /** Whether the server can. */
  server: boolean;
  /** Whether the tab can. */
  tab: boolean;
  /** Why the tab cannot although the browser could, or nothing. */
  trouble: string;
}

/** Where the guided run of a first visit is. */
export type GuideStep = 'welcome' | 'watching' | 'checked' | 'breaking' | 'broken';

export type Stage =
  | 'loading'
  | 'unsupported'
  | 'idle'
  | 'preparing'
  | 'running'
  | 'cancelling'
  | 'checking'
  | 'finished'
  | 'cancelled'
  | 'failed';

export interface State {
  stage: Stage;
  trouble: Explanation | null;
  /** What the address asked for and did not get, a sentence each. */
  remarks: string[];
  pool_size: number;
  description: Description | null;
  scenario: string;
  preset: string;
  /** The text in each field as it was typed, by parameter name. */
  fields: Record<string, string>;
  /** The values of the run that is shown; the fields may have moved on. */
  shown: { scenario: Scenario; parameters: Values } | null;
  reading: Reading | null;
  /** Whether the workers of the run under way rest. */
  paused: boolean;
  /** Looks into the ledger of the run that is shown, from its preparation until the next one's. */
  reader: import('./engine/reader.js').Reader | null;
  /** Who takes part in the run that is shown, and what its ledger held at the last look. */
  cast: Cast | null;
  seen: Seen | null;
  /** Grows with every sample taken, so that panels know when to draw. */
  revision: number;
  report: Report | null;
  /** From the press on Cancel to the last worker's return. */
  stopped_after_ms: number | null;
  answering: Answering;
  /** Name of the file that the run which is shown was opened from, or nothing. */
  file: string;
  /** Course of the run of the same scenario before the one that is shown. */
  before: Sample[];
  archived: Archived;
  comparison: Compared[];
  comparing: Comparing | null;
  /** Where the run that is shown differs first from a serial one; asked for when a check failed. */
  divergence: Divergence | null;
  trail: TrailState;
  accounts: AccountsState;
  /** The step of the guided run; nothing, where it is not under way. */
  guide: GuideStep | null;
}
