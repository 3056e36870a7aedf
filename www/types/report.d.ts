/** The core's description of its scenarios, its counters, and its reports. Names follow its JSON. */

/** A whole number, or a decimal string above 2^53 - 1. */
export type Amount = number | string;

interface Described {
  name: string;
  label: string;
  description: string;
}

export interface NumberParameter extends Described {
  kind: 'number';
  unit: string;
  minimum: number;
  maximum: number;
  default: number;
}

export interface ChoiceParameter extends Described {
  kind: 'choice';
  choices: Choice[];
  default: string;
}

export interface Choice extends Described {
  /** The expected effect of a choice that is incorrect on purpose; null for all others. */
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
  description: string;
  values: Values;
}

/** A kind of event that can happen in a run. */
export interface EventKind {
  /** Its index among the counters' events. */
  place: number;
  name: string;
  title: string;
}

export interface Scenario {
  name: string;
  title: string;
  description: string;
  parameters: Parameter[];
  presets: Preset[];
  events: EventKind[];
}

/** The layout of the block of counters, in words. */
export interface CounterLayout {
  header_words: number;
  worker_words: number;
  header: string[];
  worker: string[];
  phases: string[];
  /** The first word of the first kind of event; the other kinds follow. */
  events_begin: number;
  /** Names of the words of each kind of event. */
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

/** The number of a prepared run, and where its counters are. */
export interface Prepared {
  run: number;
  counters: { pointer: number; words: number };
}

export interface Check {
  name: string;
  title: string;
  description: string;
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
  /** Completed operations. An operation makes no, one or several attempts. */
  operations: number;
  /** Balances that were read. A read leaves no entry. */
  reads: number;
  attempts: number;
  accepted: number;
  refused: number;
  interrupted: number;
  waits: number;
  /** Optimistic attempts that were retried because their accounts had changed. */
  conflicts: number;
}

export type HealthStatus = 'healthy' | 'degraded' | 'unhealthy';

/** One component of the ledger's health, with the figures that it was computed from. */
export interface HealthComponent {
  status: HealthStatus;
  message: string;
  [figure: string]: string | number | boolean;
}

export interface Health {
  status: HealthStatus;
  /** The sentences of all components that are not healthy, or that all are healthy. */
  message: string;
  uptime_ns: number;
  operations: number;
  components: Record<'accounts' | 'trail' | 'latches' | 'replay' | 'store', HealthComponent>;
}

/** The events of one kind. */
export interface Event {
  name: string;
  title: string;
  count: number;
  first_at_ns: number;
  /** Descriptions of the first few. */
  messages: string[];
}

/** A figure that is specific to a scenario. */
export interface Fact {
  name: string;
  title: string;
  value: Amount;
  /** Empty for a plain count. */
  unit: string;
}

export interface Latency {
  /** What was timed. */
  description: string;
  operations_each: number;
  from_intended_start: boolean;
  /** The resolution of the host's clock. */
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
  /** The expected effect of each choice that is incorrect on purpose. */
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
  /** BLAKE3 of the whole trail, in hex. One worker and one seed give the same on every host. */
  trail_hash: string;
  accounts: {
    count: number;
    complete: boolean;
    /** BLAKE3 of all accounts, in hex, listed or not. */
    hash: string;
    rows: AccountRow[];
  };
}

/** A worker's totals during a run, with the entries that it has written so far. */
export interface WorkerReading extends WorkerTotals {
  entries: number;
}

/** The events of one kind so far. */
export interface EventCount {
  /** The index of the kind in the scenario's description. */
  place: number;
  count: number;
  first_at_ns: number;
}

/** The counters at one moment. */
export interface Reading {
  phase: string;
  /** Whether the workers pause before their next batch. */
  paused: boolean;
  operations: number;
  duration_ns: number;
  setup_entries: number;
  replayed: number;
  replay_total: number;
  entry_bytes: number;
  workers: WorkerReading[];
  /** In the order of the description. */
  events: EventCount[];
}

/** Where a run first differs from the serial replay: at an entry, or at an account at the end. */
export interface Divergence {
  message: string;
  timestamp: Amount | null;
  account_id: Amount | null;
}
