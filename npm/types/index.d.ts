/// <reference lib="esnext.disposable" />

/**
 * An exact, concurrent, audited double-entry ledger.
 *
 * Amounts, ids and timestamps are bigints; timestamps and times are nanoseconds since 1970. Everything is in memory: it is
 * gone when the ledger is closed. Wherever a bigint goes in, a whole number of at most 2^53 - 1 does too.
 */

/** A bigint, or a whole number of at most 2^53 - 1. */
export type Whole = bigint | number;

/** An address given by hand. A function is asked for each file by its name. */
export type Address = string | URL | ((file: LedgerFile) => string | URL);

/** The files that a ledger may fetch. */
export type LedgerFile =
  | 'ledgerlab.wasm'
  | 'ledgerlab-threaded.wasm'
  | 'laboratory.wasm'
  | 'laboratory-threaded.wasm'
  | 'worker.js'
  | 'laboratory-worker.js';

/** One who may ask over HTTP. The user's account is opened with the ledger. */
export interface User {
  /** 1 to 64 ASCII letters, digits, `_`, `.` or `-`; also the name of the account. */
  name: string;
  /** The secret that requests carry. Only its hash is kept. */
  token: string;
  /** What the user may do: move the user's own money, read everything, or everything. `user` unless given. */
  role?: 'user' | 'auditor' | 'operator';
  /** Coins that the account begins with, 0 to 2^63 - 1. 0 unless given. */
  coins?: Whole;
}

export interface OpenOptions {
  /**
   * Threads that serve the ledger, 1 to 64; 0 for the module without threads. Unless given: as many as there are
   * processors, 4 at most, where threads can share memory (in Node always, in a browser on a page that is cross-origin
   * isolated), else 0.
   */
  workers?: Whole;
  /** Whether `handle` is wanted. It is part of a module of more than twice the size. */
  http?: boolean;
  /**
   * Accounts with names, and the coins that each begins with, 0 to 2^63 - 1. With neither `accounts` nor `users` the
   * ledger is that of the demonstration: `aaron` and `bryan` with 1000 coins each.
   */
  accounts?: Record<string, Whole>;
  /** Those who may ask by `handle`. */
  users?: User[];
  /** The most accounts. 2^20 unless given. */
  accountsMax?: Whole;
  /**
   * Memory for the trail in bytes, taken as it is used: 128 or 256 for each attempt, 512 KiB for each worker at least, 3 GiB at
   * most. 256 MiB unless given. When it is used up, attempts are refused with the code `trail_full`.
   */
  trailBytes?: Whole;
  /** Where the `.wasm` files are, if not beside the code. */
  wasmUrl?: Address;
  /** Where the workers' scripts are, if not beside the code. */
  workerUrl?: Address;
  /** Takes the opening back. */
  signal?: AbortSignal;
}

export interface CallOptions {
  /**
   * Takes the call back as long as no worker has begun it: then nothing has happened, and it rejects with the signal's reason. A
   * call that has begun is finished, and tells what became of it.
   */
  signal?: AbortSignal;
}

/** What a movement of coins has done. */
export interface Receipt {
  /** The transfer in the model. */
  id: bigint;
  /** When it was. */
  timestamp: bigint;
  /** What the sender has, as it was seen right after; absent for a deposit. */
  fromBalance?: bigint;
  /** What the recipient has, as it was seen right after; absent for a withdrawal. */
  toBalance?: bigint;
}

/** What became of a deposit, a withdrawal or a transfer by name. */
export interface HistoryRow {
  id: bigint;
  kind: 'DEPOSIT' | 'WITHDRAWAL' | 'TRANSFER';
  /** Whom the coins come from: `@world` for a deposit; null where nobody can have the name that was given. */
  from: string | null;
  /** Whom the coins go to: `@world` for a withdrawal; null where nobody can have the name that was given. */
  to: string | null;
  amount: bigint;
  timestamp: bigint;
  /** `SUCCESS`, or `FAILED_` and why. */
  status: string;
}

export type AccountFlag =
  | 'linked'
  | 'debits_must_not_exceed_credits'
  | 'credits_must_not_exceed_debits'
  | 'history'
  | 'imported'
  | 'closed';

export type TransferFlag =
  | 'linked'
  | 'pending'
  | 'post_pending_transfer'
  | 'void_pending_transfer'
  | 'balancing_debit'
  | 'balancing_credit'
  | 'closing_debit'
  | 'closing_credit'
  | 'imported';

