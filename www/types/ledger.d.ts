/** What the ledger of a run returns: its accounts, its trail, and samples of it. Names follow its JSON. */
import type { AccountRow, Amount, Divergence } from './report.d.ts';

/** Inspects the ledger of one run. `rows` is the handle of an open list of trail entries that match a filter. */
export interface Reader {
  /** Returns the accounts that the run begins with. */
  accountLayout(): Promise<AccountLayout>;
  sampleLedger(cells_max: number): Promise<LedgerSample>;
  findAccounts(query: AccountQuery): Promise<AccountPage>;
  balanceDistribution(bars: number): Promise<BalanceDistribution>;
  accountHistory(id: Amount, points_max: number): Promise<AccountHistory>;
  /** Returns where a run that was checked differs from a serial one; null if it does not. */
  divergence(): Promise<Divergence | null>;
  /** Returns the handle of the rows. */
  openRows(filter: TrailFilter): Promise<number>;
  /** Finds up to `more` further rows. */
  findRows(rows: number, more: number): Promise<RowsFound>;
  /** Returns at most 4,096 rows as lines of JSON, or as CSV, which has a heading before row 0. */
  readRows(rows: number, first: number, limit: number, format: 'ndjson' | 'csv'): Promise<string>;
  /** Returns the index of the first row at or past a timestamp, in the order of the list. */
  rowAt(rows: number, timestamp: Amount): Promise<number>;
  closeRows(rows: number): Promise<void>;
  sealTrail(progress: (records: number) => void): Promise<TrailSeal>;
  /** Compares the trail with its seal and returns the first difference, or null. */
  verifyTrail(seal: number, progress: (records: number) => void): Promise<string | null>;
  /** The same for a copy in which the entry at this position of a writer's segment is altered. */
  verifyChangedTrail(
    seal: number,
    writer: number,
    position: number,
    progress: (records: number) => void,
  ): Promise<string | null>;
  /** Transfers coins between two accounts. Those of `@world` issue and take back coins. */
  transferManually(debit: Amount, credit: Amount, amount: number): Promise<ManualTransferResult>;
  /** Replays the trail again and returns where it differs, or null. */
  replayAgain(): Promise<Divergence | null>;
}

/** What was found in a ledger that was opened from its files. */
export interface OpenedLedgerSummary {
  entries: number;
  accounts: number;
  /** Blocks of the log, all of them whole. */
  blocks: number;
  /** Whether it was closed after its last commit. */
  was_closed: boolean;
  /** What follows the last whole commit, which was never acknowledged; null if nothing does. */
  torn: string | null;
  /** Whether debits equal credits, posted and pending, in each ledger code. */
  conserved: boolean;
  trail_hash: string;
  /** Where it differs from a serial run; null if it does not. */
  divergence: Divergence | null;
}

/** One role of accounts in a run. */
export interface Role {
  name: string;
  count: number;
  /** Coins that each account gets at the start. */
  coins: number;
  /** Whether the role's account has no number in its name when it is the only one. */
  alone: boolean;
}

/** All accounts of a run: those of `@world`, then role after role. An id is the index plus 1. */
export interface AccountLayout {
  worlds: number;
  roles: Role[];
}

/** The accounts whose latches a worker holds, and the one it is waiting for, by index. Known only under `unordered-locks`. */
export interface LatchWait {
  /** Counted from 1. */
  worker: number;
  holds: number[];
  wants: number | null;
}

/** The latency of operations since the previous sample. */
export interface IntervalLatency {
  count: number;
  p50_ns: number;
  p99_ns: number;
  p999_ns: number;
  max_ns: number;
}

/** A ledger at one moment, while workers may write to it. */
export interface LedgerSample {
  timestamp: Amount;
  /** Coins in all accounts except `@world`. */
  held: Amount;
  /** Coins that `@world` has issued. */
  issued: Amount;
  /** Held less issued. Any value other than 0 means that money was created or lost. */
  difference: Amount;
  /** Coins held by pending transfers, of all accounts. */
  pending: Amount;
  /** Accounts opened so far. */
  accounts: number;
  /** Neighbouring accounts in each cell: 1, unless there are more accounts than cells. */
  accounts_each: number;
  /** Coins in each cell, below zero for `@world`. */
  balances: Float64Array;
  /** Coins of each cell that pending transfers hold. */
  held_pending: Float64Array;
  /** Changes of the accounts of each cell so far. */
  changes: Float64Array;
  waiting: LatchWait[];
  latency: IntervalLatency;
}

export type AccountOrder = 'place' | 'name' | 'balance' | 'pending' | 'changes';

export interface AccountQuery {
  /** A part of a name, or an id; empty for all accounts. */
  text: string;
  order: AccountOrder;
  descending: boolean;
  /** The first row, from 0, and the number of rows. */
  first: number;
  limit: number;
}

export interface AccountDetails extends AccountRow {
  /** Posted credits less posted debits. */
  balance: Amount;
  /** Changes of the account so far. */
  changes: Amount;
}

export interface AccountPage {
  /** The number of matching accounts. */
  found: number;
  rows: AccountDetails[];
}

/** The distribution of the balances of all accounts except `@world`. */
export interface BalanceDistribution {
  accounts: number;
  minimum: Amount;
  median: Amount;
  maximum: Amount;
  /** Bars of equal width from minimum to maximum, each with its upper bound. */
  bars: { up_to: Amount; accounts: number }[];
}

/** The balance of one account after each transfer, thinned out if there are many. */
export interface AccountHistory {
  transfers: number;
  timestamps: Amount[];
  balances: Amount[];
  pending: Amount[];
}

/** Selects entries of the trail. A missing field selects all. */
export interface TrailFilter {
  account_id?: Amount;
  id?: Amount;
  status?: string;
  kind?: 'account' | 'transfer' | 'expiry';
  /** 0 for the setup and manual transfers, the worker's number for the others. */
  writer?: number;
  timestamp_min?: Amount;
  timestamp_max?: Amount;
  /** Newest first. */
  reversed?: boolean;
}

/** An entry of the trail, as a line of its export has it. Ids and large numbers are text. */
export type TrailEntry = Record<string, unknown> & {
  writer: number;
  position: Amount;
  kind: 'account' | 'transfer' | 'expiry' | 'extension';
  status: string;
  timestamp: Amount;
  id: string;
};

/** The rows under a filter that were found so far. */
export interface RowsFound {
  count: number;
  complete: boolean;
}

/** A seal of the run's trail. */
export interface TrailSeal {
  seal: number;
  trail_hash: string;
  records: number;
}

export interface ManualTransferResult {
  status: string;
  timestamp: Amount;
}
