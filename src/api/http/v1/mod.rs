//! `/v1`: the whole model, under the reference's names, in JSON.
//!
//! A body is what the reference's operation of that name takes, as [`wire`](crate::wire) reads it; an answer is what that
//! operation answers. A user sees and moves the money of the account of the user's own name; an auditor reads
//! everything; an operator may do everything.

mod auth;
mod create;
mod model;
#[cfg(feature = "laboratory")]
mod runs;
mod trail;

use std::sync::Arc;

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::Service;

pub(super) use auth::Caller;

pub(super) fn routes() -> OpenApiRouter<Arc<Service>> {
    let routes = OpenApiRouter::new()
        .routes(routes!(model::me))
        .routes(routes!(create::create_accounts))
        .routes(routes!(model::lookup_accounts))
        .routes(routes!(model::query_accounts))
        .routes(routes!(model::get_account_transfers))
        .routes(routes!(model::get_account_balances))
        .routes(routes!(model::account))
        .routes(routes!(create::create_transfers))
        .routes(routes!(model::lookup_transfers))
        .routes(routes!(model::query_transfers))
        .routes(routes!(model::transfer))
        .routes(routes!(trail::export))
        .routes(routes!(trail::snapshot))
        .routes(routes!(trail::verify))
        .routes(routes!(trail::health));
    #[cfg(feature = "laboratory")]
    let routes = routes
        .routes(routes!(runs::scenarios))
        .routes(routes!(runs::list, runs::begin))
        .routes(routes!(runs::progress))
        .routes(routes!(runs::cancel))
        .routes(routes!(runs::events))
        .routes(routes!(runs::report));
    routes
}
