//! `/v1`: the whole model, under TigerBeetle's names, in JSON.
//!
//! Bodies and responses are those of TigerBeetle's operation of the same name, as
//! [`wire`](crate::wire) reads and writes them. A user can see and debit the account with the user's
//! own name. An auditor can read everything. An operator can do everything.

mod accounts;
mod balances;
mod caller;
mod changes;
mod policy;
mod reversal;
mod runs;
mod tickets;
mod trail;
mod transfers;
mod users;

pub(super) use caller::{Caller, Reader};

crate::api::http::endpoints::endpoints! {
    "Accounts": [
        accounts::me,
        accounts::create_accounts,
        accounts::lookup_accounts,
        accounts::query_accounts,
        accounts::get_account_transfers,
        accounts::get_account_balances,
        accounts::account,
        balances::of_account,
    ]
    "Transfers": [
        transfers::create_transfers,
        transfers::lookup_transfers,
        transfers::query_transfers,
        transfers::transfer,
        changes::changes,
        reversal::reverse,
    ]
    "Users": [
        users::list,
        users::add,
        users::remove,
        users::rotate_token,
        users::remove_old_token,
        users::deposit,
        users::withdraw,
        balances::of_user,
    ]
    "Trail": [trail::export, trail::snapshot, trail::verify, trail::health]
    "Runs": [
        runs::scenarios,
        runs::list,
        runs::begin,
        runs::progress,
        runs::cancel,
        runs::events,
        tickets::issue,
        runs::report,
    ]
}
