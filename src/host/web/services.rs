//! Services by their numbers.

use std::fmt;
use std::sync::{Arc, Mutex};

#[cfg(feature = "http")]
use axum::Router;
use wasm_bindgen::prelude::*;

use super::handle_table::{HandleTable, lock};
use crate::api::Service;

/// The maximum number of open services. Each has a ledger.
pub(super) const SERVICES_MAX: usize = 16;

static SERVICES: Mutex<HandleTable<OpenService>> = Mutex::new(HandleTable::new());

/// A service and its router.
struct OpenService {
    service: Arc<Service>,
    #[cfg(feature = "http")]
    router: Router,
}

/// The table of services is full.
#[derive(Debug)]
pub(super) struct TooManyServices;

impl fmt::Display for TooManyServices {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "there are {SERVICES_MAX} services, which are the most; close one")
    }
}

/// Adds a service and returns its number.
pub(super) fn insert(service: Arc<Service>) -> Result<u32, TooManyServices> {
    let open = OpenService {
        #[cfg(feature = "http")]
        router: crate::api::router(Arc::clone(&service)),
        service,
    };
    let mut services = lock(&SERVICES);
    if services.len() == SERVICES_MAX {
        return Err(TooManyServices);
    }
    Ok(services.insert(open))
}

/// Returns the service with this number.
pub(super) fn find(service: u32) -> Option<Arc<Service>> {
    lock(&SERVICES).get(service).map(|open| Arc::clone(&open.service))
}

/// Returns the router of the service with this number.
#[cfg(feature = "http")]
pub(super) fn router(service: u32) -> Option<Router> {
    lock(&SERVICES).get(service).map(|open| open.router.clone())
}

/// Closes a service. Its memory is freed when its active requests have been answered and their bodies read. Closing a
/// service that does not exist does nothing.
#[wasm_bindgen]
pub fn close_service(service: u32) {
    let closed = lock(&SERVICES).remove(service);
    drop(closed);
}
