//! Builds the router from its endpoints.

use std::sync::Arc;

use axum::extract::DefaultBodyLimit;
use axum::{Extension, Router};
use tower::ServiceBuilder;

use super::endpoints::Endpoint;
use super::extract::BODY_BYTES_MAX;
use super::{
    endpoints, engine_needs, goledger, idempotency, metrics, middleware, openapi, probes, problem,
    reference, v1,
};
use crate::api::service::Service;

endpoints::endpoints! {
    "Service": [probes::livez, probes::readyz, metrics::metrics, openapi::openapi_json, reference::reference, reference::style]
}

/// Returns the router of a service. `www/sw.js` has the first segments of its paths, because it forwards them to the page's
/// ledger.
pub fn router(service: Arc<Service>) -> Router {
    let contract = openapi::Contract::read();
    let requests = Arc::new(metrics::RequestCounts::new(contract.paths()));
    let metrics = Arc::new(metrics::Metrics::new(Arc::clone(&requests)));
    let keyed = idempotency::IdempotencyLayer {
        service: Arc::clone(&service),
        paths: contract.keyed_paths().map(str::to_owned).collect(),
    };
    let without_query =
        contract.without_query().map(|(method, path)| (method, path.to_owned())).collect();
    let counting = metrics::RequestCounter { service: Arc::clone(&service), requests };
    // Combined, because the router boxes each of its layers.
    let layers = ServiceBuilder::new().layer(DefaultBodyLimit::max(BODY_BYTES_MAX)).layer(
        middleware::RequestLayer {
            counter: Arc::new(counting),
            idempotency: Arc::new(keyed),
            without_query: Arc::new(without_query),
        },
    );
    let supported = |all: Vec<Endpoint>| engine_needs::supported(&service, all);
    endpoints::router(endpoints())
        .layer(Extension(metrics))
        .merge(endpoints::router(supported(goledger::endpoints_with_slash().collect())))
        .merge(endpoints::router(supported(v1::endpoints())))
        .fallback(problem::no_such_path)
        .method_not_allowed_fallback(problem::no_such_method)
        .layer(layers)
        .with_state(service)
}
