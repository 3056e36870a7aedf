//! References to generated ids of plain transfers, by writers that are behind in time.

use super::{CORRECT, assert_verified, attempt, ledger_under};
use crate::common::{account, pay, transfer};
use ledgerlab::ledger::{Cancellation, LedgerError, Writer};
use ledgerlab::model::{CreateTransferStatus as T, Transfer, TransferFlags as F};

/// Returns the id of a writer's last attempt, which was a plain transfer.
fn last_id(writer: &Writer, number: usize) -> u128 {
    let recorded = writer.ledger().trail().in_order().filter(|one| one.writer == number).last();
    recorded.expect("it has written").entry.id
}

/// A reference to a plain transfer must be ordered after it, even from a writer that shares no
/// account with it. Regression: it was ordered before it, because only accounts and caller-supplied
/// ids propagated timestamps, and replay did not know the transfer yet.
#[test]
fn transfer_precedes_references_to_it() {
    for protocol in CORRECT {
        let accounts = [1, 2, 3, 4].map(account);
        let (ledger, mut writers, _) = ledger_under(protocol, 2, &accounts);
        writers[1].set_time(1_000_000).expect("the trail has room");
        pay(&mut writers[1], 1, 2, 5);
        let id = last_id(&writers[1], 1);
        let flags = F::POST_PENDING_TRANSFER;
        let post = Transfer { id: 77, pending_id: id, flags, ..Transfer::default() };
        let other = Transfer { id, ..transfer(3, 4, 5) };
        for (requested, status) in [
            (other, T::ExistsWithDifferentDebitAccountId),
            (post, T::PendingTransferNotPending),
            (Transfer { id, ..transfer(1, 2, 5) }, T::Exists),
        ] {
            let outcomes =
                writers[0].create_transfers_with(&[attempt(requested)], &Cancellation::never());
            assert_eq!(outcomes.expect("the trail has room")[0].status, status, "{protocol:?}");
            assert_verified(&ledger, &format!("{protocol:?}, {status}"));
        }
    }
}

/// A plain transfer of the future cannot be posted: whether it exists would depend on a race that
/// leaves no trace.
#[test]
fn future_generated_id_cannot_be_referenced() {
    for protocol in CORRECT {
        let (ledger, mut writers, _) = ledger_under(protocol, 2, &[account(1), account(2)]);
        pay(&mut writers[1], 1, 2, 5);
        // The position is part of the id, so the next id can be predicted.
        let next = last_id(&writers[1], 1) + (1 << 34);
        let flags = F::VOID_PENDING_TRANSFER;
        let void = Transfer { id: 77, pending_id: next, flags, ..Transfer::default() };
        let early = writers[0].create_transfers_with(&[attempt(void)], &Cancellation::never());
        assert_eq!(early, Err(LedgerError::IdReserved { id: next }), "{protocol:?}");
        pay(&mut writers[1], 1, 2, 6);
        assert_eq!(last_id(&writers[1], 1), next);
        let outcomes = writers[0].create_transfers_with(&[attempt(void)], &Cancellation::never());
        let status = outcomes.expect("the trail has room")[0].status;
        assert_eq!(status, T::PendingTransferNotPending, "{protocol:?}");
        assert_verified(&ledger, &format!("{protocol:?}"));
    }
}

/// A generated id of another ledger names a position in that ledger's trail. At the same position
/// here it counts as caller-supplied: the second attempt is rejected, and replay agrees.
#[test]
fn generated_id_of_another_ledger_is_unknown() {
    let (ledger, mut writers, _) = ledger_under(CORRECT[0], 1, &[account(1), account(2)]);
    let never = Cancellation::never();
    pay(&mut writers[0], 1, 2, 5);
    // The third position of the first writer's trail, with another seed.
    let id = last_id(&writers[0], 0) + (2 << 34) + 1;
    let one = attempt(Transfer { id, ..transfer(1, 2, 5) });
    for status in [T::Created, T::Exists, T::Exists] {
        let outcomes =
            writers[0].create_transfers_with(&[one], &never).expect("the trail has room");
        assert_eq!(outcomes[0].status, status);
    }
    assert_verified(&ledger, "an id of another ledger");
}
