//! The router: endpoints, and what every request goes through.

mod auth;
mod extract;
mod goledger;
mod idempotency;
mod metrics;
mod middleware;
mod openapi;
mod problem;
mod query;
mod reference;
mod runs;
mod v1;

use std::sync::{Arc, OnceLock};

use axum::extract::DefaultBodyLimit;
use axum::{Extension, Router};
use tower::ServiceBuilder;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::{BODY_BYTES_MAX, Role, Service, User, Users};

#[cfg(target_family = "wasm")]
pub(crate) use extract::body_too_large;
pub(super) use idempotency::Answers;
pub use problem::Problem;
pub(super) use runs::Runs;
pub use runs::{ActiveRun, RUNS_KEPT, RunHost};

/// What is known once all endpoints are: the contract, and what is counted of requests.
#[derive(Default)]
struct DocsState {
    published: OnceLock<openapi::Published>,
    metrics: OnceLock<metrics::Metrics>,
}

/// Everything that the service answers. The first words of its paths stand in `www/sw.js` as well, which lets them through to
/// a page's ledger.
pub fn router(service: Arc<Service>) -> Router {
    let shelf = Arc::new(DocsState::default());
    // The endpoints that tell of the others, and they alone, are handed what is known of those.
    let about = OpenApiRouter::default()
        .routes(routes!(metrics::metrics))
        .routes(routes!(openapi::openapi_json))
        .routes(routes!(reference::reference))
        .routes(routes!(reference::style))
        .layer(Extension(Arc::clone(&shelf)));
    let (router, endpoints) = OpenApiRouter::default()
        .merge(goledger::routes())
        .merge(v1::routes())
        .merge(about)
        .split_for_parts();
    let document = openapi::complete(endpoints);
    let requests = Arc::new(metrics::Requests::new(document.paths.paths.keys().cloned()));
    let paths = openapi::keyed_paths(&document);
    let keyed = idempotency::IdempotencyLayer { service: Arc::clone(&service), paths };
    shelf.published.get_or_init(|| openapi::Published::new(&document));
    shelf.metrics.get_or_init(|| metrics::Metrics::new(Arc::clone(&requests)));
    let counting = metrics::Counting { service: Arc::clone(&service), requests };
    // One layer to the router, which puts each of its layers in a box.
    let layers = ServiceBuilder::new()
        .layer(DefaultBodyLimit::max(BODY_BYTES_MAX))
        .layer(middleware::RequestLayer { counting: Arc::new(counting), keyed: Arc::new(keyed) });
    router
        .fallback(problem::no_such_path)
        .method_not_allowed_fallback(problem::no_such_method)
        .layer(layers)
        .with_state(service)
}
