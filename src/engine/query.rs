//! Reads of the model: look-ups by id, queries by filter, and what they find.

use crate::ledger::{Cancellation, Interrupted, Ledger};
use crate::model::{Account, AccountBalances, AccountFilter, QueryFilter, Transfer};

/// A read. An invalid filter finds nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Query {
    /// Accounts by id.
    LookupAccounts(Vec<u128>),
    /// Transfers by id.
    LookupTransfers(Vec<u128>),
    /// Transfers of one account.
    AccountTransfers(AccountFilter),
    /// Balances of one account after its transfers.
    AccountBalances(AccountFilter),
    /// Accounts by a filter.
    QueryAccounts(QueryFilter),
    /// Transfers by a filter.
    QueryTransfers(QueryFilter),
}

/// What a [`Query`] has found, in the order of its ids or of time: at most 8,189.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Found {
    /// Accounts.
    Accounts(Vec<Account>),
    /// Transfers.
    Transfers(Vec<Transfer>),
    /// Balances.
    Balances(Vec<AccountBalances>),
}

impl Found {
    /// The accounts; none if the query was for something else.
    pub fn accounts(self) -> Vec<Account> {
        match self {
            Self::Accounts(accounts) => accounts,
            Self::Transfers(_) | Self::Balances(_) => Vec::new(),
        }
    }

    /// The transfers; none if the query was for something else.
    pub fn transfers(self) -> Vec<Transfer> {
        match self {
            Self::Transfers(transfers) => transfers,
            Self::Accounts(_) | Self::Balances(_) => Vec::new(),
        }
    }
}

impl Query {
    /// Executes the read on the embedded ledger.
    ///
    /// # Errors
    /// [`Interrupted`] when `cancellation` took effect.
    pub fn run(
        &self,
        ledger: &Ledger,
        cancellation: &Cancellation<'_>,
    ) -> Result<Found, Interrupted> {
        Ok(match self {
            Self::LookupAccounts(ids) => Found::Accounts(ledger.lookup_accounts(ids)),
            Self::LookupTransfers(ids) => Found::Transfers(ledger.lookup_transfers(ids)),
            Self::AccountTransfers(filter) => {
                Found::Transfers(ledger.get_account_transfers_with(filter, cancellation)?)
            }
            Self::AccountBalances(filter) => {
                Found::Balances(ledger.get_account_balances_with(filter, cancellation)?)
            }
            Self::QueryAccounts(filter) => {
                Found::Accounts(ledger.query_accounts_with(filter, cancellation)?)
            }
            Self::QueryTransfers(filter) => {
                Found::Transfers(ledger.query_transfers_with(filter, cancellation)?)
            }
        })
    }
}
