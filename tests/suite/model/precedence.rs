//! The precedence of statuses.

use super::*;

/// A status, and the change that removes its cause.
type Mend<S, E> = (S, fn(&mut E));

/// An event with every fault gets the statuses one after the other, in their order, as the faults
/// are removed.
#[test]
fn statuses_follow_their_precedence() {
    for mut bank in banks() {
        let mut account = Account {
            id: 0,
            debits_pending: 1,
            debits_posted: 1,
            credits_pending: 1,
            credits_posted: 1,
            reserved: 1,
            ledger: 0,
            code: 0,
            flags: AF::from_bits_retain(1 << 7)
                | AF::DEBITS_MUST_NOT_EXCEED_CREDITS
                | AF::CREDITS_MUST_NOT_EXCEED_DEBITS,
            timestamp: 1,
            ..Account::default()
        };
        let mends: [Mend<A, Account>; 12] = [
            (A::TimestampMustBeZero, |account| account.timestamp = 0),
            (A::ReservedField, |account| account.reserved = 0),
            (A::ReservedFlag, |account| account.flags &= AF::all()),
            (A::IdMustNotBeZero, |account| account.id = MAX),
            (A::IdMustNotBeIntMax, |account| account.id = 100),
            (A::FlagsAreMutuallyExclusive, |account| account.flags = AF::empty()),
            (A::DebitsPendingMustBeZero, |account| account.debits_pending = 0),
            (A::DebitsPostedMustBeZero, |account| account.debits_posted = 0),
            (A::CreditsPendingMustBeZero, |account| account.credits_pending = 0),
            (A::CreditsPostedMustBeZero, |account| account.credits_posted = 0),
            (A::LedgerMustNotBeZero, |account| account.ledger = 1),
            (A::CodeMustNotBeZero, |account| account.code = 1),
        ];
        assert!(mends.is_sorted_by_key(|(status, _)| *status));
        for (status, mend) in mends {
            assert_eq!(bank.subject.create_accounts(&[account])[0].0, status.name());
            mend(&mut account);
        }
        assert_eq!(bank.subject.create_accounts(&[account])[0].0, "created");

        let mut transfer = Transfer {
            pending_id: 1,
            timeout: 1,
            flags: F::from_bits_retain(1 << 15) | F::CLOSING_DEBIT,
            timestamp: 1,
            amount: 5,
            ..Transfer::default()
        };
        let mends: [Mend<T, Transfer>; 18] = [
            (T::TimestampMustBeZero, |transfer| transfer.timestamp = 0),
            (T::ReservedFlag, |transfer| transfer.flags &= F::all()),
            (T::IdMustNotBeZero, |transfer| transfer.id = MAX),
            (T::IdMustNotBeIntMax, |transfer| transfer.id = 100),
            (T::DebitAccountIdMustNotBeZero, |transfer| transfer.debit_account_id = MAX),
            (T::DebitAccountIdMustNotBeIntMax, |transfer| transfer.debit_account_id = 99),
            (T::CreditAccountIdMustNotBeZero, |transfer| transfer.credit_account_id = MAX),
            (T::CreditAccountIdMustNotBeIntMax, |transfer| transfer.credit_account_id = 99),
            (T::AccountsMustBeDifferent, |transfer| transfer.credit_account_id = 98),
            (T::PendingIdMustBeZero, |transfer| transfer.pending_id = 0),
            (T::TimeoutReservedForPendingTransfer, |transfer| transfer.timeout = 0),
            (T::ClosingTransferMustBePending, |transfer| transfer.flags = F::PENDING),
            (T::LedgerMustNotBeZero, |transfer| transfer.ledger = 3),
            (T::CodeMustNotBeZero, |transfer| transfer.code = 1),
            (T::DebitAccountNotFound, |t| (t.id, t.debit_account_id) = (101, 4)),
            (T::CreditAccountNotFound, |t| (t.id, t.credit_account_id) = (102, 6)),
            (T::AccountsMustHaveTheSameLedger, |transfer| transfer.credit_account_id = 2),
            (T::TransferMustHaveTheSameLedgerAsAccounts, |transfer| transfer.ledger = 1),
        ];
        assert!(mends.is_sorted_by_key(|(status, _)| *status));
        for (status, mend) in mends {
            assert_eq!(bank.one(transfer), status.name(), "{}", bank.name);
            mend(&mut transfer);
        }
        assert_eq!(bank.one(transfer), "exceeds_credits");
        bank.subject.verify().expect("a replay agrees");
    }
}
