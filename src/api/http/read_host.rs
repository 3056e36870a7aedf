//! What executes reads that can take long, and which of them run or wait.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};

/// A read, or one page of it.
pub type ReadTask = Box<dyn FnOnce() + Send>;

/// Executes reads on threads that handle no requests. Such a host also calls [`Service::count_attempts`](crate::api::Service::count_attempts) from time to time.
pub trait ReadHost: Send + Sync {
    /// The maximum number of reads that run or wait.
    fn reads_max(&self) -> usize;

    /// Executes a task of a user when those of this user before it have begun, and returns at once. Users take turns,
    /// so that the reads of one do not delay those of others. The host executes or drops every task.
    fn execute(&self, user: &str, task: ReadTask);
}

/// The reads of a service.
#[derive(Default)]
pub(crate) struct Reads {
    pub(super) host: OnceLock<Box<dyn ReadHost>>,
    pub(super) active: Mutex<ActiveReads>,
    /// The open change feeds by user.
    pub(super) feeds: Mutex<HashMap<String, usize>>,
}

/// The reads that run or wait.
#[derive(Default)]
pub(super) struct ActiveReads {
    pub(super) all: usize,
    pub(super) by_user: HashMap<String, usize>,
    /// Whether one of them is of the whole ledger.
    pub(super) has_whole: bool,
}

impl Reads {
    /// Sets the host. Only the first call has an effect.
    pub(crate) fn set_host(&self, host: Box<dyn ReadHost>) {
        let _ = self.host.set(host);
    }

    /// Whether a host with threads executes the reads.
    pub(super) fn has_host(&self) -> bool {
        self.host.get().is_some()
    }

    /// Executes a task on the host, or at once without one.
    pub(super) fn execute(&self, user: &str, task: ReadTask) {
        match self.host.get() {
            Some(host) => host.execute(user, task),
            None => task(),
        }
    }
}

pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // Each change is a single step, so a panic leaves the value valid.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
