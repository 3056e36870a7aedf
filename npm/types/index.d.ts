/// <reference lib="esnext.disposable" />

/**
 * An exact, concurrent, audited double-entry ledger.
 *
 * Amounts, ids and timestamps are bigints. Timestamps are nanoseconds since 1970. A ledger is in memory, and is lost when it is
 * closed, unless it was opened with `path` or `opfs`. Every argument that is a bigint may also be a whole number up to 2^53 - 1.
 */

/** A bigint, or a whole number up to 2^53 - 1. */
export type Whole = bigint | number;

/** An id: a whole number, or a string with its decimal digits or with a UUID. Results contain ids as bigints. */
export type Id = Whole | string;

/** An address. A function is called with the name of each file. */
export type Address = string | URL | ((file: LedgerFile) => string | URL);

/** The files that a ledger may fetch. */
export type LedgerFile =
  | 'ledgerlab.wasm'
  | 'ledgerlab-threaded.wasm'
  | 'laboratory.wasm'
  | 'laboratory-threaded.wasm'
  | 'worker.js'
  | 'laboratory-worker.js'
  | 'store-worker.js';

/** A user who may send HTTP requests. The user's account is opened with the ledger. */
export interface User {
  /** 1 to 64 ASCII letters, digits, `_`, `.` or `-`; also the name of the account. */
  name: string;
  /** The secret in the user's requests. Only its hash is stored. */
  token: string;
  /** The permissions: `user` (the default) moves the user's own coins, `auditor` reads everything, `operator` does everything. */
  role?: 'user' | 'auditor' | 'operator';
  /** The opening balance, 0 (the default) to 2^63 - 1. */
  coins?: Whole;
}

export interface OpenOptions {
  /**
   * In Node, the folder in which the ledger is kept. It is created if there is none. The ledger needs `workers`, and does not
   * answer HTTP. A call resolves when its entries are on the disk.
   */
  path?: string;
  /**
   * In browsers, the name of the ledger in the site's origin private file system, in which it is kept: 1 to 64 letters, digits,
   * `_`, `.` or `-`. The page must be cross-origin isolated, because the ledger needs `workers`. It does not answer HTTP.
   */
  opfs?: string;
  /**
   * Whether calls of a kept ledger resolve only when their entries are on the disk. The default is true. With false they resolve
   * at once, and `sync` waits for the disk.
   */
  durable?: boolean;
  /**
   * The number of threads, 1 to 64, or 0 for the module without threads. The default is the number of processors, but at most
   * 4, if threads can share memory: always in Node, and in browsers on pages that are cross-origin isolated. Otherwise it is
   * 0.
   */
  workers?: Whole;
  /** Whether the ledger answers HTTP requests with `handle`. This needs a module of more than twice the size. */
  http?: boolean;
  /**
   * Named accounts to open, and their opening balances, 0 to 2^63 - 1. Without accounts and users the ledger is empty. A kept
   * ledger opens those that it does not have yet.
   */
  accounts?: Record<string, Whole>;
  /** The users whose requests `handle` answers. */
  users?: User[];
  /** The maximum number of accounts. The default is 2^20. */
  accountsMax?: Whole;
  /**
   * Memory for the trail in bytes, from 512 KiB for each worker to 3 GiB. The default is 256 MiB. It is allocated as it is used:
   * 128 or 256 bytes for each attempt. When it is full, attempts are rejected with the code `trail_full`.
   */
  trailBytes?: Whole;
  /** The address of the `.wasm` files, if they are not in the folder of the code. */
  wasmUrl?: Address;
  /** The address of the workers' scripts, if they are not in the folder of the code. */
  workerUrl?: Address;
  /**
   * The compiled `WebAssembly.Module`, where it cannot be fetched or compiled, as in Cloudflare Workers. It must be that of the file that the
   * options need: `ledgerlab.wasm`, with threads `ledgerlab-threaded.wasm`, and with `http: true` those of the laboratory. A
   * module without threads makes 0 the default of `workers`.
   */
  module?: object;
  /** Aborts the opening. */
  signal?: AbortSignal;
}

export interface CallOptions {
  /**
   * Aborts the call unless a worker has begun it. An aborted call has no effect and rejects with the signal's reason.
   */
  signal?: AbortSignal;
}

/** The result of a movement of coins. */
export interface Receipt {
  /** The id of the transfer. */
  id: bigint;
  timestamp: bigint;
  /** The sender's balance right after; absent for a deposit. */
  fromBalance?: bigint;
  /** The recipient's balance right after; absent for a withdrawal. */
  toBalance?: bigint;
}

