//! Whole ledgers under random schedules, each verified by serial replay: `RUSTFLAGS="--cfg shuttle"
//! cargo test --release --no-default-features --features laboratory --test shuttle --target-dir target/shuttle`.
//!
//! Loom tries every interleaving of a few steps; this samples interleavings of whole ledgers. The
//! requests of a thread are drawn from the schedule's random numbers, so a seed or a schedule
//! reproduces a failure. A failed test prints both. `SHUTTLE_RANDOM_SEED=<seed>` or
//! `SHUTTLE_SCHEDULE=<schedule>` with the test's name (`ordered_locks::chains`, for example) replays it.
#![cfg(shuttle)]

#[allow(unreachable_pub, missing_docs, reason = "it is shared with the native tests")]
#[path = "suite/common/trail_prefix.rs"]
mod trail_prefix;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use ledgerlab::ledger::{Cancellation, Ledger, LedgerConfig, Snapshot, Writer};
use ledgerlab::model::{Account, AccountFlags, CreateTransferStatus, ExpectedVersions};
use ledgerlab::model::{Transfer, TransferAttempt, TransferFlags as F};
use ledgerlab::scenarios::{Protocol, open_ledger};
use ledgerlab::trail::{CHUNK_ENTRIES, ENTRY_BYTES, EntryKind, replay};
use shuttle::rand::{Rng, thread_rng};
use shuttle::scheduler::{PctScheduler, RandomScheduler, Scheduler};
use shuttle::{Config, Runner, thread};

/// Threads of each schedule.
const THREADS: usize = 3;

/// Schedules of each test and scheduler.
const SCHEDULES: usize = 1_000;

/// The first seed, so that every run tries the same schedules.
const SEED: u64 = 20_261_125;

/// Accounts that exist from the beginning. One more is opened during the run.
const ACCOUNTS: u128 = 3;

/// The account that funds the others.
const WORLD: u128 = 99;

fn run(scheduler: impl Scheduler + 'static, body: impl Fn() + Send + Sync + 'static) {
    let mut config = Config::new();
    config.silence_warnings = true;
    config.stack_size = 1 << 18;
    Runner::new(scheduler, config).run(body);
}

/// Runs `body` under random schedules, and under schedules with few preemptions at critical points
/// (PCT).
fn explore(body: impl Fn() + Clone + Send + Sync + 'static) {
    if let Ok(schedule) = std::env::var("SHUTTLE_SCHEDULE") {
        return shuttle::replay(body, &schedule);
    }
    run(RandomScheduler::new_from_seed(SEED, SCHEDULES), body.clone());
    run(PctScheduler::new_from_seed(SEED, 4, SCHEDULES), body);
}

fn below(bound: u128) -> u128 {
    u128::from(thread_rng().gen_range(0..bound as u64))
}

fn account(id: u128) -> Account {
    let flags = AccountFlags::DEBITS_MUST_NOT_EXCEED_CREDITS;
    let flags = if id == WORLD { AccountFlags::empty() } else { flags };
    Account { id, flags, ledger: 1, code: 1, ..Account::default() }
}

fn transfer(debit_account_id: u128, credit_account_id: u128, amount: u128) -> Transfer {
    let plain = Transfer { ledger: 1, code: 1, ..Transfer::default() };
    Transfer { debit_account_id, credit_account_id, amount, ..plain }
}

/// Draws two accounts. Sometimes they are the same, or one does not exist yet.
fn any_transfer() -> Transfer {
    transfer(1 + below(ACCOUNTS + 1), 1 + below(ACCOUNTS + 1), 1 + below(8))
}

/// The work of one thread. Returns its number of attempts.
type Part = fn(u128, &mut Writer) -> u64;

fn try_one(writer: &mut Writer, transfer: &Transfer) -> u64 {
    writer.create_transfer(transfer).expect("the trail has room");
    1
}

fn try_batch(writer: &mut Writer, batch: &[TransferAttempt]) -> u64 {
    let outcomes =
        writer.create_transfers_with(batch, &Cancellation::never()).expect("the trail has room");
    outcomes.len() as u64
}

