//! Services that workers know by number, because JavaScript cannot hand a reference from one worker to another.

use std::fmt;
use std::sync::{Arc, Mutex};

#[cfg(feature = "laboratory")]
use axum::Router;
use wasm_bindgen::prelude::*;

use super::kept::{Kept, lock};
use crate::api::Service;

/// The most services at the same time; each has a ledger of its own.
pub(super) const SERVICES_MAX: usize = 16;

static SERVICES: Mutex<Kept<Opened>> = Mutex::new(Kept::new());

/// A service, and the router that answers from it.
struct Opened {
    service: Arc<Service>,
    #[cfg(feature = "laboratory")]
    router: Router,
}

/// There are as many services as there may be.
#[derive(Debug)]
pub(super) struct TooMany;

impl fmt::Display for TooMany {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "there are {SERVICES_MAX} services, which are the most; close one")
    }
}

/// Keeps a service, and its number.
pub(super) fn keep(service: Arc<Service>) -> Result<u32, TooMany> {
    let opened = Opened {
        #[cfg(feature = "laboratory")]
        router: crate::api::router(Arc::clone(&service)),
        service,
    };
    let mut services = lock(&SERVICES);
    if services.len() == SERVICES_MAX {
        return Err(TooMany);
    }
    Ok(services.keep(opened))
}

/// The service of this number.
pub(super) fn find(service: u32) -> Option<Arc<Service>> {
    lock(&SERVICES).find(service).map(|opened| Arc::clone(&opened.service))
}

/// The router of the service of this number.
#[cfg(feature = "laboratory")]
pub(super) fn router(service: u32) -> Option<Router> {
    lock(&SERVICES).find(service).map(|opened| opened.router.clone())
}

/// Closes a service. Requests that it answers at this moment are answered, and bodies can be read to their end; then its
/// memory is freed. To close one that is not there changes nothing.
#[wasm_bindgen]
pub fn close_service(service: u32) {
    let closed = lock(&SERVICES).take(service);
    drop(closed);
}