/** A deposit, a withdrawal or a transfer between named accounts, and its result. */
export interface HistoryRow {
  id: bigint;
  kind: 'DEPOSIT' | 'WITHDRAWAL' | 'TRANSFER';
  /** The sender: `@world` for a deposit; null if the given name is not a valid one. */
  from: string | null;
  /** The recipient: `@world` for a withdrawal; null if the given name is not a valid one. */
  to: string | null;
  amount: bigint;
  timestamp: bigint;
  /** `SUCCESS`, or `FAILED_` and the reason. */
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

/** Data of the caller, for queries. */
export interface UserData {
  /** 128 bits. */
  userData128?: Whole;
  /** 64 bits. */
  userData64?: Whole;
  /** 32 bits. */
  userData32?: Whole;
}

/** The amounts of an account. */
interface Amounts {
  debitsPending: bigint;
  debitsPosted: bigint;
  creditsPending: bigint;
  creditsPosted: bigint;
}

/** An account to be created. Its amounts and `reserved` must be 0. */
export interface NewAccount extends UserData, Partial<Record<keyof Amounts | 'reserved', Whole>> {
  /** Neither 0 nor 2^128 - 1. With `'new'` the ledger chooses one. */
  id: Id | 'new';
  /** The currency, 1 to 2^32 - 1. Transfers stay within one. */
  ledger: Whole;
  /** The kind of account in the caller's numbering, 1 to 2^16 - 1. */
  code: Whole;
  /** A list of names, or the number of the wire format. */
  flags?: AccountFlag[] | number;
  /** Only for imported accounts: the time of its creation. */
  timestamp?: Whole;
}

/** An account with its balances. */
export interface Account extends Amounts {
  id: bigint;
  userData128: bigint;
  userData64: bigint;
  userData32: number;
  reserved: number;
  ledger: number;
  code: number;
  flags: AccountFlag[];
  timestamp: bigint;
  /** The number of changes so far. */
  version: bigint;
}

/** A transfer to be attempted. */
export interface NewTransfer extends UserData {
  /** Neither 0 nor 2^128 - 1. With `'new'` the ledger chooses one. An id can be used once, so a retry has no further effect. */
  id: Id | 'new';
  debitAccountId?: Id;
  creditAccountId?: Id;
  /** In the smallest unit of the currency, 0 to 2^128 - 1. */
  amount?: Whole;
  /** The pending transfer to post or void. */
  pendingId?: Id;
  /** The seconds after which a pending transfer expires; 0 for never. */
  timeout?: Whole;
  /** The ledger of both accounts. */
  ledger?: Whole;
  /** The kind of transfer in the caller's numbering, 1 to 2^16 - 1. */
  code?: Whole;
  /** A list of names, or the number of the wire format. */
  flags?: TransferFlag[] | number;
  /** Only for imported transfers: the time of the transfer. */
  timestamp?: Whole;
  /** The version that the debit account must have. */
  expectedDebitVersion?: Whole;
  /** The version that the credit account must have. */
  expectedCreditVersion?: Whole;
}

/** A transfer that was created. */
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

/** The result of one event of a batch. */
export interface Created {
  /** `created`, or the reason for the rejection: `exists`, `exceeds_credits`, `debit_account_not_found`, … */
  status: string;
  /** The time of the creation or of the attempt. */
  timestamp: bigint;
  /** Its id, if the ledger chose it. */
  id?: bigint;
}

/** The amounts of an account at one time. */
export interface Balances extends Amounts {
  timestamp: bigint;
}

interface Period {
  /** The first timestamp; 0 for no bound. */
  timestampMin?: Whole;
  /** The last timestamp; 0 for no bound. */
  timestampMax?: Whole;
}

interface Query extends UserData, Period {
  code?: Whole;
  /** The maximum number of results, 1 to 8189 (the default). */
  limit?: Whole;
}

export interface AccountFilter extends Query {
  accountId: Id;
  /** The sides of the account; `reversed` for the latest first. */
  flags?: ('debits' | 'credits' | 'reversed')[] | number;
}

export interface QueryFilter extends Query {
  ledger?: Whole;
  /** `reversed` for the latest first. */
  flags?: 'reversed'[] | number;
}

export interface TrailFilter extends Period {
  /** Attempts that affect this account. */
  accountId?: Id;
  /** Attempts with this id of an account or a transfer. */
  id?: Id;
  /** Attempts with this status. */
  status?: string;
  kind?: 'account' | 'transfer' | 'expiry';
  /** Attempts by this worker, from 0. */
  writer?: Whole;
  /** Only entries after the entry with this timestamp. */
  after?: Whole;
  /** The entries of one page, 1 to 8189. The default is 1000. The iterator fetches all pages. */
  limit?: Whole;
  /** The latest first. */
  reversed?: boolean;
}

/** The fields of an entry that some kinds of attempts lack. */
type EntryFields = Partial<Omit<Transfer, 'id' | 'pendingId' | 'flags' | 'timestamp'>>;

/** An attempt, accepted or rejected. Its fields are named like those of accounts and transfers. */
export interface TrailEntry extends EntryFields {
  writer: number;
  /** Its position in its writer's part of the trail. */
  position: bigint;
  kind: 'account' | 'transfer' | 'expiry';
  status: string;
  timestamp: bigint;
  id: bigint;
  /** The version of the debit account after it. */
  debitVersion?: bigint;
  /** The version of the credit account after it. */
  creditVersion?: bigint;
  flags?: (AccountFlag | TransferFlag)[];
  /** Flags about its position in its batch. */
  entryFlags?: string[];
  /** The fields of its extension, if it has one. */
  extension?: Record<string, unknown>;
}

/** Every account at one moment. The sums of all debits and of all credits are equal. */
export interface Snapshot {
  timestamp: bigint;
  accounts: (Amounts & {
    id: bigint;
    /** Null if the account has none. */
    name: string | null;
    version: bigint;
  })[];
}

/** The result of a serial replay of the trail. */
export interface VerifyResult {
  /** Whether the replay ends with exactly the same balances and statuses. */
  identical: boolean;
  /** The number of entries that were replayed. */
  entries: bigint;
  /** The first difference as a sentence. */
  divergence?: string;
  /** The BLAKE3 hash of the trail in hexadecimal digits. */
  trailHash: string;
}

export type HealthStatus = 'healthy' | 'degraded' | 'unhealthy';

/** The health of the ledger, with the values and limits that determine it. */
export interface Health {
  status: HealthStatus;
  message: string;
  uptimeNs: bigint;
  operations: bigint;
  /** Their figures are bigints. */
  components: Record<
    'accounts' | 'trail' | 'latches' | 'replay' | 'store',
    { status: HealthStatus; message: string; [figure: string]: unknown }
  >;
}

/** A scenario that `run` takes. */
export interface Scenario {
  name: string;
  title: string;
  description: string;
  parameters: { name: string; [detail: string]: unknown }[];
  presets: { name: string; title: string; description: string; [detail: string]: unknown }[];
  [detail: string]: unknown;
}

/** The progress of a run, all workers together. */
export interface RunProgress {
  operations: bigint;
  attempts: bigint;
  accepted: bigint;
  refused: bigint;
}

export interface RunOptions {
  /** The number of threads, at most that of the ledger (the default). */
  workers?: Whole;
  /** The name of a preset. The default is the scenario's first. */
  preset?: string;
  /** Values that replace the preset's. */
  parameters?: Record<string, Whole | string>;
  /** Called ten times a second during the run. */
  onProgress?: (progress: RunProgress) => void;
  /** Aborts the run, which rejects with the signal's reason. */
  signal?: AbortSignal;
}

/** A whole number in decimal digits. `BigInt(digits)` is exact. */
export type Digits = `${bigint}`;

/**
 * The report of a run, as in its JSON: the fields are those of `docs/report.schema.json`, and numbers of 64 and
 * 128 bits are digits, so it can be saved and opened elsewhere.
 */
export interface Report {
  passed: boolean;
  trail_hash: string;
  checks: { name: string; passed: boolean; [detail: string]: unknown }[];
  totals: { operations: Digits; attempts: Digits; accepted: Digits; refused: Digits; [figure: string]: Digits | Record<string, Digits> };
  [detail: string]: unknown;
}

/** A transfer of a batch. Absent fields are 0. With an id of 0 the ledger chooses one. */
export interface BatchedTransfer extends Omit<NewTransfer, 'id' | 'expectedDebitVersion' | 'expectedCreditVersion'> {
  id?: Id;
}

/**
 * Transfers that are attempted together, as bytes: 128 for each, little-endian, in the layout of TigerBeetle's `Transfer`. A
 * batch can be cleared and filled again.
 */
export declare class TransferBatch {
  /** @param capacity the maximum number of transfers, 1 to 8189 (the default) */
  constructor(capacity?: number);
  /** The number of transfers. */
  readonly length: number;
  readonly capacity: number;
  /** The bytes of the transfers that were added. They change with the batch. */
  readonly bytes: Uint8Array;
  /** @throws {LedgerArgumentError} when the batch is full or a field is invalid; the transfer was not added then. */
  add(transfer: BatchedTransfer): this;
  clear(): this;
}

/** The results of a batch in order, 16 bytes for each transfer. */
export declare class TransferResults implements Iterable<Created> {
  private constructor();
  readonly length: number;
  /** The number of transfers that were created. */
  readonly created: number;
  /** For each transfer its timestamp in 8 bytes, the number of its status in 4, and 4 zero bytes; little-endian. */
  readonly bytes: Uint8Array;
  /** `created`, or the reason for the rejection. */
  status(position: number): string;
  timestamp(position: number): bigint;
  [Symbol.iterator](): Iterator<Created>;
}

/** The calls of a ledger. `Ledger` returns promises of their results, `LedgerSync` the results themselves. */
interface Calls {
  /**
   * Opens a named account and returns its id.
   * @throws {LedgerRefusedError} `bad_name`, `holder_exists`, `accounts_full`, `trail_full`
   */
  openAccount(name: string, options?: CallOptions & { coins?: Whole }): bigint;
  /**
   * Returns the id of a named account, for the calls of the model.
   * @throws {LedgerRefusedError} `holder_not_found`
   */
  accountId(name: string, options?: CallOptions): bigint;
  /**
   * Returns the coins of a named account.
   * @throws {LedgerRefusedError} `holder_not_found`
   */
  balance(name: string, options?: CallOptions): bigint;
  /**
   * Moves coins from one named account to another.
   * @throws {LedgerRefusedError} `insufficient_funds`, `sender_not_found`, `recipient_not_found`, `accounts_must_be_different`,
   * `amount_must_be_positive`, `balance_too_large`, `trail_full`
   */
  transfer(what: { from: string; to: string; amount: Whole }, options?: CallOptions): Receipt;
  /**
   * Adds coins to a named account, which come from `@world`.
   * @throws {LedgerRefusedError} as `transfer`
   */
  deposit(what: { to: string; amount: Whole }, options?: CallOptions): Receipt;
  /**
   * Takes coins from a named account, which go to `@world`.
   * @throws {LedgerRefusedError} as `transfer`
   */
  withdraw(what: { from: string; amount: Whole }, options?: CallOptions): Receipt;
  /** Returns the latest movements of one named account or of all, the latest first. `limit` is 1 to 10000; the default is 100. */
  history(what?: { name?: string; limit?: Whole }, options?: CallOptions): HistoryRow[];