/** The caller's own, to find things by. */
export interface UserData {
  /** 128 bits. */
  userData128?: Whole;
  /** 64 bits. */
  userData64?: Whole;
  /** 32 bits. */
  userData32?: Whole;
}

/** An account to be created. */
export interface NewAccount extends UserData {
  /** Neither 0 nor 2^128 - 1; `'new'` asks the ledger for one. */
  id: Whole | 'new';
  /** The currency, 1 to 2^32 - 1. Transfers stay within one. */
  ledger: Whole;
  /** The kind of account, in the caller's own numbering, 1 to 2^16 - 1. */
  code: Whole;
  /** Names, or the number of the wire format. */
  flags?: AccountFlag[] | number;
  /** Only for imported accounts: when it was created. */
  timestamp?: Whole;
  /** Must be 0. */
  debitsPending?: Whole;
  /** Must be 0. */
  debitsPosted?: Whole;
  /** Must be 0. */
  creditsPending?: Whole;
  /** Must be 0. */
  creditsPosted?: Whole;
  /** Must be 0. */
  reserved?: Whole;
}

/** An account as it is. */
export interface Account {
  id: bigint;
  debitsPending: bigint;
  debitsPosted: bigint;
  creditsPending: bigint;
  creditsPosted: bigint;
  userData128: bigint;
  userData64: bigint;
  userData32: number;
  reserved: number;
  ledger: number;
  code: number;
  flags: AccountFlag[];
  timestamp: bigint;
  /** How often it has changed. */
  version: bigint;
}

/** A transfer to be made. */
export interface NewTransfer extends UserData {
  /** Neither 0 nor 2^128 - 1; `'new'` asks the ledger for one. An id is used once, so that a retry moves nothing twice. */
  id: Whole | 'new';
  debitAccountId?: Whole;
  creditAccountId?: Whole;
  /** In the smallest unit of the currency, 0 to 2^128 - 1. */
  amount?: Whole;
  /** The pending transfer that this one posts or voids. */
  pendingId?: Whole;
  /** Seconds after which a pending transfer is void by itself; 0 for never. */
  timeout?: Whole;
  /** That of both accounts. */
  ledger?: Whole;
  /** The kind of transfer, in the caller's own numbering, 1 to 2^16 - 1. */
  code?: Whole;
  /** Names, or the number of the wire format. */
  flags?: TransferFlag[] | number;
  /** Only for imported transfers: when it was. */
  timestamp?: Whole;
  /** It is refused unless the debit account has changed exactly so often. */
  expectedDebitVersion?: Whole;
  /** It is refused unless the credit account has changed exactly so often. */
  expectedCreditVersion?: Whole;
}

/** A transfer as it was carried out. */
export interface Transfer {
  id: bigint;
  debitAccountId: bigint;
  creditAccountId: bigint;
  amount: bigint;
  pendingId: bigint;
  userData128: bigint;
  userData64: bigint;
  userData32: number;
  timeout: number;
  ledger: number;
  code: number;
  flags: TransferFlag[];
  timestamp: bigint;
}

/** What became of one event of a batch. */
export interface Created {
  /** `created`, or why not: `exists`, `exceeds_credits`, `debit_account_not_found`, … */
  status: string;
  /** When it was created, or attempted. */
  timestamp: bigint;
  /** Its id, where the event asked for one. */
  id?: bigint;
}

export interface Balances {
  debitsPending: bigint;
  debitsPosted: bigint;
  creditsPending: bigint;
  creditsPosted: bigint;
  timestamp: bigint;
}

interface Period {
  /** From this timestamp on; 0 for no bound. */
  timestampMin?: Whole;
  /** Up to this timestamp; 0 for no bound. */
  timestampMax?: Whole;
}

export interface AccountFilter extends UserData, Period {
  accountId: Whole;
  code?: Whole;
  /** The most results, 1 to 8189; 8189 unless given. */
  limit?: Whole;
  /** Which side of the account is meant; `reversed` for the latest first. */
  flags?: ('debits' | 'credits' | 'reversed')[] | number;
}

export interface QueryFilter extends UserData, Period {
  ledger?: Whole;
  code?: Whole;
  /** The most results, 1 to 8189; 8189 unless given. */
  limit?: Whole;
  /** `reversed` for the latest first. */
  flags?: 'reversed'[] | number;
}

