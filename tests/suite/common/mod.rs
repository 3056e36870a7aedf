//! Helpers that the native tests share: small ledgers and ways to fill them.
#![allow(dead_code, unreachable_pub, missing_docs, reason = "each test file uses a part of it")]

pub mod goledger;
#[cfg(not(any(loom, shuttle)))]
pub mod program;
#[cfg(not(any(loom, shuttle)))]
pub mod runs;
pub mod scenario_cases;
pub mod trail_prefix;

use std::sync::Arc;

use ledgerlab::ledger::{Ledger, LedgerConfig, Writer};
use ledgerlab::model::{
    Account, AccountFlags, CreateAccountStatus, CreateTransferStatus, Transfer,
};

/// Opens a ledger with this many writers.
pub fn ledger(writers: usize) -> (Arc<Ledger>, Vec<Writer>) {
    let config = LedgerConfig { writers, trail_bytes: 2 << 30, ..LedgerConfig::default() };
    Ledger::with_writers(&config).expect("the configuration is within its bounds")
}

/// Returns an account without limits.
pub fn account(id: u128) -> Account {
    Account { id, ledger: 1, code: 1, ..Account::default() }
}

/// Returns an account whose debits must not exceed its credits.
pub fn limited(id: u128) -> Account {
    Account { flags: AccountFlags::DEBITS_MUST_NOT_EXCEED_CREDITS, ..account(id) }
}

/// Returns a transfer between accounts of this module.
pub fn transfer(from: u128, to: u128, amount: u128) -> Transfer {
    Transfer {
        debit_account_id: from,
        credit_account_id: to,
        amount,
        ledger: 1,
        code: 1,
        ..Transfer::default()
    }
}

/// Opens new accounts.
pub fn open(writer: &mut Writer, accounts: &[Account]) {
    for account in accounts {
        let outcome = writer.create_account(account).expect("the trail has room");
        assert_eq!(outcome.status, CreateAccountStatus::Created);
    }
}

/// Transfers an amount, which must succeed.
pub fn pay(writer: &mut Writer, from: u128, to: u128, amount: u128) {
    let outcome = writer.create_transfer(&transfer(from, to, amount));
    assert_eq!(outcome.expect("the trail has room").status, CreateTransferStatus::Created);
}
