/** What the ledger of a run returns: its accounts, its trail, and samples of it. Names follow its JSON. */
import type { AccountRow, Amount } from './report.d.ts';

/** One role of accounts in a run. */
export interface Role {
  name: string;
  count: number;
  /** Coins that each account gets at the start. */
  coins: number;
  /** Whether a single account of this role has no number in its name. */
  alone: boolean;
}

/** All accounts of a run: those of `@world`, then role after role. An id is the index plus 1. */
export interface AccountLayout {
  worlds: number;
  roles: Role[];
}

/** The accounts that a worker has latched and waits for, by index. Known for unordered locks only. */
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
  position: number;
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