  /** Creates up to 8189 accounts in order and returns the result of each. */
  createAccounts(accounts: NewAccount[], options?: CallOptions): Created[];
  /** Attempts up to 8189 transfers in order and returns the result of each. Linked ones succeed or fail together. */
  createTransfers(transfers: NewTransfer[], options?: CallOptions): Created[];
  /**
   * Attempts the transfers of a batch, which is sent as one array. Bytes must have the layout of `TransferBatch`.
   * They are copied, so the batch can be filled again at once.
   */
  createTransferBatch(batch: TransferBatch | Uint8Array, options?: CallOptions): TransferResults;
  /** Returns those of the accounts that exist, in order. */
  lookupAccounts(ids: Id[], options?: CallOptions): Account[];
  /** Returns those of the transfers that exist, in order. */
  lookupTransfers(ids: Id[], options?: CallOptions): Transfer[];
  /** Returns transfers of an account. */
  getAccountTransfers(filter: AccountFilter, options?: CallOptions): Transfer[];
  /** Returns the past balances of an account that was created with the flag `history`. */
  getAccountBalances(filter: AccountFilter, options?: CallOptions): Balances[];
  queryAccounts(filter: QueryFilter, options?: CallOptions): Account[];
  queryTransfers(filter: QueryFilter, options?: CallOptions): Transfer[];

