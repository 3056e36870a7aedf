//! Answers, one for each variant of [`Response`](crate::wire::Response) that an operation gives.
#![expect(dead_code, reason = "they are described here, and written as a `Response`")]

use utoipa::ToSchema;

use crate::wire::rows::{AccountRow, BalancesRow, EventRow, TransferRow};

/// What became of a batch.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Results {
    /// One for each event, in order.
    results: Vec<EventRow>,
}

/// Accounts that were found.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Accounts {
    /// 8,189 at most.
    accounts: Vec<AccountRow>,
}

/// Transfers that were found.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Transfers {
    /// 8,189 at most.
    transfers: Vec<TransferRow>,
}

/// Balances over time.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Balances {
    /// 8,189 at most.
    balances: Vec<BalancesRow>,
}
