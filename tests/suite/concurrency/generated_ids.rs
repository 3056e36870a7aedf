//! Ids that the book has made for plain transfers, named again by writers that are behind in time.

use super::{CORRECT, assert_sound, attempt, book_under};
use crate::common::{account, pay, transfer};
use ledgerlab::book::{BookError, Interrupt, Writer};
use ledgerlab::model::{CreateTransferStatus as T, Transfer, TransferFlags as F};

/// The id of the last attempt of a writer, which was a plain transfer.
fn last_id(writer: &Writer, number: usize) -> u128 {
    let recorded = writer.book().trail().in_order().filter(|one| one.writer == number).last();
    recorded.expect("it has written").entry.id
}

/// What is said of a plain transfer by a writer that touches none of its accounts comes after it all the same. Once it
/// came before, because only accounts and ids that were brought told their last timestamp: the referee did not know the
/// transfer yet.
#[test]
fn a_plain_transfer_comes_before_what_is_said_of_it() {
    for strategy in CORRECT {
        let accounts = [1, 2, 3, 4].map(account);
        let (book, mut writers, _) = book_under(strategy, 2, &accounts);
        writers[1].set_time(1_000_000).expect("there is room");
        pay(&mut writers[1], 1, 2, 5);
        let id = last_id(&writers[1], 1);
        let flags = F::POST_PENDING_TRANSFER;
        let post = Transfer { id: 77, pending_id: id, flags, ..Transfer::default() };
        let other = Transfer { id, ..transfer(3, 4, 5) };
        for (asked, status) in [
            (other, T::ExistsWithDifferentDebitAccountId),
            (post, T::PendingTransferNotPending),
            (Transfer { id, ..transfer(1, 2, 5) }, T::Exists),
        ] {
            let outcomes = writers[0].create_transfers(&[attempt(asked)], &Interrupt::never());
            assert_eq!(outcomes.expect("there is room")[0].status, status, "{strategy:?}");
            assert_sound(&book, &format!("{strategy:?}, {status}"));
        }
    }
}

/// A plain transfer that is still to come cannot be posted: whether it is there would depend on who is first, and neither
/// would leave a mark for the other.
#[test]
fn a_plain_transfer_that_is_to_come_cannot_be_named() {
    for strategy in CORRECT {
        let (book, mut writers, _) = book_under(strategy, 2, &[account(1), account(2)]);
        pay(&mut writers[1], 1, 2, 5);
        // The place is a part of the id, so the next one can be guessed.
        let next = last_id(&writers[1], 1) + (1 << 34);
        let flags = F::VOID_PENDING_TRANSFER;
        let void = Transfer { id: 77, pending_id: next, flags, ..Transfer::default() };
        let early = writers[0].create_transfers(&[attempt(void)], &Interrupt::never());
        assert_eq!(early, Err(BookError::IdReserved { id: next }), "{strategy:?}");
        pay(&mut writers[1], 1, 2, 6);
        assert_eq!(last_id(&writers[1], 1), next);
        let outcomes = writers[0].create_transfers(&[attempt(void)], &Interrupt::never());
        let status = outcomes.expect("there is room")[0].status;
        assert_eq!(status, T::PendingTransferNotPending, "{strategy:?}");
        assert_sound(&book, &format!("{strategy:?}"));
    }
}

/// An id that another book has made names a place in that book's trail. Brought to the same place of this one it is still
/// one that was brought: its second attempt is refused, and the referee knows why.
#[test]
fn an_id_of_another_book_is_not_one_of_this() {
    let (book, mut writers, _) = book_under(CORRECT[0], 1, &[account(1), account(2)]);
    let never = Interrupt::never();
    pay(&mut writers[0], 1, 2, 5);
    // Of the third place of the first writer's trail, by another seed.
    let id = last_id(&writers[0], 0) + (2 << 34) + 1;
    let one = attempt(Transfer { id, ..transfer(1, 2, 5) });
    for status in [T::Created, T::Exists, T::Exists] {
        let outcomes = writers[0].create_transfers(&[one], &never).expect("there is room");
        assert_eq!(outcomes[0].status, status);
    }
    assert_sound(&book, "an id of another book");
}
