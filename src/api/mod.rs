//! The HTTP API: one router, independent of its host.
//!
//! [`router`] handles requests to a [`Service`]: a ledger of coins, its users, and a clock that the host
//! provides. It opens no sockets, starts no threads and reads no files, so the native server, a Node
//! process and a browser tab all use it.
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

mod clock;
mod current_users;
#[cfg(feature = "http")]
mod http;
mod quotas;
#[cfg(all(feature = "http", not(target_family = "wasm")))]
mod remote;
mod service;
mod snapshot;
#[cfg(feature = "store")]
mod stored_ledger;
#[cfg(feature = "http")]
mod tickets;
mod user_changes;
mod users;

pub use clock::{CLOCK_OFFSET_SECONDS_MAX, ClockHealth, ServiceClock, SteadyClock};
pub use current_users::UsersStore;
#[cfg(all(target_family = "wasm", feature = "http"))]
pub(crate) use http::body_too_large;
#[cfg(feature = "http")]
pub use http::{
    ActiveRun, BODY_BYTES_MAX, HostMetric, Problem, ProblemCode, RUNS_STORED, RunHost, router,
};
#[cfg(feature = "http")]
pub use http::{ReadHost, ReadTask, StaticContent};
pub use quotas::{QuotaError, Quotas, Requester, SessionError};
#[cfg(all(feature = "http", not(target_family = "wasm")))]
pub use remote::{EngineHealth, RemoteLedger};
pub use service::{Service, ServiceConfig, ServiceError};
pub use snapshot::{AccountSnapshot, LedgerSnapshot, VerifyResult};
#[cfg(feature = "store")]
pub use stored_ledger::StoredLedger;
pub use user_changes::UserChangeError;
pub use users::{Role, Token, TokenHash, USERS_MAX, User, Users, UsersError};
