//! One row per status of a transfer.

use super::stateful_statuses::{rows_of_batches, rows_of_what_came_before};
use super::*;
use std::cell::Cell;

/// Rows about transfers that depend on no earlier event.
fn rows_of_transfers_alone() -> Vec<Row<T, TransferAttempt>> {
    let five = pay(9, 1, 2, 5);
    let posts = post(9, 8, 5);
    let plain = |status, words, transfer| row(status, words, nothing, attempt(transfer));
    let later: fn(&mut Bank) = |bank| bank.subject.set_time(1_000);
    let dated =
        |status, words, timestamp| row(status, words, later, attempt(imported(timestamp, five)));
    let to = |status, words, from, to| plain(status, words, pay(9, from, to, 5));
    vec![
        plain(T::Created, "a payment", five),
        plain(T::Created, "a payment of nothing", pay(9, 1, 2, 0)),
        plain(T::Created, "a payment of all there is", pay(9, 1, 2, MAX)),
        plain(T::TimestampMustBeZero, "with a time of its own", Transfer { timestamp: 1, ..five }),
        dated(T::Created, "from the past", 500),
        dated(T::ImportedEventTimestampOutOfRange, "from no time at all", 0),
        dated(T::ImportedEventTimestampOutOfRange, "after the end of time", 1 << 63),
        dated(T::ImportedEventTimestampMustNotAdvance, "from this moment", 1_001),
        plain(T::ReservedFlag, "a flag that is not there", with(F::from_bits_retain(1 << 9), five)),
        plain(T::IdMustNotBeZero, "without an id", pay(0, 1, 2, 5)),
        plain(T::IdMustNotBeIntMax, "of the greatest id", pay(MAX, 1, 2, 5)),
        plain(
            T::FlagsAreMutuallyExclusive,
            "both posted and voided",
            with(F::VOID_PENDING_TRANSFER, posts),
        ),
        plain(T::FlagsAreMutuallyExclusive, "posted and held", with(F::PENDING, posts)),
        plain(T::FlagsAreMutuallyExclusive, "posted to balance", with(F::BALANCING_DEBIT, posts)),
        plain(T::FlagsAreMutuallyExclusive, "posted to close", with(F::CLOSING_CREDIT, posts)),
        to(T::DebitAccountIdMustNotBeZero, "from 0", 0, 2),
        to(T::DebitAccountIdMustNotBeIntMax, "from the greatest id", MAX, 2),
        to(T::CreditAccountIdMustNotBeZero, "to 0", 1, 0),
        to(T::CreditAccountIdMustNotBeIntMax, "to the greatest id", 1, MAX),
        to(T::AccountsMustBeDifferent, "to oneself", 1, 1),
        to(T::AccountsMustBeDifferent, "from a missing account to itself", 99, 99),
        plain(T::PendingIdMustBeZero, "a payment of a hold", Transfer { pending_id: 8, ..five }),
        plain(T::PendingIdMustNotBeZero, "a post of nothing", post(9, 0, 5)),
        plain(T::PendingIdMustNotBeIntMax, "a post of the greatest id", post(9, MAX, 5)),
        plain(T::PendingIdMustBeDifferent, "a post of itself", post(9, 9, 5)),
        plain(
            T::TimeoutReservedForPendingTransfer,
            "a payment that expires",
            Transfer { timeout: 1, ..five },
        ),
        plain(
            T::TimeoutReservedForPendingTransfer,
            "a post that expires",
            Transfer { timeout: 1, ..posts },
        ),
        plain(T::ClosingTransferMustBePending, "closing at once", with(F::CLOSING_DEBIT, five)),
        plain(T::LedgerMustNotBeZero, "of no currency", Transfer { ledger: 0, ..five }),
        plain(T::CodeMustNotBeZero, "of no kind", Transfer { code: 0, ..five }),
        to(T::DebitAccountNotFound, "from a missing account", 99, 2),
        to(T::DebitAccountNotFound, "between missing accounts", 99, 98),
        to(T::CreditAccountNotFound, "to a missing account", 1, 99),
        to(T::AccountsMustHaveTheSameLedger, "from one currency to another", 1, 6),
        plain(
            T::TransferMustHaveTheSameLedgerAsAccounts,
            "of a third currency",
            Transfer { ledger: 3, ..five },
        ),
        plain(T::PendingTransferNotFound, "a post of what is not there", posts),
        row(
            T::OverflowsTimeout,
            "a hold beyond the end of time",
            |bank| bank.subject.set_time(TIMESTAMP_MAX - 10 * SECOND),
            attempt(Transfer { timeout: 10, ..hold(9, 1, 2, 5) }),
        ),
        row(
            T::Created,
            "a hold to the end of time",
            |bank| bank.subject.set_time(TIMESTAMP_MAX - 10 * SECOND - 1),
            attempt(Transfer { timeout: 10, ..hold(9, 1, 2, 5) }),
        ),
        to(T::ExceedsCredits, "of what one does not have", 4, 2),
        to(T::ExceedsDebits, "of what one does not owe", 1, 5),
    ]
}

