//! `/v1`: the whole model, under TigerBeetle's names, in JSON.
//!
//! Bodies and responses are those of TigerBeetle's operation of the same name, as
//! [`wire`](crate::wire) reads and writes them. A user can see and debit the account with the user's
//! own name. An auditor can read everything. An operator can do everything.

mod accounts;
mod caller;
mod policy;
mod runs;
mod trail;
mod transfers;

use std::sync::Arc;

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::api::http::openapi::tagged;
use crate::api::service::Service;

pub(super) use caller::Reader;

pub(super) fn routes() -> OpenApiRouter<Arc<Service>> {
    let accounts = [
        routes!(accounts::me),
        routes!(accounts::create_accounts),
        routes!(accounts::lookup_accounts),
        routes!(accounts::query_accounts),
        routes!(accounts::get_account_transfers),
        routes!(accounts::get_account_balances),
        routes!(accounts::account),
    ];
    let transfers = [
        routes!(transfers::create_transfers),
        routes!(transfers::lookup_transfers),
        routes!(transfers::query_transfers),
        routes!(transfers::transfer),
    ];
    let trail = [
        routes!(trail::export),
        routes!(trail::snapshot),
        routes!(trail::verify),
        routes!(trail::health),
    ];
    let runs = [
        routes!(runs::scenarios),
        routes!(runs::list, runs::begin),
        routes!(runs::progress),
        routes!(runs::cancel),
        routes!(runs::events),
        routes!(runs::report),
    ];
    tagged("Accounts", accounts)
        .merge(tagged("Transfers", transfers))
        .merge(tagged("Trail", trail))
        .merge(tagged("Runs", runs))
}
