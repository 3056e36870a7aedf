//! One round of the bare loop and one of the ledger, under the same load.

use std::hint::black_box;
use std::sync::Arc;

use ledgerlab::ledger::{BATCH_MAX, Cancellation, Ledger, LedgerConfig, TransferOutcome, Writer};
use ledgerlab::model::{
    Account, AccountFlags, CreateAccountStatus, CreateTransferStatus, Transfer,
};

use super::bare::BareLoop;
use super::host::{Body, Host, timed};
use super::load::{BATCH, Load, Move, Moves};

/// The initial coins of each account, enough for all transfers.
const INITIAL_COINS: u64 = 1 << 40;

/// Returns transfers per second of the bare loop. The memory of its records is mapped before it
/// starts, like the ledger's trail.
pub(crate) async fn ceiling<H: Host>(host: &H, load: Load) -> f64 {
    let bare = Arc::new(BareLoop::new(load.accounts(), INITIAL_COINS));
    let body = |thread: usize| -> Body {
        let bare = Arc::clone(&bare);
        let mut records = vec![[1_u64; 8]; load.transfers as usize];
        Box::new(move || {
            let mut moves = Moves::new(load.pattern, thread);
            let mut batch = [Move::default(); BATCH];
            for records in records.chunks_mut(BATCH) {
                batch.fill_with(|| moves.draw());
                for (&Move { debit, credit, amount }, record) in batch.iter().zip(records) {
                    bare.transfer(debit, credit, amount, record);
                }
            }
            Box::new(black_box(records))
        })
    };
    let seconds = timed(host, (0..load.threads).map(body).collect()).await;
    load.transfers_in_all() as f64 / seconds
}

/// Returns transfers per second of a ledger with its full trail and generated ids.
pub(crate) async fn ledger<H: Host>(host: &H, load: Load) -> f64 {
    let (_ledger, writers) = open(load.threads, load.accounts(), load.transfers);
    let seconds = timed(host, writers_at_work(writers, load)).await;
    load.transfers_in_all() as f64 / seconds
}

/// Returns the work of each writer under a load.
pub(crate) fn writers_at_work(writers: Vec<Writer>, load: Load) -> Vec<Body> {
    let body = |(thread, mut writer): (usize, Writer)| -> Body {
        Box::new(move || {
            let mut attempts = Attempts::default();
            let mut moves = Moves::new(load.pattern, thread);
            for _ in 0..load.transfers / BATCH as u64 {
                attempts.draw(&mut moves);
                attempts.make(&mut writer);
            }
            Box::new(writer)
        })
    };
    writers.into_iter().enumerate().map(body).collect()
}

/// A batch of transfers for the ledger.
pub(crate) struct Attempts(pub(crate) Vec<Transfer>);

impl Default for Attempts {
    fn default() -> Self {
        Self(vec![Transfer::new(0, 0, 0); BATCH])
    }
}

impl Attempts {
    #[inline]
    pub(crate) fn draw(&mut self, moves: &mut Moves) {
        for transfer in &mut self.0 {
            let Move { debit, credit, amount } = moves.draw();
            transfer.debit_account_id = id_of(debit);
            transfer.credit_account_id = id_of(credit);
            transfer.amount = amount.into();
        }
    }

    /// Attempts the transfers of the batch one by one.
    #[inline]
    pub(crate) fn make(&mut self, writer: &mut Writer) {
        let on_result = |outcome: TransferOutcome| {
            debug_assert_eq!(outcome.status, CreateTransferStatus::Created);
            black_box(outcome);
        };
        writer
            .create_each(&self.0, &Cancellation::never(), on_result)
            .expect("the trail has memory");
    }
}

/// Returns the id of the account of this number.
pub(crate) fn id_of(number: u64) -> u128 {
    1 + u128::from(number)
}

/// Returns a ledger of limited accounts with coins, and writers with reserved memory for
/// `transfers` transfers each.
pub(crate) fn open(writers: usize, accounts: u64, transfers: u64) -> (Arc<Ledger>, Vec<Writer>) {
    let (ledger, mut writers) = open_unreserved(writers, accounts, transfers);
    for writer in &mut writers {
        writer.reserve(transfers).expect("the trail is large enough");
    }
    (ledger, writers)
}

/// As [`open`], without reserving memory.
pub(crate) fn open_unreserved(
    writers: usize,
    accounts: u64,
    transfers: u64,
) -> (Arc<Ledger>, Vec<Writer>) {
    // Each account has an entry, an extension and the entry of its coins.
    let entries = 4 * accounts + writers as u64 * (transfers + 8_192) + 16_384;
    let config = LedgerConfig {
        writers: writers + 1,
        accounts_max: accounts + 1,
        trail_bytes: 128 * entries,
        ..LedgerConfig::default()
    };
    let (ledger, mut writers) =
        Ledger::with_writers(&config).expect("the configuration is within its bounds");
    let mut setup = writers.pop().expect("the ledger has one writer more");
    fill(&mut setup, accounts);
    (ledger, writers)
}

fn fill(setup: &mut Writer, accounts: u64) {
    let world = id_of(accounts);
    setup.create_account(&Account::new(world, 1, 1)).expect("the trail has memory");
    let limited = |&id: &u128| {
        Account::new(id, 1, 1).with_flags(AccountFlags::DEBITS_MUST_NOT_EXCEED_CREDITS)
    };
    let ids: Vec<u128> = (0..accounts).map(id_of).collect();
    for ids in ids.chunks(BATCH_MAX) {
        let batch: Vec<_> = ids.iter().map(limited).collect();
        let outcomes = setup.create_accounts(&batch).expect("the trail has memory");
        assert!(outcomes.iter().all(|outcome| outcome.status == CreateAccountStatus::Created));
    }
    for id in ids {
        let coins = Transfer::new(world, id, INITIAL_COINS.into());
        let outcome = setup.create_transfer(&coins).expect("the trail has memory");
        assert_eq!(outcome.status, CreateTransferStatus::Created);
    }
}