  /** Returns every account at one moment. Writers are not blocked. */
  snapshot(options?: CallOptions): Snapshot;
  /** Replays the trail serially and compares the result with the ledger. Writers wait meanwhile. */
  verify(options?: CallOptions): VerifyResult;
  health(options?: CallOptions): Health;
  /** Returns the scenarios that `run` takes. */
  scenarios(): Scenario[];
  /** Runs a scenario on a ledger of its own, checks the result, and returns the report. */
  run(scenario: string, options?: RunOptions): Report;
}

type Promised<T> = {
  [Name in keyof T]: T[Name] extends (...parameters: infer P) => infer R ? (...parameters: P) => Promise<R> : never;
};

/** A ledger in workers. Its calls return promises, and the calling thread never waits. */
export interface Ledger extends Promised<Calls>, AsyncDisposable {}
export declare class Ledger {
  private constructor();
  /**
   * Opens a ledger.
   * @throws {LedgerStartError} within 10 seconds, with a message that explains the remedy
   * @throws {LedgerArgumentError} with the option as its `field`
   */
  static open(options?: OpenOptions): Promise<Ledger>;
  /** The number of threads; 0 for the module without threads, which runs in one worker. */
  readonly workers: number;
  readonly threaded: boolean;
  readonly http: boolean;
  /** Returns every attempt in order of timestamps, fetched page by page. */
  trail(filter?: TrailFilter, options?: CallOptions): AsyncGenerator<TrailEntry, void, undefined>;
  /**
   * Answers a request as the server does.
   * @throws {LedgerArgumentError} `no_http`, unless it was opened with `http: true`
   */
  handle(request: Request): Promise<Response>;
  /**
   * Waits until everything that was decided before is on the disk. Resolves at once if the ledger is not kept.
   * @throws {LedgerError} `outcome_unknown`
   */
  sync(): Promise<void>;
  /**
   * Ends the workers and frees their memory. Pending calls reject with `LedgerClosedError`. A kept ledger completes them before,
   * writes what is left, and frees its files.
   * @throws {LedgerRefusedError} `store_failed` when not everything is on the disk
   */
  close(): Promise<void>;
}

/**
 * A ledger in the calling thread, whose calls return directly. It works in Node and in workers. Browsers import it from
 * `ledgerlab/sync`, so that other pages do not fetch it; Node imports it from there or from `ledgerlab`.
 */
export interface LedgerSync extends Calls, Disposable {}
export declare class LedgerSync {
  private constructor();
  /**
   * Opens a ledger in this thread. `workers` is the number of threads that may use it, this one included. The default is 0: the
   * module without threads, for this thread alone.
   * @throws {LedgerStartError} `window_thread` in a browser's window, which must not wait
   */
  static open(options?: OpenOptions): LedgerSync;
  /** Joins a ledger that another thread shares. */
  static join(shared: SharedLedger): LedgerSync;
  readonly workers: number;
  readonly threaded: boolean;
  readonly http: boolean;
  /**
   * Returns an object with which another thread joins the ledger. `postMessage` can send it.
   * @throws {LedgerArgumentError} `not_shared`, unless it was opened with `workers`
   */
  share(): SharedLedger;
  trail(filter?: TrailFilter): Generator<TrailEntry, void, undefined>;
  handle(request: Request): Promise<Response>;
  /** Closes the ledger and frees its memory. In a thread that has joined, it frees only that thread's stack. */
  close(): void;
}

/** The argument of `LedgerSync.join`. */
export interface SharedLedger {
  readonly module: object;
  readonly memory: object;
  readonly [part: string]: unknown;
}

/**
 * The base class of all errors. Only `outcome_unknown` has no class of its own: the disk failed or was full before the call's
 * entries were on it, so they may be there when the ledger is opened again. Look them up then.
 */
export declare class LedgerError extends Error {
  protected constructor();
  /** The kind of error, in snake case. */
  readonly code: string;
  /** The invalid argument or option, for example `transfers[2].amount`. */
  readonly field?: string;
  /** The limit that was exceeded. */
  readonly limit?: bigint;
  /** The reason, without the advice that some messages add. */
  readonly reason?: string;
  /** The index of the worker that failed. */
  readonly worker?: number;
}
/**
 * An argument is invalid, so the ledger was not called: `bad_argument`, `out_of_range`, `missing_field`, `unknown_field`,
 * `batch_too_large`, `unreadable_argument`, `no_http`, `not_shared`, `wrong_module`.
 */
export declare class LedgerArgumentError extends LedgerError {}
/**
 * The ledger rejected the call: `insufficient_funds`, `holder_not_found`, `trail_full`, … A kept ledger takes no attempts while the
 * disk has no space (`store_no_space`) and after its disk has failed (`store_failed`).
 */
export declare class LedgerRefusedError extends LedgerError {}
/**
 * The ledger could not be opened. The message explains the remedy: `module_not_loaded`, `module_not_compiled`, `wrong_module`,
 * `wrong_type`, `worker_failed`, `no_address`, `no_workers`, `no_memory`, `not_isolated`, `window_thread`, `timeout`; of a kept
 * ledger `no_store`, `store_in_use`, `store_damaged`, `store_no_space`, `store_failed`, `store_version`, `not_a_store`, `trail_full`.
 */
export declare class LedgerStartError extends LedgerError {}
/**
 * The ledger's code has failed, so its memory cannot be trusted. Open another ledger: `broken`, or `no_memory`, whose `limit` is
 * the `trailBytes` that fit.
 */
export declare class LedgerBrokenError extends LedgerError {}
/** The ledger was closed. */
export declare class LedgerClosedError extends LedgerError {}
