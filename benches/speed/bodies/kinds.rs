//! Kinds of transfers beside each other: ids of the ledger and of the caller, two-phase transfers, chains.

use std::hint::black_box;

use ledgerlab::ledger::{Cancellation, TransferOutcome, Writer};
use ledgerlab::model::{CreateTransferStatus, Transfer, TransferFlags};
use ledgerlab::scenarios::Random;

use super::host::{Body, Host, timed};
use super::load::{Load, Move, Moves, Pattern};
use super::rounds::{id_of, open_unreserved};

/// Transfers of a batch, as many as one of TigerBeetle's messages holds in pairs.
const BATCH: usize = 8_188;

const ACCOUNTS: u64 = 10_000;

/// A kind of transfer, as callers make them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Two accounts and an amount; the ledger makes the id.
    LedgerIds,
    /// The same with a random id of the caller's.
    CallerIds,
    /// A pending transfer and its post in turn.
    TwoPhase,
    /// Two linked transfers in turn.
    Linked,
}

pub(crate) const KINDS: [(&str, Kind); 4] = [
    ("ledger-ids", Kind::LedgerIds),
    ("caller-ids", Kind::CallerIds),
    ("two-phase", Kind::TwoPhase),
    ("linked", Kind::Linked),
];

/// Reports the transfers per second of each kind, on one thread and on two, and of callers' ids among
/// many accounts.
pub(crate) async fn measure<H: Host>(
    host: &H,
    transfers: u64,
    accounts_max: u64,
    report: &mut dyn FnMut(&str, f64),
) {
    let many = Pattern::Shared { accounts: accounts_max };
    for threads in 1..=2 {
        for (name, kind) in KINDS {
            let load = Load { pattern: Pattern::Shared { accounts: ACCOUNTS }, threads, transfers };
            report(&format!("kind/{name}/{threads}"), rate(host, load, kind).await);
        }
        let load = Load { pattern: many, threads, transfers };
        let figure = rate(host, load, Kind::CallerIds).await;
        report(&format!("kind/caller-ids-among-many/{threads}"), figure);
    }
}

async fn rate<H: Host>(host: &H, load: Load, kind: Kind) -> f64 {
    // A post has an extension, so two transfers have three records.
    let (_ledger, mut writers) =
        open_unreserved(load.threads, load.accounts(), load.transfers * 3 / 2 + BATCH as u64);
    let batches = load.transfers / BATCH as u64;
    for writer in &mut writers {
        writer.reserve(batches * BATCH as u64 * 3 / 2).expect("the trail is large enough");
    }
    let body = |(thread, mut writer): (usize, Writer)| -> Body {
        Box::new(move || {
            let mut batch = vec![Transfer::new(0, 0, 0); BATCH];
            let (mut moves, mut ids) =
                (Moves::new(load.pattern, thread), Random::new(2, thread as u64));
            for _ in 0..batches {
                fill(&mut batch, kind, &mut moves, &mut ids);
                make(&mut writer, &batch, kind);
            }
            Box::new(writer)
        })
    };
    let seconds = timed(host, writers.into_iter().enumerate().map(body).collect()).await;
    (load.threads as u64 * batches * BATCH as u64) as f64 / seconds
}

/// Fills a batch as its caller does, which is timed.
pub(crate) fn fill(batch: &mut [Transfer], kind: Kind, moves: &mut Moves, ids: &mut Random) {
    let mut draw = || {
        let Move { debit, credit, amount } = moves.draw();
        Transfer::new(id_of(debit), id_of(credit), amount.into())
    };
    let mut id = || 1 | u128::from(ids.below(u64::MAX)) << 64 | u128::from(ids.below(u64::MAX));
    for pair in batch.chunks_mut(2) {
        let [one, other] = pair else { unreachable!("a batch has whole pairs") };
        (*one, *other) = match kind {
            Kind::LedgerIds => (draw(), draw()),
            Kind::CallerIds => (draw().with_id(id()), draw().with_id(id())),
            Kind::Linked => (draw().with_id(id()).linked(), draw().with_id(id())),
            Kind::TwoPhase => {
                let pending = draw().with_id(id()).pending(0);
                let flags = TransferFlags::POST_PENDING_TRANSFER;
                let (amount, pending_id) = (u128::MAX, pending.id);
                let post = Transfer { id: id(), pending_id, amount, flags, ..Transfer::default() };
                (pending, post)
            }
        };
    }
}

pub(crate) fn make(writer: &mut Writer, batch: &[Transfer], kind: Kind) {
    let on_result = |outcome: TransferOutcome| {
        assert_eq!(outcome.status, CreateTransferStatus::Created);
        black_box(outcome);
    };
    let done = match kind {
        Kind::Linked => {
            writer.create_transfers(batch).map(|outcomes| outcomes.into_iter().for_each(on_result))
        }
        _ => writer.create_each(batch, &Cancellation::never(), on_result),
    };
    done.expect("the trail has memory");
}
