//! The model's rules by tables, one row per status in its own words: no book, no thread, no clock.
#![cfg(not(target_family = "wasm"))]

use ledgerlab::model::{
    Account, AccountFlags, AccountState, CreateAccountStatus as A, CreateTransferStatus as T,
    Transfer, create_account, create_transfer, transfer_is_well_formed,
};

const MAX: u128 = u128::MAX;
const LIMITED: AccountFlags = AccountFlags::DEBITS_MUST_NOT_EXCEED_CREDITS;

fn account(id: u128, ledger: u32, code: u16, flags: AccountFlags) -> Account {
    Account { id, ledger, code, flags }
}

#[test]
fn accounts_by_status() {
    let there = AccountState::opened(&account(7, 1, 10, LIMITED), 5);
    let none = AccountFlags::empty();
    let table = [
        ("a new account", account(8, 1, 10, none), None, A::Created),
        ("id 0", account(0, 1, 10, none), None, A::IdMustNotBeZero),
        ("the greatest id", account(MAX, 1, 10, none), None, A::IdMustNotBeIntMax),
        ("the same again", account(7, 1, 10, LIMITED), Some(there), A::Exists),
        ("other flags", account(7, 2, 20, none), Some(there), A::ExistsWithDifferentFlags),
        ("another ledger", account(7, 2, 20, LIMITED), Some(there), A::ExistsWithDifferentLedger),
        ("another code", account(7, 1, 20, LIMITED), Some(there), A::ExistsWithDifferentCode),
        ("no ledger", account(8, 0, 0, none), None, A::LedgerMustNotBeZero),
        ("no code", account(8, 1, 0, none), None, A::CodeMustNotBeZero),
        ("id 0 and all else wrong", account(0, 0, 0, none), None, A::IdMustNotBeZero),
        (
            "there, and asked for wrongly",
            account(7, 0, 0, none),
            Some(there),
            A::ExistsWithDifferentFlags,
        ),
    ];
    let mut seen: Vec<A> = Vec::new();
    for (words, account, existing, status) in table {
        assert_eq!(create_account(&account, existing.as_ref()), status, "{words}");
        seen.push(status);
    }
    for status in A::ALL {
        assert!(seen.contains(status), "{status} has no row");
    }
}

/// Sums of an account: debits pending and posted, credits pending and posted.
type Sums = [u128; 4];

fn state(id: u128, ledger: u32, flags: AccountFlags, sums: Sums) -> AccountState {
    let [debits_pending, debits_posted, credits_pending, credits_posted] = sums;
    AccountState {
        debits_pending,
        debits_posted,
        credits_pending,
        credits_posted,
        ..AccountState::opened(&account(id, ledger, 1, flags), id as u64)
    }
}

fn pay(amount: u128) -> Transfer {
    Transfer {
        id: 9,
        debit_account_id: 1,
        credit_account_id: 2,
        amount,
        ledger: 1,
        code: 1,
        ..Transfer::default()
    }
}

#[test]
fn transfers_by_status_without_accounts() {
    let table = [
        ("a payment", pay(5), None),
        ("nothing at all", pay(0), None),
        ("id 0", Transfer { id: 0, ..pay(5) }, Some(T::IdMustNotBeZero)),
        ("the greatest id", Transfer { id: MAX, ..pay(5) }, Some(T::IdMustNotBeIntMax)),
        (
            "from 0",
            Transfer { debit_account_id: 0, ..pay(5) },
            Some(T::DebitAccountIdMustNotBeZero),
        ),
        (
            "from the greatest id",
            Transfer { debit_account_id: MAX, ..pay(5) },
            Some(T::DebitAccountIdMustNotBeIntMax),
        ),
        (
            "to 0",
            Transfer { credit_account_id: 0, ..pay(5) },
            Some(T::CreditAccountIdMustNotBeZero),
        ),
        (
            "to the greatest id",
            Transfer { credit_account_id: MAX, ..pay(5) },
            Some(T::CreditAccountIdMustNotBeIntMax),
        ),
        (
            "to oneself",
            Transfer { credit_account_id: 1, ..pay(5) },
            Some(T::AccountsMustBeDifferent),
        ),
        ("no ledger", Transfer { ledger: 0, code: 0, ..pay(5) }, Some(T::LedgerMustNotBeZero)),
        ("no code", Transfer { code: 0, ..pay(5) }, Some(T::CodeMustNotBeZero)),
        ("all of it wrong", Transfer::default(), Some(T::IdMustNotBeZero)),
    ];
    for (words, transfer, refusal) in table {
        assert_eq!(transfer_is_well_formed(&transfer).err(), refusal, "{words}");
    }
}

#[test]
fn transfers_by_status_with_accounts() {
    let none = AccountFlags::empty();
    let usual = |sums| state(2, 1, none, sums);
    let rich = state(1, 1, none, [0, 0, 0, 100]);
    let table = [
        ("a payment", pay(5), rich, usual([0; 4]), T::Created),
        (
            "all that there is",
            pay(100),
            state(1, 1, LIMITED, [0, 0, 0, 100]),
            usual([0; 4]),
            T::Created,
        ),
        ("the greatest amount", pay(MAX), state(1, 1, none, [0; 4]), usual([0; 4]), T::Created),
        (
            "accounts of two ledgers",
            Transfer { ledger: 3, ..pay(5) },
            rich,
            state(2, 2, none, [0; 4]),
            T::AccountsMustHaveTheSameLedger,
        ),
        (
            "a transfer of a third",
            Transfer { ledger: 3, ..pay(5) },
            rich,
            usual([0; 4]),
            T::TransferMustHaveTheSameLedgerAsAccounts,
        ),
        (
            "posted debits overflow",
            pay(1),
            state(1, 1, none, [0, MAX, 0, 0]),
            usual([0, 0, 0, MAX]),
            T::OverflowsDebitsPosted,
        ),
        ("posted credits overflow", pay(1), rich, usual([0, 0, 0, MAX]), T::OverflowsCreditsPosted),
        (
            "debits overflow together",
            pay(2),
            state(1, 1, none, [MAX - 1, 0, 0, 0]),
            usual([0, 0, MAX, 0]),
            T::OverflowsDebits,
        ),
        ("credits overflow together", pay(2), rich, usual([0, 0, MAX - 1, 0]), T::OverflowsCredits),
        (
            "one coin too many",
            pay(101),
            state(1, 1, LIMITED, [0, 0, 0, 100]),
            usual([0; 4]),
            T::ExceedsCredits,
        ),
        (
            "held coins are spent",
            pay(51),
            state(1, 1, LIMITED, [30, 20, 0, 100]),
            usual([0; 4]),
            T::ExceedsCredits,
        ),
        (
            "held credits are not there yet",
            pay(1),
            state(1, 1, LIMITED, [0, 0, 50, 0]),
            usual([0; 4]),
            T::ExceedsCredits,
        ),
    ];
    for (words, transfer, debit, credit, status) in table {
        let (mut new_debit, mut new_credit) = (debit, credit);
        assert_eq!(create_transfer(&transfer, &mut new_debit, &mut new_credit), status, "{words}");
        if status == T::Created {
            let version = debit.version + 1;
            let debits_posted = debit.debits_posted + transfer.amount;
            let credits_posted = credit.credits_posted + transfer.amount;
            assert_eq!(new_debit, AccountState { debits_posted, version, ..debit }, "{words}");
            assert_eq!(new_credit, AccountState { credits_posted, version, ..credit }, "{words}");
        } else {
            assert_eq!((new_debit, new_credit), (debit, credit), "{words} changed something");
        }
    }
}
