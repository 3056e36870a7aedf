//! `/livez` and `/readyz`: whether the process answers, and whether the ledger takes attempts.
//!
//! They are apart, so that no probe restarts a ledger that is merely full: a restart would not help, and loses one that is in
//! memory.
//! Neither needs a token, and neither reads more than a few words.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;

#[cfg(not(target_family = "wasm"))]
use super::engine_calls::unreachable;
use super::problem::Problem;
use crate::api::service::Service;

/// Returns `ok`: the process answers. A probe that restarts the server may use it.
#[utoipa::path(
    get,
    path = "/livez",
    responses((status = 200, description = "The process answers.", body = String, content_type = "text/plain; charset=utf-8")),
)]
pub(super) async fn livez() -> &'static str {
    "ok"
}

/// Returns `ok` if the ledger takes attempts. A probe that stops sending requests may use it.
#[utoipa::path(
    get,
    path = "/readyz",
    responses(
        (status = 200, description = "The ledger takes attempts.", body = String, content_type = "text/plain; charset=utf-8"),
        (status = 503, description = "The ledger takes no attempts; reads go on.", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(super) async fn readyz(State(service): State<Arc<Service>>) -> Result<&'static str, Problem> {
    #[cfg(not(target_family = "wasm"))]
    if let Some(remote) = service.remote() {
        return unreachable(remote).map_or(Ok("ok"), Err);
    }
    let ledger = service.coins().ledger();
    if ledger.trail_is_full() {
        return Err(Problem::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "trail_full",
            "the trail is full, or the disk does not take its older entries, so attempts are refused; reads go on",
        ));
    }
    match ledger.refusal() {
        Some(error) => Err(error.into()),
        None => Ok("ok"),
    }
}
