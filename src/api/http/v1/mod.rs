//! `/v1`: the whole model, under TigerBeetle's names, in JSON.
//!
//! A body is what TigerBeetle's operation of that name takes, as [`wire`](crate::wire) reads it. An
//! answer is what that operation returns. A user can see and debit the account with the user's own
//! name. An auditor can read everything. An operator can do everything.

mod accounts;
mod caller;
mod runs;
mod trail;
mod transfers;

use std::sync::Arc;

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::api::service::Service;

pub(super) use caller::Caller;

pub(super) fn routes() -> OpenApiRouter<Arc<Service>> {
    OpenApiRouter::new()
        .routes(routes!(accounts::me))
        .routes(routes!(accounts::create_accounts))
        .routes(routes!(accounts::lookup_accounts))
        .routes(routes!(accounts::query_accounts))
        .routes(routes!(accounts::get_account_transfers))
        .routes(routes!(accounts::get_account_balances))
        .routes(routes!(accounts::account))
        .routes(routes!(transfers::create_transfers))
        .routes(routes!(transfers::lookup_transfers))
        .routes(routes!(transfers::query_transfers))
        .routes(routes!(transfers::transfer))
        .routes(routes!(trail::export))
        .routes(routes!(trail::snapshot))
        .routes(routes!(trail::verify))
        .routes(routes!(trail::health))
        .routes(routes!(runs::scenarios))
        .routes(routes!(runs::list, runs::begin))
        .routes(routes!(runs::progress))
        .routes(routes!(runs::cancel))
        .routes(routes!(runs::events))
        .routes(routes!(runs::report))
}
