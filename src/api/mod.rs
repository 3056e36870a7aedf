//! The HTTP contract: one router, free of any host.
//!
//! [`router`] answers requests from what a [`Service`] holds: a book of coins, those who may ask, and a clock that its host lends
//! it. It opens no socket, starts no thread and reads no file, so the native server, a Node process and a browser tab
//! all answer with it.
//!
//! ```
//! use ledgerlab::api::{Service, ServiceConfig, Users, router};
//! use tower::ServiceExt;
//!
//! # let runtime = tokio::runtime::Builder::new_current_thread().build()?;
//! # runtime.block_on(async {
//! let service = Service::open(ServiceConfig::default(), Users::demo(), || 1)?;
//! let request = axum::http::Request::get("/account/coins?username=aaron")
//!     .header("authorization", "1")
//!     .body(axum::body::Body::empty())?;
//! assert_eq!(router(service).oneshot(request).await?.status(), 200);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! # })?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
#![forbid(unsafe_code)]

#[cfg(feature = "laboratory")]
mod caller;
#[cfg(feature = "laboratory")]
mod document;
#[cfg(feature = "laboratory")]
mod goledger;
#[cfg(feature = "laboratory")]
mod idempotency;
#[cfg(feature = "laboratory")]
mod metrics;
#[cfg(feature = "laboratory")]
mod problem;
#[cfg(feature = "laboratory")]
mod query;
#[cfg(feature = "laboratory")]
mod reference;
#[cfg(feature = "laboratory")]
mod runs;
#[cfg(feature = "laboratory")]
mod sent;
mod service;
mod users;
#[cfg(feature = "laboratory")]
mod v1;
mod whole;

#[cfg(feature = "laboratory")]
use std::sync::Arc;

#[cfg(feature = "laboratory")]
use axum::extract::DefaultBodyLimit;
#[cfg(feature = "laboratory")]
use axum::middleware::from_fn_with_state;
#[cfg(feature = "laboratory")]
use axum::{Extension, Router};
#[cfg(feature = "laboratory")]
use tower::ServiceBuilder;
#[cfg(feature = "laboratory")]
use utoipa_axum::router::OpenApiRouter;
#[cfg(feature = "laboratory")]
use utoipa_axum::routes;

#[cfg(feature = "laboratory")]
pub use problem::Problem;
#[cfg(feature = "laboratory")]
pub use runs::{RUNS_KEPT, RunHost, Underway};
#[cfg(all(target_family = "wasm", feature = "laboratory"))]
pub(crate) use sent::body_too_large;
pub use service::{Service, ServiceConfig, ServiceError};
pub use users::{Role, Token, TokenHash, USERS_MAX, User, Users, UsersError};
pub use whole::{Verdict, WholeBook, WholeRow};

/// The most bytes of a request's body: a batch of 8,189 transfers with every field given takes about half of it.
pub const BODY_BYTES_MAX: usize = 8 << 20;

/// Everything that the service answers. The first words of its paths stand in `www/sw.js` as well, which lets them through to
/// a page's ledger.
#[cfg(feature = "laboratory")]
pub fn router(service: Arc<Service>) -> Router {
    let (router, endpoints) = OpenApiRouter::default()
        .merge(goledger::routes())
        .merge(v1::routes())
        .routes(routes!(metrics::metrics))
        .routes(routes!(document::openapi_json))
        .routes(routes!(reference::reference))
        .routes(routes!(reference::style))
        .split_for_parts();
    let document = document::complete(endpoints);
    let requests = Arc::new(metrics::Requests::new(document.paths.paths.keys().cloned()));
    let keyed = idempotency::Keyed {
        service: Arc::clone(&service),
        paths: Arc::new(document::keyed_paths(&document)),
    };
    let counting =
        metrics::Counting { service: Arc::clone(&service), requests: Arc::clone(&requests) };
    // One layer to the router, which puts each of its layers in a box.
    let layers = ServiceBuilder::new()
        .layer(from_fn_with_state(counting, metrics::count))
        .layer(Extension(document::Published::new(&document)))
        .layer(Extension(metrics::Metrics::new(requests)))
        .layer(DefaultBodyLimit::max(BODY_BYTES_MAX))
        .layer(from_fn_with_state(keyed, idempotency::once));
    router
        .fallback(problem::no_such_path)
        .method_not_allowed_fallback(problem::no_such_method)
        .layer(layers)
        .with_state(service)
}
