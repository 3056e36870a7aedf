//! Builds the router from its endpoints.

use std::sync::Arc;

use axum::extract::DefaultBodyLimit;
use axum::{Extension, Router};
use tower::ServiceBuilder;
use utoipa::OpenApi;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::extract::BODY_BYTES_MAX;
use super::{goledger, idempotency, metrics, middleware, openapi, problem, reference, v1};
use crate::api::service::Service;

/// Returns the router of a service. `www/sw.js` has the first segments of its paths, because it forwards them to the page's
/// ledger.
pub fn router(service: Arc<Service>) -> Router {
    // The content of these endpoints describes all endpoints, so it is published when the router is complete.
    let document = Arc::new(openapi::PublishedDocument::default());
    let page = Arc::new(reference::PublishedPage::default());
    let published_metrics = Arc::new(metrics::PublishedMetrics::default());
    let about = [
        routes!(metrics::metrics),
        routes!(openapi::openapi_json),
        routes!(reference::reference),
        routes!(reference::style),
    ];
    let about = openapi::tagged("Service", about)
        .layer(Extension(Arc::clone(&published_metrics)))
        .layer(Extension(Arc::clone(&document)))
        .layer(Extension(Arc::clone(&page)));
    let (router, endpoints) = OpenApiRouter::with_openapi(openapi::Contract::openapi())
        .merge(goledger::routes())
        .merge(v1::routes())
        .merge(about)
        .split_for_parts();
    let contract = openapi::complete(endpoints);
    let requests = Arc::new(metrics::RequestCounts::new(contract.paths.paths.keys().cloned()));
    document.publish(&contract);
    page.publish(&contract);
    published_metrics.publish(Arc::clone(&requests));
    let keyed = idempotency::IdempotencyLayer {
        service: Arc::clone(&service),
        paths: openapi::keyed_paths(&contract),
    };
    let counting = metrics::RequestCounter { service: Arc::clone(&service), requests };
    // Combined, because the router boxes each of its layers.
    let layers = ServiceBuilder::new().layer(DefaultBodyLimit::max(BODY_BYTES_MAX)).layer(
        middleware::RequestLayer { counter: Arc::new(counting), idempotency: Arc::new(keyed) },
    );
    router
        .fallback(problem::no_such_path)
        .method_not_allowed_fallback(problem::no_such_method)
        .layer(layers)
        .with_state(service)
}
