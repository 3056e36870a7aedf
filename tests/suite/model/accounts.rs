//! One row per status of an account.

use super::*;

#[test]
fn each_account_status_has_its_cause() {
    let new = common::account(9);
    let flagged = |flags| Account { flags, ..new };
    let dated = |timestamp| Account { timestamp, ..flagged(AF::IMPORTED) };
    let existing = Account { user_data: data(7, 8, 9), ..new };
    let open: fn(&mut Bank) = |bank| {
        bank.open(&[Account { user_data: data(7, 8, 9), ..common::account(9) }]);
    };
    let later: fn(&mut Bank) = |bank| bank.subject.set_time(1_000);
    let plain = |status, words, account| row(status, words, nothing, account);
    let again = |status, words, account| row(status, words, open, account);
    let mut rows = vec![
        plain(A::Created, "a new account", new),
        plain(A::Created, "one that begins closed", flagged(AF::CLOSED)),
        plain(A::TimestampMustBeZero, "with a time of its own", Account { timestamp: 1, ..new }),
        row(A::Created, "from the past", later, dated(500)),
        row(A::ImportedEventTimestampOutOfRange, "from no time at all", later, dated(0)),
        row(A::ImportedEventTimestampOutOfRange, "after the end of time", later, dated(1 << 63)),
        row(
            A::ImportedEventTimestampMustNotAdvance,
            "from the future",
            later,
            dated(TIMESTAMP_MAX),
        ),
        row(A::ImportedEventTimestampMustNotAdvance, "from this moment", later, dated(1_001)),
        plain(A::ReservedField, "a field that is not there yet", Account { reserved: 1, ..new }),
        plain(A::ReservedFlag, "a flag that is not there", flagged(AF::from_bits_retain(1 << 6))),
        plain(A::IdMustNotBeZero, "without an id", Account { id: 0, ..new }),
        plain(A::IdMustNotBeIntMax, "of the greatest id", Account { id: MAX, ..new }),
        again(A::Exists, "the same again", existing),
        again(
            A::ExistsWithDifferentFlags,
            "other flags",
            Account { flags: AF::HISTORY, ..existing },
        ),
        again(
            A::ExistsWithDifferentUserData128,
            "for another order",
            Account { user_data: data(6, 8, 9), ..existing },
        ),
        again(
            A::ExistsWithDifferentUserData64,
            "of another time",
            Account { user_data: data(7, 7, 9), ..existing },
        ),
        again(
            A::ExistsWithDifferentUserData32,
            "of another place",
            Account { user_data: data(7, 8, 8), ..existing },
        ),
        again(
            A::ExistsWithDifferentLedger,
            "of another currency",
            Account { ledger: 2, ..existing },
        ),
        again(A::ExistsWithDifferentCode, "of another kind", Account { code: 2, ..existing }),
        plain(
            A::FlagsAreMutuallyExclusive,
            "that can neither owe nor have",
            flagged(AF::DEBITS_MUST_NOT_EXCEED_CREDITS | AF::CREDITS_MUST_NOT_EXCEED_DEBITS),
        ),
        plain(A::DebitsPendingMustBeZero, "debits held", Account { debits_pending: 1, ..new }),
        plain(A::DebitsPostedMustBeZero, "debits", Account { debits_posted: 1, ..new }),
        plain(A::CreditsPendingMustBeZero, "credits held", Account { credits_pending: 1, ..new }),
        plain(A::CreditsPostedMustBeZero, "credits", Account { credits_posted: 1, ..new }),
        plain(A::LedgerMustNotBeZero, "of no currency", Account { ledger: 0, ..new }),
        plain(A::CodeMustNotBeZero, "of no kind", Account { code: 0, ..new }),
        row(A::ImportedEventTimestampMustNotRegress, "before the last one", later, dated(7)),
        row(
            A::ImportedEventTimestampMustNotRegress,
            "at the time of a transfer",
            |bank| {
                bank.done(pay(1, 1, 2, 5));
                bank.subject.set_time(1_000);
            },
            dated(8),
        ),
    ];
    let linked = |account: Account| Account { flags: account.flags | AF::LINKED, ..account };
    let chain = |status, words, batch, at| Row { status, words, before: nothing, batch, at };
    let invalid = Account { id: 0, ..new };
    rows.push(chain(A::LinkedEventFailed, "linked to a wrong one", vec![linked(new), invalid], 0));
    rows.push(chain(
        A::LinkedEventFailed,
        "a wrong one goes before",
        vec![linked(invalid), new],
        1,
    ));
    rows.push(chain(A::LinkedEventChainOpen, "linked to nothing", vec![linked(new)], 0));
    rows.push(Row {
        before: later,
        ..chain(A::ImportedEventExpected, "among imports", vec![dated(500), common::account(10)], 1)
    });
    rows.push(Row {
        before: later,
        ..chain(A::ImportedEventNotExpected, "an import", vec![common::account(10), dated(500)], 1)
    });
    check_rows(rows, &[], A::ALL, |bank, batch| bank.subject.create_accounts(batch));
}
