//! The users of a running service, which can change while requests read them.
//!
//! A request clones an [`Arc`] under a read lock. A change builds a whole new list and holds the write
//! lock only to exchange the pointer, so a request never waits for a change. An atomic pointer such as
//! `arc-swap` would save one uncontended lock of some nanoseconds for each request, at the price of a
//! dependency in the WebAssembly module.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, RwLock};

use super::users::Users;

/// Stores users where a restart finds them: in the file that they were read from.
pub trait UsersStore: Send + Sync {
    /// Stores a list of users as a whole, or changes nothing.
    ///
    /// # Errors
    /// The reason, in a sentence.
    fn store(&self, users: &Users) -> Result<(), String>;
}

/// The users of a running service.
pub(super) struct CurrentUsers {
    list: RwLock<Arc<Users>>,
    /// Held during a change, so that two changes do not start from the same list.
    change: Mutex<()>,
    /// Without a store, changes are in memory only.
    store: OnceLock<Arc<dyn UsersStore>>,
}

impl fmt::Debug for CurrentUsers {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "CurrentUsers({})", self.get().all().len())
    }
}

/// The right to change users. It exists once at a time.
pub(super) struct UsersChange<'a> {
    users: &'a CurrentUsers,
    _change: MutexGuard<'a, ()>,
}

impl CurrentUsers {
    pub(super) fn new(users: Users) -> Self {
        let list = RwLock::new(Arc::new(users));
        Self { list, change: Mutex::new(()), store: OnceLock::new() }
    }

    /// The users now.
    pub(super) fn get(&self) -> Arc<Users> {
        // The pointer is exchanged in one step, so a panic elsewhere leaves it valid.
        Arc::clone(&self.list.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Sets where changes are stored. Only the first call has an effect.
    pub(super) fn set_store(&self, store: Arc<dyn UsersStore>) {
        let _ = self.store.set(store);
    }

    /// Waits for the right to change users.
    pub(super) fn change(&self) -> UsersChange<'_> {
        let change = self.change.lock().unwrap_or_else(PoisonError::into_inner);
        UsersChange { users: self, _change: change }
    }
}

impl UsersChange<'_> {
    /// The users before the change.
    pub(super) fn before(&self) -> Arc<Users> {
        self.users.get()
    }

    /// Stores a new list. Returns whether there is a store.
    pub(super) fn store(&self, users: &Users) -> Result<bool, String> {
        match self.users.store.get() {
            Some(store) => store.store(users).map(|()| true),
            None => Ok(false),
        }
    }

    /// Makes a new list the current one.
    pub(super) fn publish(self, users: Users) {
        let users = Arc::new(users);
        *self.users.list.write().unwrap_or_else(PoisonError::into_inner) = users;
    }
}