fn plain_transfers(_: u128, writer: &mut Writer) -> u64 {
    (0..3).map(|_| try_one(writer, &any_transfer())).sum()
}

fn chains(_: u128, writer: &mut Writer) -> u64 {
    let length = 2 + below(2);
    let chain = (0..length).map(|at| {
        let flags = if at + 1 < length { F::LINKED } else { F::empty() };
        let transfer = Transfer { id: writer.new_id(), flags, ..any_transfer() };
        TransferAttempt { transfer, ..TransferAttempt::default() }
    });
    let chain: Vec<_> = chain.collect();
    try_batch(writer, &chain) + try_one(writer, &any_transfer())
}

/// Threads post or void what any of them made pending; some transfers expire.
fn two_phases(number: u128, writer: &mut Writer) -> u64 {
    let timeout = below(2) as u32;
    let hold = Transfer { id: 1 + number, timeout, flags: F::PENDING, ..transfer(1, 2, 4) };
    let mut attempts = try_one(writer, &hold);
    for _ in 0..2 {
        let voids = below(2) == 0;
        let flags = if voids { F::VOID_PENDING_TRANSFER } else { F::POST_PENDING_TRANSFER };
        let (pending_id, amount) = (1 + below(3), if voids { 0 } else { below(5) });
        let resolve = Transfer { pending_id, flags, amount, ..Transfer::default() };
        attempts += try_one(writer, &resolve);
    }
    if below(2) == 0 {
        writer.set_time(writer.time() + 2_000_000_000).expect("the trail has room");
    }
    attempts + try_one(writer, &transfer(2, 1, 1))
}

/// All threads supply the same few ids; some are consumed by a rejection.
fn supplied_ids(_: u128, writer: &mut Writer) -> u64 {
    (0..3).map(|_| try_one(writer, &Transfer { id: 1 + below(2), ..any_transfer() })).sum()
}

/// An account is opened while others pay into it.
fn account_creation(number: u128, writer: &mut Writer) -> u64 {
    let new = ACCOUNTS + 1;
    let mut attempts = 0;
    if number < 2 {
        writer.create_account(&account(new)).expect("the trail has room");
        attempts += 1;
    }
    attempts += try_one(writer, &transfer(1, new, 1));
    let supplied = Transfer { id: 5, ..transfer(new, 1, 1) };
    attempts + try_one(writer, &supplied)
}

/// Of all threads that saw a version, one writes. Others refer to generated ids.
fn versions_and_generated_ids(number: u128, writer: &mut Writer) -> u64 {
    let ledger = Arc::clone(writer.ledger());
    let seen = ledger.account(1).expect("it is there").version;
    let versions = ExpectedVersions { debit: Some(seen), credit: None };
    let transfer = Transfer { id: 1 + number, ..transfer(1, 2, 1) };
    let attempts = try_batch(writer, &[TransferAttempt { transfer, versions }])
        + try_one(writer, &any_transfer());
    let plain = ledger.trail().in_order().filter(|one| one.is_plain()).last();
    let Some(id) = plain.map(|one| one.entry.id) else { return attempts };
    attempts + try_one(writer, &Transfer { id, ..any_transfer() })
}

/// Draws one of the other accounts.
fn everything(number: u128, writer: &mut Writer) -> u64 {
    let parts: [Part; 5] = [plain_transfers, chains, two_phases, supplied_ids, account_creation];
    let [one, other] = [(); 2].map(|()| parts[below(parts.len() as u128) as usize]);
    one(number, writer) + other(number, writer)
}

/// A ledger that all threads wrote at once, each running `part`.
struct Written {
    ledger: Arc<Ledger>,
    /// The number of attempts that the trail must have.
    attempts: u64,
    /// Snapshots taken during the run.
    snapshots: Vec<Snapshot>,
}

