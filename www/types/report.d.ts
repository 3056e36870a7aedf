/** The core's description of its scenarios and its counters. Names follow its JSON. */
import type * as json from '../../npm/types/report.d.ts';
export type { EndedBy, HealthStatus, ReplayResult } from '../../npm/types/report.d.ts';

/** A whole number: a JavaScript number where that is exact, otherwise its digits. */
export type Amount = number | string;
/** A number, a text, or the digits of a number that is negative or not exact. */
export type CheckValue = number | string;
export type Value = number | string;

/** A part of a report in memory, as `withNumbers` returns it. */
type InMemory<Part> = Part extends json.Digits
  ? number
  : Part extends string | boolean
    ? Part
    : { [Name in keyof Part]: InMemory<Part[Name]> };

export type Values = {
  [Name in keyof json.ReportParameters]: string extends Name ? Value : InMemory<json.ReportParameters[Name]>;
};
export type ReportParameters = Values;
export type ReportEnvironment = InMemory<json.ReportEnvironment>;
export type Totals = InMemory<json.Totals>;
export type WorkerTotals = InMemory<json.WorkerTotals>;
export type Series = InMemory<json.Series>;
export type Latency = InMemory<json.Latency>;
export type Event = InMemory<json.Event>;
export type Health = InMemory<json.Health>;
export type Fact = Omit<InMemory<json.Fact>, 'value'> & { value: CheckValue };
export type Check = Omit<InMemory<json.Check>, 'expected' | 'found'> & { expected: CheckValue; found: CheckValue };
export type AccountRow = {
  [Name in keyof json.AccountRow]: json.AccountRow[Name] extends json.Digits ? Amount : json.AccountRow[Name];
};
export type Accounts = Omit<InMemory<json.Accounts>, 'rows'> & { rows: AccountRow[] };
export type Report = Omit<InMemory<json.Report>, 'parameters' | 'facts' | 'checks' | 'accounts' | 'report'> & {
  report: json.Report['report'];
  parameters: Values;
  facts: Fact[];
  checks: Check[];
  accounts: Accounts;
};

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
  /** The core has defaults for the others. */
  parameters: Partial<Values> & { workers: number };
  environment: Omit<ReportEnvironment, 'ledgerlab' | 'target'>;
}

/** The number of a prepared run, and where its counters are. */
export interface Prepared {
  run: number;
  counters: { pointer: number; words: number };
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