export interface TrailFilter extends Period {
  /** Attempts that concern this account. */
  accountId?: Whole;
  /** Attempts of this id, an account's or a transfer's. */
  id?: Whole;
  /** Attempts that ended so, by name. */
  status?: string;
  kind?: 'account' | 'transfer' | 'expiry';
  /** Attempts by this worker, from 0. */
  writer?: Whole;
  /** Only entries after this timestamp, which is that of another entry. */
  after?: Whole;
  /** Entries that are fetched at once, 1 to 8189; 1000 unless given. The iterator goes on to the end all the same. */
  limit?: Whole;
  /** The latest first. */
  reversed?: boolean;
}

/** One attempt, accepted or not. What else it has depends on its kind, under the names of accounts and transfers. */
export interface TrailEntry {
  writer: number;
  /** Where it is in its writer's part of the trail. */
  place: number;
  kind: 'account' | 'transfer' | 'expiry';
  status: string;
  timestamp: bigint;
  id: bigint;
  debitAccountId?: bigint;
  creditAccountId?: bigint;
  amount?: bigint;
  /** How often the debit account had changed after it. */
  debitVersion?: bigint;
  /** How often the credit account had changed after it. */
  creditVersion?: bigint;
  userData128?: bigint;
  userData64?: bigint;
  userData32?: number;
  timeout?: number;
  ledger?: number;
  code?: number;
  flags?: (AccountFlag | TransferFlag)[];
  /** How it lies in its batch. */
  marks?: string[];
  /** Its rarer fields, where it has any. */
  extension?: Record<string, unknown>;
}

/** Every account at one moment: all debits together are all credits. */
export interface Snapshot {
  timestamp: bigint;
  accounts: {
    id: bigint;
    /** Where it has one. */
    name: string | null;
    debitsPending: bigint;
    debitsPosted: bigint;
    creditsPending: bigint;
    creditsPosted: bigint;
    version: bigint;
  }[];
}

/** What serial replay says, who replays the trail one attempt after the other. */
export interface Verdict {
  /** Whether the serial run says the same, to the last bit. */
  identical: boolean;
  /** Entries that were replayed. */
  entries: bigint;
  /** The first difference, in a sentence. */
  divergence?: string;
  /** BLAKE3 of the trail, in hexadecimal digits. */
  trailHash: string;
}

export type HealthStatus = 'healthy' | 'degraded' | 'unhealthy';

/** How the ledger is, and by which value and limit. */
export interface Health {
  status: HealthStatus;
  sentence: string;
  uptimeNs: number;
  operations: number;
  components: Record<
    'accounts' | 'trail' | 'latches' | 'replay' | 'store',
    { status: HealthStatus; sentence: string; [figure: string]: unknown }
  >;
}

/** A scenario that `run` takes. */
export interface Scenario {
  name: string;
  title: string;
  sentence: string;
  parameters: { name: string; [detail: string]: unknown }[];
  presets: { name: string; title: string; sentence: string; [detail: string]: unknown }[];
  [detail: string]: unknown;
}

/** How far a run is, all workers together. */
export interface RunProgress {
  operations: number;
  attempts: number;
  accepted: number;
  refused: number;
}

export interface RunOptions {
  /** Threads of the run, at most those of the ledger, which is what it has unless given. The run has a ledger of its own. */
  workers?: Whole;
  /** One of the scenario's presets; its first one unless given. */
  preset?: string;
  /** Values in place of the preset's. */
  parameters?: Record<string, Whole | string>;
  /** Called ten times a second while the run goes on. */
  onProgress?: (progress: RunProgress) => void;
  /** Ends the run, which rejects with the signal's reason. */
  signal?: AbortSignal;
}

/** What came of a run. Its fields are those of `docs/report.schema.json`. */
export interface Report {
  passed: boolean;
  trail_hash: string;
  checks: { name: string; passed: boolean; [detail: string]: unknown }[];
  totals: { operations: number; attempts: number; accepted: number; refused: number; [figure: string]: number };
  [detail: string]: unknown;
}

/** A transfer of a batch. Absent fields are 0; with an id of 0 the ledger gives it one. */
export interface BatchedTransfer extends Omit<NewTransfer, 'id' | 'expectedDebitVersion' | 'expectedCreditVersion'> {
  id?: Whole;
}

