//! `/v1`: the whole model, under the reference's names, in JSON.
//!
//! A body is what the reference's operation of that name takes, as [`wire`](crate::wire) reads it; an answer is what that
//! operation answers. A user sees and moves the money of the account of the user's own name; an auditor reads
//! everything; an operator may do everything.

mod caller;
mod model;
mod runs;
mod trail;

use std::sync::Arc;

use axum::Router;
use axum::routing::{get, post};

use super::Service;

pub(super) use caller::Caller;

pub(super) fn routes() -> Router<Arc<Service>> {
    Router::new()
        .route("/v1/me", get(model::me))
        .route("/v1/accounts", post(model::create_accounts))
        .route("/v1/accounts/lookup", post(model::lookup_accounts))
        .route("/v1/accounts/query", post(model::query_accounts))
        .route("/v1/accounts/transfers", post(model::get_account_transfers))
        .route("/v1/accounts/balances", post(model::get_account_balances))
        .route("/v1/accounts/{id}", get(model::account))
        .route("/v1/transfers", post(model::create_transfers))
        .route("/v1/transfers/lookup", post(model::lookup_transfers))
        .route("/v1/transfers/query", post(model::query_transfers))
        .route("/v1/transfers/{id}", get(model::transfer))
        .route("/v1/trail", get(trail::export))
        .route("/v1/snapshot", get(trail::snapshot))
        .route("/v1/verify", post(trail::verify))
        .route("/v1/health", get(trail::health))
        .route("/v1/scenarios", get(runs::scenarios))
        .route("/v1/runs", get(runs::list).post(runs::begin))
        .route("/v1/runs/{run}", get(runs::progress))
        .route("/v1/runs/{run}/cancel", post(runs::cancel))
        .route("/v1/runs/{run}/events", get(runs::events))
        .route("/v1/runs/{run}/report", get(runs::report))
}
