//! The endpoints that need what not every engine has. On an engine without it they refuse by name.

use axum::routing::any;

use super::endpoints::Endpoint;
use super::goledger::GoLedgerError;
use crate::api::service::Service;
use crate::engine::Capability;

/// The path of each such endpoint, and what it needs. Further endpoints need something only with some parameters.
const NEEDS: [(&str, Capability); 6] = [
    ("/account/coins/history", Capability::Trail),
    ("/v1/accounts/{id}/balance", Capability::Snapshots),
    ("/v1/users/{name}/balance", Capability::Snapshots),
    ("/v1/trail", Capability::Trail),
    ("/v1/snapshot", Capability::Snapshots),
    ("/v1/verify", Capability::Verification),
];

/// Returns what the endpoint with this path needs; `None` if every engine has it.
pub(super) fn need_of(path: &str) -> Option<Capability> {
    let path = path.strip_suffix('/').unwrap_or(path);
    NEEDS.iter().find(|(needing, _)| *needing == path).map(|(_, need)| *need)
}

/// Returns the endpoints, of which those refuse that need what the service's engine does not have.
pub(super) fn supported(service: &Service, endpoints: Vec<Endpoint>) -> Vec<Endpoint> {
    let supported = |(path, methods): Endpoint| {
        let Some(Err(problem)) = need_of(&path).map(|need| service.must_have(need)) else {
            return (path, methods);
        };
        let refuse = match path.starts_with("/v1/") {
            true => any(async move || problem.clone()),
            false => any(async move || GoLedgerError::from(problem.clone())),
        };
        (path, refuse)
    };
    endpoints.into_iter().map(supported).collect()
}