/**
 * Transfers that are attempted together, as the bytes that cross to the ledger: 128 for each, in the layout of TigerBeetle's
 * `Transfer`, little-endian. Fill it, hand it over, clear it, fill it again.
 */
export declare class TransferBatch {
  /** @param capacity the most transfers, 1 to 8189; 8189 unless given */
  constructor(capacity?: number);
  /** How many there are. */
  readonly length: number;
  readonly capacity: number;
  /** The bytes of what was added; they change with the batch. */
  readonly bytes: Uint8Array;
  /** @throws {LedgerArgumentError} when it is full, or a field is not as it must be; nothing was added then. */
  add(transfer: BatchedTransfer): this;
  clear(): this;
}

/** What became of the transfers of a batch, in order: 16 bytes for each. */
export declare class TransferResults implements Iterable<Created> {
  private constructor();
  readonly length: number;
  /** How many were created. */
  readonly created: number;
  /** For each: its timestamp in 8 bytes, the number of its status in 4, and 4 that are 0; little-endian. */
  readonly bytes: Uint8Array;
  /** `created`, or why not. */
  status(place: number): string;
  timestamp(place: number): bigint;
  [Symbol.iterator](): Iterator<Created>;
}

/** The calls of a ledger: each answers a promise of `Ledger`, and the value itself of `LedgerSync`. */
interface Calls {
  /**
   * Opens an account with a name, and answers its id.
   * @throws {LedgerRefusedError} `bad_name`, `holder_exists`, `accounts_full`, `trail_full`
   */
  openAccount(name: string, options?: CallOptions & { coins?: Whole }): bigint;
  /**
   * The id of the account with this name, for the calls of the model.
   * @throws {LedgerRefusedError} `holder_not_found`
   */
  accountId(name: string, options?: CallOptions): bigint;
  /**
   * Coins that somebody has.
   * @throws {LedgerRefusedError} `holder_not_found`
   */
  balance(name: string, options?: CallOptions): bigint;
  /**
   * Moves coins from one to another.
   * @throws {LedgerRefusedError} `insufficient_funds`, `sender_not_found`, `recipient_not_found`, `accounts_must_be_different`,
   * `amount_must_be_positive`, `balance_too_large`, `trail_full`
   */
  transfer(what: { from: string; to: string; amount: Whole }, options?: CallOptions): Receipt;
  /**
   * Gives somebody coins, which come from `@world`.
   * @throws {LedgerRefusedError} as `transfer`
   */
  deposit(what: { to: string; amount: Whole }, options?: CallOptions): Receipt;
  /**
   * Takes coins from somebody, back to `@world`.
   * @throws {LedgerRefusedError} as `transfer`
   */
  withdraw(what: { from: string; amount: Whole }, options?: CallOptions): Receipt;
  /** The latest movements by name, of one or of all, the latest first. `limit` is 1 to 10000, 100 unless given. */
  history(what?: { name?: string; limit?: Whole }, options?: CallOptions): HistoryRow[];

  /** Creates up to 8189 accounts, in order, and answers what became of each. */
  createAccounts(accounts: NewAccount[], options?: CallOptions): Created[];
  /** Attempts up to 8189 transfers, in order, and answers what became of each. Linked ones happen together or not at all. */
  createTransfers(transfers: NewTransfer[], options?: CallOptions): Created[];
  /**
   * Attempts the transfers of a batch, crossing to the ledger once; bytes must be in the layout of `TransferBatch`. They are
   * copied, so the batch can be filled again at once.
   */
  createTransferBatch(batch: TransferBatch | Uint8Array, options?: CallOptions): TransferResults;
  /** Those of these accounts that there are, in order. */
  lookupAccounts(ids: Whole[], options?: CallOptions): Account[];
  /** Those of these transfers that there are, in order. */
  lookupTransfers(ids: Whole[], options?: CallOptions): Transfer[];
  /** Transfers of one account. */
  getAccountTransfers(filter: AccountFilter, options?: CallOptions): Transfer[];
  /** Balances over time of one account that was created with `history`. */
  getAccountBalances(filter: AccountFilter, options?: CallOptions): Balances[];
  queryAccounts(filter: QueryFilter, options?: CallOptions): Account[];
  queryTransfers(filter: QueryFilter, options?: CallOptions): Transfer[];

