//! The endpoints that need what not every engine has. On an engine without it they refuse by name.

#[cfg(not(target_family = "wasm"))]
use axum::routing::any;

use super::endpoints::Endpoint;
#[cfg(not(target_family = "wasm"))]
use super::goledger::GoLedgerError;
#[cfg(not(target_family = "wasm"))]
use super::problem::Problem;
use crate::api::service::Service;
use crate::engine::Capability;
#[cfg(not(target_family = "wasm"))]
use crate::engine::EngineError;

/// The path of each such endpoint, and what it needs. Further endpoints need something only with some parameters.
#[cfg_attr(
    target_family = "wasm",
    allow(dead_code, reason = "in a browser the ledger is embedded")
)]
const NEEDS: [(&str, Capability); 6] = [
    ("/account/coins/history", Capability::Trail),
    ("/v1/accounts/{id}/balance", Capability::Snapshots),
    ("/v1/users/{name}/balance", Capability::Snapshots),
    ("/v1/trail", Capability::Trail),
    ("/v1/snapshot", Capability::Snapshots),
    ("/v1/verify", Capability::Verification),
];

/// Returns what the endpoint with this path needs; `None` if every engine has it.
#[cfg_attr(
    target_family = "wasm",
    allow(dead_code, reason = "in a browser the ledger is embedded")
)]
pub(super) fn need_of(path: &str) -> Option<Capability> {
    let path = path.strip_suffix('/').unwrap_or(path);
    NEEDS.iter().find(|(needing, _)| *needing == path).map(|(_, need)| *need)
}

#[cfg(not(target_family = "wasm"))]
/// Returns the endpoints, of which those refuse that need what the service's engine does not have.
pub(super) fn supported(service: &Service, endpoints: Vec<Endpoint>) -> Vec<Endpoint> {
    let Some(remote) = service.remote() else { return endpoints };
    let (engine, capabilities) = (remote.engine().name(), remote.engine().capabilities());
    let supported = |(path, methods): Endpoint| match need_of(&path) {
        Some(capability) if !capabilities.contains(capability) => {
            let error = EngineError::NotSupported { engine, capability };
            let problem = Problem::from(error);
            let refuse = match path.starts_with("/v1/") {
                true => any(async move || problem.clone()),
                false => any(async move || GoLedgerError::from(problem.clone())),
            };
            (path, refuse)
        }
        _ => (path, methods),
    };
    endpoints.into_iter().map(supported).collect()
}

/// Returns the endpoints: in a browser the ledger is always embedded.
#[cfg(target_family = "wasm")]
pub(super) fn supported(_: &Service, endpoints: Vec<Endpoint>) -> Vec<Endpoint> {
    endpoints
}