fn written(protocol: Protocol, part: Part) -> Written {
    let trail_bytes = 64 * CHUNK_ENTRIES * ENTRY_BYTES;
    let config =
        LedgerConfig { writers: THREADS, accounts_max: 16, trail_bytes, ..LedgerConfig::default() };
    let (ledger, mut writers) = open_ledger(&config, protocol).expect("the configuration is valid");
    let mut attempts = 0;
    for id in (1..=ACCOUNTS).chain([WORLD]) {
        writers[0].create_account(&account(id)).expect("the trail has room");
        attempts += 1;
    }
    for id in 1..=ACCOUNTS {
        attempts += try_one(&mut writers[0], &transfer(WORLD, id, 10));
    }
    let threads = writers
        .into_iter()
        .zip(0..)
        .map(|(mut writer, number)| thread::spawn(move || part(number, &mut writer)));
    let threads: Vec<_> = threads.collect();
    let snapshots = [(); 2].map(|()| ledger.snapshot()).to_vec();
    for thread in threads {
        attempts += thread.join().expect("it does not panic");
    }
    Written { ledger, attempts, snapshots }
}

fn verify(ledger: &Ledger) -> Result<u64, String> {
    let result = replay::verify(ledger.trail(), ledger.accounts(), |_| {});
    result.map_err(|divergence| divergence.to_string())
}

/// Checks what must hold after every schedule.
fn assert_consistent(Written { ledger, attempts, snapshots }: &Written) {
    let entries = ledger.trail().in_order();
    let recorded = entries.filter(|one| one.entry.kind != EntryKind::Expiry).count();
    assert_eq!(recorded as u64, *attempts, "an attempt has no entry, or more than one");
    verify(ledger).expect("the run is equal to a serial one");
    let mut balance = 0;
    for account in ledger.accounts() {
        assert!(account.is_within_limits(), "{account:?}");
        balance += account.balance().expect("it is small");
        assert!(account.id != WORLD || account.balance() == Some(-30), "{account:?}");
    }
    assert_eq!(balance, 0, "coins were lost or made");
    snapshots.iter().for_each(|snapshot| trail_prefix::verify(ledger, snapshot));
}

macro_rules! under_each {
    ($($name:ident: $protocol:ident),+) => {
        $(mod $name {
            use super::*;
            under_each!(@ $protocol: plain_transfers, chains, two_phases, supplied_ids, account_creation,
                versions_and_generated_ids, everything);
        })+
    };
    (@ $protocol:ident: $($part:ident),+) => {
        $(#[test]
        fn $part() {
            explore(|| {
                assert_consistent(&written(Protocol::$protocol, super::$part));
            });
        })+
    };
}

under_each!(ordered_locks: OrderedLocks, global_lock: GlobalLock, optimistic: Optimistic);

/// A single schedule may lose no update, so the test runs many.
#[test]
fn no_locks_fails_replay() {
    let found = Arc::new(AtomicU64::new(0));
    let counter = Arc::clone(&found);
    explore(move || {
        let Written { ledger, .. } = written(Protocol::NoLocks, |number, writer| {
            (0..2).map(|_| try_one(writer, &transfer(WORLD, 1 + number % 2, 1))).sum()
        });
        counter.fetch_add(u64::from(verify(&ledger).is_err()), Ordering::Relaxed);
    });
    let found = found.load(Ordering::Relaxed);
    println!("{found} of {} schedules lose an update", 2 * SCHEDULES);
    assert!(found > 0, "no schedule loses an update");
}

/// Some schedule aborts threads in a wait cycle; in every schedule the result is correct.
#[test]
fn unordered_locks_end_and_lose_no_update() {
    let late = Arc::new(AtomicU64::new(0));
    let counter = Arc::clone(&late);
    explore(move || {
        let written = written(Protocol::UnorderedLocks, |number, writer| {
            let ring = |number| 1 + number % ACCOUNTS;
            (0..2).map(|_| try_one(writer, &transfer(ring(number), ring(number + 1), 1))).sum()
        });
        assert_consistent(&written);
        let mut entries = written.ledger.trail().in_order();
        let status = Some(CreateTransferStatus::DeadlineExceeded);
        let is_late = entries.any(|one| one.entry.transfer_status() == status);
        counter.fetch_add(u64::from(is_late), Ordering::Relaxed);
    });
    let late = late.load(Ordering::Relaxed);
    println!("{late} of {} schedules have a wait cycle", 2 * SCHEDULES);
    assert!(late > 0, "no schedule has a wait cycle");
}