  /** Every account at one moment, while others write. */
  snapshot(options?: CallOptions): Snapshot;
  /** Replays the trail and compares. Nobody writes meanwhile. */
  verify(options?: CallOptions): Verdict;
  health(options?: CallOptions): Health;
  /** The scenarios that `run` takes. */
  scenarios(): Scenario[];
  /** Puts a load on a ledger of its own, checks it, and reports. */
  run(scenario: string, options?: RunOptions): Report;
}

type Promised<T> = {
  [Name in keyof T]: T[Name] extends (...parameters: infer P) => infer R ? (...parameters: P) => Promise<R> : never;
};

/** A ledger whose answers are promises. It lives in workers: the thread that calls neither waits nor executes it. */
export interface Ledger extends Promised<Calls>, AsyncDisposable {}
export declare class Ledger {
  private constructor();
  /**
   * Opens a ledger.
   * @throws {LedgerStartError} within 10 seconds, with a sentence that says what to do
   * @throws {LedgerArgumentError} naming the option
   */
  static open(options?: OpenOptions): Promise<Ledger>;
  /** Threads that share the ledger; 0 where it is the module without threads, in one worker. */
  readonly workers: number;
  readonly threaded: boolean;
  readonly http: boolean;
  /** The record of every attempt, in order of timestamps, fetched page by page. */
  trail(filter?: TrailFilter, options?: CallOptions): AsyncGenerator<TrailEntry, void, undefined>;
  /**
   * Answers a request as the server does, by its path, its method and its `Authorization`.
   * @throws {LedgerArgumentError} `no_http`, unless it was opened with `http: true`
   */
  handle(request: Request): Promise<Response>;
  /** Ends the workers and frees their memory. What is under way rejects with `LedgerClosedError`. */
  close(): Promise<void>;
}

/**
 * A ledger in the calling thread, in Node or in a worker: the same calls, with direct returns. In a browser it is imported from
 * `ledgerlab/sync`, so that pages that do not use it do not fetch it; in Node from there or from `ledgerlab`.
 */
export interface LedgerSync extends Calls, Disposable {}
export declare class LedgerSync {
  private constructor();
  /**
   * Opens a ledger in this thread. `workers` is the number of threads that may use it at once, this one included; unless given
   * there is only this one, and the module is the one without threads.
   * @throws {LedgerStartError} `window_thread` on a browser's window, where nothing may wait
   */
  static open(options?: OpenOptions): LedgerSync;
  /** Joins a ledger that another thread has shared. */
  static join(shared: SharedLedger): LedgerSync;
  readonly workers: number;
  readonly threaded: boolean;
  readonly http: boolean;
  /**
   * What another thread joins the ledger with; send it by `postMessage`.
   * @throws {LedgerArgumentError} `not_shared`, unless it was opened with `workers`
   */
  share(): SharedLedger;
  trail(filter?: TrailFilter): Generator<TrailEntry, void, undefined>;
  handle(request: Request): Promise<Response>;
  /** Gives its memory back. Where it has joined, only what it has itself. */
  close(): void;
}

/** A ledger on its way to another thread. */
export interface SharedLedger {
  readonly module: object;
  readonly memory: object;
  readonly [part: string]: unknown;
}

/** Whatever goes wrong. */
export declare class LedgerError extends Error {
  protected constructor();
  /** A name for programs, in snake case. */
  readonly code: string;
  /** What it is about, for example `transfers[2].amount`. */
  readonly field?: string;
  /** The limit that was passed. */
  readonly limit?: bigint;
}
/**
 * An argument that no ledger takes; nothing was asked of it: `bad_argument`, `out_of_range`, `missing_field`, `unknown_field`,
 * `batch_too_large`, `unreadable_argument`, `no_http`, `not_shared`.
 */
export declare class LedgerArgumentError extends LedgerError {}
/** The ledger said no: `insufficient_funds`, `holder_not_found`, `trail_full`, … */
export declare class LedgerRefusedError extends LedgerError {}
/** It could not be opened. The sentence says what to do. */
export declare class LedgerStartError extends LedgerError {}
/** Its code has failed, so its memory is not to be trusted any more. Open another one. */
export declare class LedgerBrokenError extends LedgerError {}
/** It was closed. */
export declare class LedgerClosedError extends LedgerError {}
