//! The HTTP contract: one router, free of any host.
//!
//! [`router`] answers requests from what a [`Service`] holds: a ledger of coins, those who may ask, and a clock that its host lends
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
mod http;
mod service;
mod snapshot;
mod users;

#[cfg(all(target_family = "wasm", feature = "laboratory"))]
pub(crate) use http::body_too_large;
#[cfg(feature = "laboratory")]
pub use http::{ActiveRun, Problem, RUNS_KEPT, RunHost, router};
pub use service::{Service, ServiceConfig, ServiceError};
pub use snapshot::{LedgerSnapshot, SnapshotRow, VerifyResult};
pub use users::{Role, Token, TokenHash, USERS_MAX, User, Users, UsersError};

/// The most bytes of a request's body: a batch of 8,189 transfers with every field given takes about half of it.
pub const BODY_BYTES_MAX: usize = 8 << 20;
