//! One round of the ceiling and one of the ledger, under the same load.

use std::hint::black_box;
use std::sync::Arc;

use ledgerlab::ledger::{BATCH_MAX, Cancellation, Ledger, LedgerConfig, TransferOutcome, Writer};
use ledgerlab::model::{
    Account, AccountFlags, CreateAccountStatus, CreateTransferStatus, Transfer,
};

use super::bare::BareLoop;
use super::host::{Body, Host, timed};
use super::load::{BATCH, Load, Move, Moves};

/// What everybody has at the beginning: so much that no check fails, and every check is made.
pub(crate) const COINS_AT_FIRST: u64 = 1 << 40;

/// Transfers per second of a bare loop. Its records are touched before, as the ledger's trail is.
pub(crate) async fn ceiling<H: Host>(host: &H, load: Load) -> f64 {
    let bare = Arc::new(BareLoop::new(load.accounts(), COINS_AT_FIRST));
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

/// Transfers per second of a ledger with its full trail, whose ids it makes itself.
pub(crate) async fn ledger<H: Host>(host: &H, load: Load) -> f64 {
    let (_ledger, writers) = open(load.threads, load.accounts(), load.transfers);
    let seconds = timed(host, writers_at_work(writers, load)).await;
    load.transfers_in_all() as f64 / seconds
}

/// What each of these writers does under a load.
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
        Self(vec![Transfer { ledger: 1, code: 1, ..Transfer::default() }; BATCH])
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

    /// Makes the attempts of the batch, each by itself, in the way that a host would.
    #[inline]
    pub(crate) fn make(&mut self, writer: &mut Writer) {
        let told = |outcome: TransferOutcome| {
            debug_assert_eq!(outcome.status, CreateTransferStatus::Created);
            black_box(outcome);
        };
        writer.create_each(&self.0, &Cancellation::never(), told).expect("there is room");
    }
}

/// The id that the account of this number has in a ledger.
pub(crate) fn id_of(number: u64) -> u128 {
    1 + u128::from(number)
}

/// A ledger of limited accounts with coins, and writers that have room for so many transfers each.
pub(crate) fn open(writers: usize, accounts: u64, transfers: u64) -> (Arc<Ledger>, Vec<Writer>) {
    let (ledger, mut writers) = open_without_room(writers, accounts, transfers);
    for writer in &mut writers {
        make_room(writer, transfers);
    }
    (ledger, writers)
}

/// The same, with a trail that may become large enough and has no memory yet.
pub(crate) fn open_without_room(
    writers: usize,
    accounts: u64,
    transfers: u64,
) -> (Arc<Ledger>, Vec<Writer>) {
    // RequestService account has its own entry, that entry's extension and the entry of its coins.
    let entries = 4 * accounts + writers as u64 * (transfers + 8_192) + 16_384;
    let config = LedgerConfig {
        writers: writers + 1,
        accounts_max: accounts + 1,
        trail_bytes: 128 * entries,
        ..LedgerConfig::default()
    };
    let (ledger, mut writers) =
        Ledger::with_writers(&config).expect("the configuration is in its bounds");
    let mut setup = writers.pop().expect("there is one more than asked for");
    fill(&mut setup, accounts);
    (ledger, writers)
}

/// Gets memory for so many entries and touches it, as the ceiling's records are touched before its rounds.
pub(crate) fn make_room(writer: &mut Writer, entries: u64) {
    writer.reserve(entries).expect("the trail is large enough");
}

fn fill(setup: &mut Writer, accounts: u64) {
    let world = id_of(accounts);
    let account = |id, flags| Account { id, ledger: 1, code: 1, flags, ..Account::default() };
    let limited = |number| account(id_of(number), AccountFlags::DEBITS_MUST_NOT_EXCEED_CREDITS);
    setup.create_account(&account(world, AccountFlags::empty())).expect("there is room");
    let numbers: Vec<u64> = (0..accounts).collect();
    for numbers in numbers.chunks(BATCH_MAX) {
        let batch: Vec<_> = numbers.iter().map(|&number| limited(number)).collect();
        let outcomes = setup.create_accounts(&batch).expect("there is room");
        assert!(outcomes.iter().all(|one| one.status == CreateAccountStatus::Created));
    }
    let cancellation = Cancellation::never();
    for number in 0..accounts {
        let coins = Transfer {
            debit_account_id: world,
            credit_account_id: id_of(number),
            amount: COINS_AT_FIRST.into(),
            ledger: 1,
            code: 1,
            ..Transfer::default()
        };
        let outcome = setup.create_transfer_with(&coins, &cancellation).expect("there is room");
        assert_eq!(outcome.status, CreateTransferStatus::Created);
    }
}
