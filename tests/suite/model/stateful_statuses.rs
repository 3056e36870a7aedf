//! Statuses that depend on earlier events or on the rest of the batch.

use super::*;

/// Rows about pending transfers, closed accounts, imports and large sums.
pub fn rows_of_what_came_before() -> Vec<Row<T, TransferAttempt>> {
    let after = |status, words, before: fn(&mut Bank), transfer| {
        row(status, words, before, attempt(transfer))
    };
    let held: fn(&mut Bank) = |bank| bank.done(Transfer { timeout: 1, ..hold(8, 1, 2, 5) });
    let on = |status, words, transfer| after(status, words, held, transfer);
    let resolved = |status, words, before| after(status, words, before, post(9, 8, 5));
    vec![
        after(
            T::PendingTransferNotPending,
            "a post of a payment",
            |bank| bank.done(pay(8, 1, 2, 5)),
            post(9, 8, 5),
        ),
        on(
            T::PendingTransferHasDifferentDebitAccountId,
            "a post from another",
            Transfer { debit_account_id: 3, ..post(9, 8, 5) },
        ),
        on(
            T::PendingTransferHasDifferentCreditAccountId,
            "a post to another",
            Transfer { credit_account_id: 3, ..post(9, 8, 5) },
        ),
        on(
            T::PendingTransferHasDifferentLedger,
            "a post in another currency",
            Transfer { ledger: 2, ..post(9, 8, 5) },
        ),
        on(
            T::PendingTransferHasDifferentCode,
            "a post of another kind",
            Transfer { code: 2, ..post(9, 8, 5) },
        ),
        on(T::ExceedsPendingTransferAmount, "a post of more", post(9, 8, 6)),
        on(
            T::PendingTransferHasDifferentAmount,
            "a void of a part",
            Transfer { amount: 4, ..void(9, 8) },
        ),
        resolved(T::PendingTransferAlreadyPosted, "a second post", |bank| {
            bank.done(hold(8, 1, 2, 5));
            bank.done(post(10, 8, 1));
        }),
        resolved(T::PendingTransferAlreadyVoided, "a post after a void", |bank| {
            bank.done(hold(8, 1, 2, 5));
            bank.done(void(10, 8));
        }),
        resolved(T::PendingTransferExpired, "a post that comes late", |bank| {
            bank.done(Transfer { timeout: 1, ..hold(8, 1, 2, 5) });
            bank.subject.set_time(bank.subject.time() + SECOND);
        }),
        after(
            T::ImportedEventTimestampMustNotRegress,
            "before the last import",
            |bank| {
                bank.subject.set_time(1_000);
                bank.done(imported(500, pay(8, 1, 2, 5)));
            },
            imported(500, pay(9, 1, 2, 5)),
        ),
        after(
            T::ImportedEventTimestampMustNotRegress,
            "at the time of an account",
            |bank| bank.subject.set_time(1_000),
            imported(7, pay(9, 1, 2, 5)),
        ),
        after(
            T::ImportedEventTimestampMustPostdateDebitAccount,
            "older than its debit account",
            |bank| {
                bank.subject.set_time(1_000);
                bank.open(&[common::account(8)]);
            },
            imported(900, pay(9, 8, 2, 5)),
        ),
        after(
            T::ImportedEventTimestampMustPostdateCreditAccount,
            "older than its credit account",
            |bank| {
                bank.subject.set_time(1_000);
                bank.open(&[common::account(8)]);
            },
            imported(900, pay(9, 2, 8, 5)),
        ),
        after(
            T::ImportedEventTimeoutMustBeZero,
            "an import that expires",
            |bank| bank.subject.set_time(1_000),
            imported(500, Transfer { timeout: 1, ..hold(9, 1, 2, 5) }),
        ),
        after(
            T::DebitAccountAlreadyClosed,
            "from a closed account",
            |bank| bank.done(with(F::CLOSING_DEBIT, hold(8, 1, 2, 0))),
            pay(9, 1, 2, 5),
        ),
        after(
            T::CreditAccountAlreadyClosed,
            "to a closed account",
            |bank| bank.done(with(F::CLOSING_CREDIT, hold(8, 1, 2, 0))),
            pay(9, 1, 2, 5),
        ),
        after(
            T::OverflowsDebitsPending,
            "holds beyond the greatest sum",
            |bank| bank.done(hold(8, 1, 2, MAX)),
            hold(9, 1, 3, 1),
        ),
        after(
            T::OverflowsCreditsPending,
            "holds for one beyond the greatest sum",
            |bank| bank.done(hold(8, 1, 2, MAX)),
            hold(9, 3, 2, 1),
        ),
        after(
            T::OverflowsDebitsPosted,
            "debits beyond the greatest sum",
            |bank| bank.done(pay(8, 1, 2, MAX)),
            pay(9, 1, 3, 1),
        ),
        after(
            T::OverflowsCreditsPosted,
            "credits beyond the greatest sum",
            |bank| bank.done(pay(8, 1, 2, MAX)),
            pay(9, 3, 2, 1),
        ),
        after(
            T::OverflowsDebits,
            "debits and holds beyond the greatest sum",
            |bank| bank.done(hold(8, 1, 2, MAX)),
            pay(9, 1, 3, 1),
        ),
        after(
            T::OverflowsCredits,
            "credits and holds beyond the greatest sum",
            |bank| bank.done(hold(8, 1, 2, MAX)),
            pay(9, 3, 2, 1),
        ),
        after(
            T::ExceedsCredits,
            "of what one has, but is held",
            |bank| {
                bank.done(pay(7, 1, 4, 100));
                bank.done(hold(8, 4, 2, 60));
            },
            pay(9, 4, 2, 41),
        ),
        after(
            T::ExceedsCredits,
            "of what one is only to get",
            |bank| bank.done(hold(8, 1, 4, 100)),
            pay(9, 4, 2, 1),
        ),
    ]
}

/// Rows about versions and positions in a batch.
pub fn rows_of_batches() -> Vec<Row<T, TransferAttempt>> {
    let expecting = |debit, credit| TransferAttempt {
        transfer: pay(9, 1, 2, 5),
        versions: ExpectedVersions { debit, credit },
    };
    let moved: fn(&mut Bank) = |bank| bank.done(pay(8, 1, 3, 5));
    let chain = |status, words, batch: [Transfer; 2], at| Row {
        status,
        words,
        before: |bank: &mut Bank| bank.subject.set_time(1_000),
        batch: batch.map(attempt).to_vec(),
        at,
    };
    let (five, invalid) = (pay(9, 1, 2, 5), pay(10, 4, 2, 5));
    let six = pay(11, 1, 2, 6);
    vec![
        row(T::Created, "seen as it is", moved, expecting(Some(1), Some(0))),
        row(T::DebitAccountVersionMismatch, "seen too early", moved, expecting(Some(0), Some(0))),
        row(T::CreditAccountVersionMismatch, "seen too late", moved, expecting(Some(1), Some(1))),
        chain(T::LinkedEventFailed, "linked to a wrong one", [with(F::LINKED, five), invalid], 0),
        chain(T::LinkedEventFailed, "a wrong one goes before", [with(F::LINKED, invalid), five], 1),
        chain(T::LinkedEventChainOpen, "linked to nothing", [five, with(F::LINKED, six)], 1),
        chain(T::ImportedEventExpected, "among imports", [imported(500, five), six], 1),
        chain(T::ImportedEventNotExpected, "an import", [five, imported(500, six)], 1),
    ]
}
