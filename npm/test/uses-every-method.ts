/** A consumer compiles this with `tsc --strict`: every method of both ledgers, and their results. */
import {
  Ledger,
  LedgerArgumentError,
  LedgerBrokenError,
  LedgerClosedError,
  LedgerError,
  LedgerRefusedError,
  LedgerStartError,
  LedgerSync,
  TransferBatch,
  type Account,
  type Balances,
  type Created,
  type Health,
  type HistoryRow,
  type NewTransfer,
  type OpenOptions,
  type Receipt,
  type Report,
  type Scenario,
  type SharedLedger,
  type Snapshot,
  type TrailEntry,
  type Transfer,
  type TransferResults,
  type VerifyResult,
} from 'ledgerlab';
import { LedgerSync as FromSync } from 'ledgerlab/sync';

const options: OpenOptions = {
  workers: 2,
  http: true,
  path: 'folder',
  opfs: 'name',
  durable: false,
  accounts: { till: 5n },
  users: [{ name: 'root', token: 'secret', role: 'operator', coins: 1 }],
  accountsMax: 1000,
  trailBytes: 1n << 24n,
  wasmUrl: (file) => `/assets/${file}`,
  workerUrl: new URL('https://example.org/worker.js'),
  module: new WebAssembly.Module(new Uint8Array()),
  signal: AbortSignal.timeout(1000),
};

export async function promised(): Promise<void> {
  const ledger: Ledger = await Ledger.open(options);
  const threads: [number, boolean, boolean] = [ledger.workers, ledger.threaded, ledger.http];
  await ledger.sync();
  const { signal } = new AbortController();
  const id: bigint = await ledger.openAccount('carol', { coins: 1n, signal });
  const same: bigint = await ledger.accountId('carol');
  const balance: bigint = await ledger.balance('carol', { signal });
  const receipt: Receipt = await ledger.transfer({ from: 'till', to: 'carol', amount: 1n });
  const from: bigint | undefined = receipt.fromBalance;
  await ledger.deposit({ to: 'carol', amount: 1 });
  await ledger.withdraw({ from: 'carol', amount: 1 });
  const rows: HistoryRow[] = await ledger.history({ name: 'carol', limit: 1 });
  const created: Created[] = await ledger.createAccounts([{ id: 'new', ledger: 1, code: 1, flags: ['history'] }]);
  const transfer: NewTransfer = { id: 9n, debitAccountId: id, creditAccountId: same, amount: balance, flags: ['pending'] };
  await ledger.createTransfers([transfer]);
  const batch = new TransferBatch(1).add({ debitAccountId: 1, creditAccountId: 2, amount: 3, ledger: 1, code: 1 }).clear();
  const results: TransferResults = await ledger.createTransferBatch(batch);
  for (const { status, timestamp } of results) void [status, timestamp];
  const found: [number, number, string, bigint] = [results.length, results.created, results.status(0), results.timestamp(0)];
  const accounts: Account[] = await ledger.lookupAccounts([id]);
  const transfers: Transfer[] = await ledger.lookupTransfers([9n]);
  await ledger.getAccountTransfers({ accountId: id, flags: ['debits', 'reversed'], limit: 10 });
  const balances: Balances[] = await ledger.getAccountBalances({ accountId: id });
  await ledger.queryAccounts({ ledger: 1 });
  await ledger.queryTransfers({ code: 1, flags: ['reversed'], timestampMin: 1n });
  const snapshot: Snapshot = await ledger.snapshot();
  const result: VerifyResult = await ledger.verify();
  const health: Health = await ledger.health();
  for await (const entry of ledger.trail({ kind: 'transfer', reversed: true })) use(entry);
  const scenarios: Scenario[] = await ledger.scenarios();
  const report: Report = await ledger.run('hft', { workers: 1, onProgress: ({ operations }) => use(operations), signal });
  const response: Response = await ledger.handle(new Request('http://ledger/v1/me'));
  await ledger.close();
  await ledger[Symbol.asyncDispose]();
  use(threads, from, rows, created, found, accounts, transfers, balances, snapshot, result, health, scenarios, report, response);
}

export function direct(): void {
  const ledger: LedgerSync = FromSync.open({ workers: 2 });
  const shared: SharedLedger = ledger.share();
  const joined = LedgerSync.join(shared);
  const id: bigint = ledger.openAccount('carol', { coins: 1n });
  const receipt: Receipt = ledger.transfer({ from: 'carol', to: 'till', amount: 1n });
  const created: Created[] = ledger.createAccounts([{ id, ledger: 1, code: 1 }]);
  ledger.createTransfers([{ id: 'new', pendingId: 1n, flags: ['void_pending_transfer'] }]);
  const results: TransferResults = ledger.createTransferBatch(new Uint8Array(128));
  use(ledger.accountId('carol'), ledger.balance('carol'), ledger.deposit({ to: 'carol', amount: 1 }));
  use(ledger.withdraw({ from: 'carol', amount: 1 }), ledger.history(), ledger.lookupAccounts([1]));
  use(ledger.lookupTransfers([1n]), ledger.getAccountTransfers({ accountId: 1 }), ledger.getAccountBalances({ accountId: 1 }));
  use(ledger.queryAccounts({}), ledger.queryTransfers({}), ledger.snapshot(), ledger.verify(), ledger.health());
  for (const entry of ledger.trail()) use(entry.status);
  use(ledger.scenarios(), ledger.run('hft').passed, ledger.handle(new Request('http://ledger/')), receipt, created, results);
  joined.close();
  ledger[Symbol.dispose]();
}

export function reason(error: unknown): string {
  if (error instanceof LedgerRefusedError && error.code === 'insufficient_funds') return 'poor';
  if (error instanceof LedgerArgumentError) return `${error.field ?? ''} ${error.limit ?? 0n}`;
  if (error instanceof LedgerStartError || error instanceof LedgerBrokenError || error instanceof LedgerClosedError) {
    return error.message;
  }
  return error instanceof LedgerError ? error.code : 'other';
}

function use(...values: (TrailEntry | unknown)[]): void {
  void values;
}