/// Rows about an id that was used before.
fn rows_of_retries() -> Vec<Row<T, TransferAttempt>> {
    fn first() -> Transfer {
        let timed = Transfer { timeout: 10, ..hold(9, 1, 2, 5) };
        Transfer { user_data: data(7, 8, 9), ..timed }
    }
    let again =
        |status, words, transfer| row(status, words, |bank| bank.done(first()), attempt(transfer));
    vec![
        again(T::Exists, "the same again", first()),
        again(T::ExistsWithDifferentFlags, "not held", with(F::LINKED, first())),
        again(T::ExistsWithDifferentTimeout, "held longer", Transfer { timeout: 11, ..first() }),
        again(
            T::ExistsWithDifferentDebitAccountId,
            "from another",
            Transfer { debit_account_id: 3, ..first() },
        ),
        again(
            T::ExistsWithDifferentCreditAccountId,
            "to another",
            Transfer { credit_account_id: 3, ..first() },
        ),
        again(T::ExistsWithDifferentAmount, "of more", Transfer { amount: 6, ..first() }),
        again(
            T::ExistsWithDifferentUserData128,
            "for another order",
            Transfer { user_data: data(6, 8, 9), ..first() },
        ),
        again(
            T::ExistsWithDifferentUserData64,
            "of another time",
            Transfer { user_data: data(7, 7, 9), ..first() },
        ),
        again(
            T::ExistsWithDifferentUserData32,
            "of another place",
            Transfer { user_data: data(7, 8, 8), ..first() },
        ),
        again(
            T::ExistsWithDifferentLedger,
            "of another currency",
            Transfer { ledger: 2, ..first() },
        ),
        again(T::ExistsWithDifferentCode, "of another kind", Transfer { code: 2, ..first() }),
        row(
            T::ExistsWithDifferentPendingId,
            "of another hold",
            |bank| {
                bank.done(hold(8, 1, 2, 5));
                bank.done(post(9, 8, 5));
            },
            attempt(post(9, 7, 5)),
        ),
        row(
            T::IdAlreadyFailed,
            "an id that failed",
            |bank| {
                assert_eq!(bank.one(pay(9, 4, 1, 5)), "exceeds_credits");
                bank.done(pay(8, 1, 4, 5));
            },
            attempt(pay(9, 4, 1, 5)),
        ),
    ]
    .into_iter()
    .map(|row: Row<T, TransferAttempt>| {
        // Another event follows the one whose flags differ, so that the chain is not open.
        let mut row = row;
        if row.status == T::ExistsWithDifferentFlags {
            row.batch.push(attempt(pay(10, 1, 2, 5)));
        }
        row
    })
    .collect()
}

#[test]
fn each_transfer_status_has_its_cause() {
    let mut rows = rows_of_transfers_alone();
    rows.extend(rows_of_retries());
    rows.extend(rows_of_what_came_before());
    rows.extend(rows_of_batches());
    // These two are set by the caller; the next test has their rows.
    let interruptions = [T::Cancelled, T::DeadlineExceeded];
    check_rows(rows, &interruptions, T::ALL, |bank, batch| bank.subject.create_transfers(batch));
    assert_eq!((A::ALL.len(), T::ALL.len()), (27, 72));
}

/// A clock that passes every deadline from its second reading on, counted anew for each attempt.
/// The first reading is before the attempt begins, the others while it waits for an account.
#[derive(Default)]
struct LateWhileWaiting(Cell<u64>);

impl Clock for LateWhileWaiting {
    fn now_ns(&self) -> u64 {
        if self.0.replace(self.0.get() + 1) == 0 { 0 } else { u64::MAX }
    }
}

/// A clock that is past every deadline.
struct Late;

impl Clock for Late {
    fn now_ns(&self) -> u64 {
        u64::MAX
    }
}

/// Any kind of attempt can be cancelled or late, before it begins and while it waits.
#[test]
fn each_abort_status_has_its_cause() {
    let (ledger, mut writers) = common::ledger(2);
    common::open(&mut writers[0], &[common::account(1), common::account(2)]);
    let raised = AtomicU64::new(1);
    let cancelled = Cancellation::never().with_flag(&raised);
    let late = Cancellation::never().with_deadline(&Late, 0);
    let waiting = LateWhileWaiting::default();
    let patient = Cancellation::never().with_deadline(&waiting, 0);
    let mut one = |transfer: Transfer, cancellation: &Cancellation<'_>| {
        let before = ledger.account(1);
        let outcome =
            writers[0].create_transfer_with(&transfer, cancellation).expect("the trail has room");
        assert!(outcome.status == T::Created || ledger.account(1) == before);
        outcome.status
    };
    for requested in [pay(0, 1, 2, 5), pay(9, 1, 2, 5), pay(0, 1, 1, 5), pay(0, 98, 99, 5)] {
        assert_eq!(one(requested, &cancelled), T::Cancelled, "{requested:?}");
        assert_eq!(one(requested, &late), T::DeadlineExceeded, "{requested:?}");
    }
    let never = Cancellation::never();
    assert_eq!(one(pay(9, 1, 2, 5), &never), T::Created, "an id that was taken back is not burnt");
    assert_eq!(one(pay(0, 1, 2, 5), &patient), T::Created, "no thread had to wait");

    let (late_writer, busy_writer) = writers.split_at_mut(1);
    let done = AtomicU64::new(0);
    std::thread::scope(|threads| {
        threads.spawn(|| {
            while done.load(Ordering::Relaxed) == 0 && busy_writer[0].entries() < 4_000_000 {
                let paid = busy_writer[0].create_transfer(&pay(0, 1, 2, 1));
                assert_eq!(paid.expect("the trail has room").status, T::Created);
            }
        });
        let mut seen = false;
        for _ in 0..4_000_000 {
            waiting.0.set(0);
            let outcome = late_writer[0].create_transfer_with(&pay(0, 1, 2, 1), &patient);
            seen = outcome.expect("the trail has room").status == T::DeadlineExceeded;
            if seen {
                break;
            }
        }
        done.store(1, Ordering::Relaxed);
        assert!(seen, "it never met the other one");
    });
    let result = ledgerlab::trail::replay::verify(ledger.trail(), ledger.accounts(), |_| {});
    assert_eq!(result, Ok(ledger.trail().entries()));
}
