//! Every concurrency control protocol under workloads of many shapes. The correct ones equal a
//! serial run; the two incorrect ones fail as documented.

mod batches;
mod cancellation;
mod generated_ids;
mod incorrect_protocols;
mod readers;
mod serializability;
mod workloads;

use std::sync::mpsc::{RecvTimeoutError, channel};
use std::sync::{Arc, Barrier};
use std::time::Duration;

use crate::common::open;
use ledgerlab::ledger::{Ledger, LedgerConfig, Writer};
use ledgerlab::model::{Account, CreateTransferStatus, Transfer, TransferAttempt};
use ledgerlab::scenarios::{Protocol, open_ledger};
use ledgerlab::trail::{Divergence, EntryKind, replay};

/// The correct protocols.
const CORRECT: [Protocol; 3] = [Protocol::OrderedLocks, Protocol::GlobalLock, Protocol::Optimistic];

/// The protocols whose executed transfers are always correct.
const NEVER_LOSING: [Protocol; 4] =
    [Protocol::OrderedLocks, Protocol::GlobalLock, Protocol::Optimistic, Protocol::UnorderedLocks];

/// Opens a ledger under a protocol with these accounts. Returns a writer per thread, and one for
/// setup.
fn ledger_under(
    protocol: Protocol,
    threads: usize,
    accounts: &[Account],
) -> (Arc<Ledger>, Vec<Writer>, Writer) {
    let config =
        LedgerConfig { writers: threads + 1, trail_bytes: 1 << 30, ..LedgerConfig::default() };
    let (ledger, mut writers) = open_ledger(&config, protocol).expect("the configuration is sound");
    let mut setup = writers.pop().expect("there is one more than threads");
    open(&mut setup, accounts);
    (ledger, writers, setup)
}

/// Runs `body` on all threads at once, each with its own writer.
fn all_at_once(writers: &mut [Writer], body: impl Fn(u64, &mut Writer) + Sync) {
    let barrier = Barrier::new(writers.len());
    std::thread::scope(|scope| {
        for (number, writer) in writers.iter_mut().enumerate() {
            let (barrier, body) = (&barrier, &body);
            scope.spawn(move || {
                barrier.wait();
                body(number as u64, writer);
            });
        }
    });
}

fn verify(ledger: &Ledger) -> Result<u64, Box<Divergence>> {
    replay::verify(ledger.trail(), ledger.accounts(), |_| {})
}

/// Checks an idle ledger: serial replay agrees, money is conserved and no limit is exceeded.
#[track_caller]
fn assert_verified(ledger: &Ledger, what: &str) {
    let result = verify(ledger).map_err(|divergence| divergence.to_string());
    assert_eq!(result, Ok(ledger.trail().entries()), "{what}");
    let mut sums = [0_u128; 4];
    for account in ledger.accounts() {
        assert!(account.is_within_limits(), "{what}: {account:?}");
        sums[0] += account.debits_pending;
        sums[1] += account.credits_pending;
        sums[2] += account.debits_posted;
        sums[3] += account.credits_posted;
    }
    assert_eq!((sums[0], sums[2]), (sums[1], sums[3]), "{what}: debits are not credits");
}

/// Returns the number of attempts in the trail. Expiry is not one.
fn attempts_in_trail(ledger: &Ledger) -> u64 {
    let entries = ledger.trail().in_order();
    entries.filter(|recorded| recorded.entry.kind != EntryKind::Expiry).count() as u64
}

/// Returns the number of entries with this status.
fn ended(ledger: &Ledger, status: CreateTransferStatus) -> u64 {
    let entries = ledger.trail().in_order();
    entries.filter(|one| one.entry.transfer_status() == Some(status)).count() as u64
}

fn attempt(transfer: Transfer) -> TransferAttempt {
    TransferAttempt { transfer, ..TransferAttempt::default() }
}

/// Runs `body` and returns its result. Panics if it takes so long that it must hang.
fn without_hanging<T: Send + 'static>(body: impl FnOnce() -> T + Send + 'static) -> T {
    let (done, wait) = channel();
    let thread = std::thread::spawn(move || {
        // The receiver is gone if `body` counted as hanging.
        let _ = done.send(body());
    });
    match wait.recv_timeout(Duration::from_secs(120)) {
        Ok(value) => value,
        Err(RecvTimeoutError::Timeout) => panic!("it hangs"),
        Err(RecvTimeoutError::Disconnected) => match thread.join() {
            Ok(()) => unreachable!("it has answered"),
            Err(reason) => std::panic::resume_unwind(reason),
        },
    }
}
