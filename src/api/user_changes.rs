//! Changes of the users of a running service.
//!
//! A change is stored before it takes effect. If it cannot be stored, nothing has changed. A removed
//! user's account and its coins stay in the ledger, which forgets no account.

use std::fmt;
use std::sync::Arc;

use super::current_users::UsersStore;
use super::service::Service;
use super::users::{Role, TokenHash, User, Users, UsersError};
use crate::coins::CoinsError;
#[cfg(all(feature = "http", not(target_family = "wasm")))]
use crate::coins::EngineCoinsError;
#[cfg(all(feature = "http", not(target_family = "wasm")))]
use crate::engine::wait;
use crate::ledger::TrailAccess;

/// Why users cannot be changed.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum UserChangeError {
    /// The users would be invalid.
    Users(UsersError),
    /// There is no user with this name.
    NotFound {
        /// The name.
        name: String,
    },
    /// A removed user had this name, and the account of that user still exists.
    AccountExists {
        /// The name.
        name: String,
    },
    /// No operator would be left.
    LastOperator {
        /// The name of the only operator.
        name: String,
    },
    /// The user has no old token.
    NoOldToken {
        /// The name.
        name: String,
    },
    /// The change cannot be stored.
    Store(String),
    /// The account of a user cannot be opened on a remote engine, or that is unknown.
    #[cfg(all(feature = "http", not(target_family = "wasm")))]
    EngineAccount {
        /// The name of the user.
        name: String,
        /// The reason.
        error: EngineCoinsError,
    },
    /// The account of a user cannot be opened.
    Account {
        /// The name of the user.
        name: String,
        /// The reason.
        error: CoinsError,
    },
}

impl fmt::Display for UserChangeError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Users(error) => error.fmt(formatter),
            Self::NotFound { name } => write!(formatter, "there is no user {name:?}"),
            Self::AccountExists { name } => write!(
                formatter,
                "a removed user was named {name:?}, and that account still exists; set reuse_account \
                 to true to give it to the new user, or choose another name"
            ),
            Self::LastOperator { name } => write!(
                formatter,
                "{name:?} is the only operator, and at least one is required; add another one first"
            ),
            Self::NoOldToken { name } => write!(formatter, "user {name:?} has no old token"),
            Self::Store(why) => write!(formatter, "the users cannot be stored: {why}"),
            #[cfg(all(feature = "http", not(target_family = "wasm")))]
            Self::EngineAccount { name, error } => {
                write!(formatter, "the account of {name:?}: {error}")
            }
            Self::Account { name, error } => write!(formatter, "the account of {name:?}: {error}"),
        }
    }
}

impl std::error::Error for UserChangeError {}

impl From<UsersError> for UserChangeError {
    fn from(error: UsersError) -> Self {
        Self::Users(error)
    }
}

impl Service {
    /// Sets where changes of users are stored. Without it they are in memory only. Only the first call
    /// has an effect.
    pub fn set_users_store(&self, store: Arc<dyn UsersStore>) {
        self.current_users().set_store(store);
    }

    /// Adds a user, and opens the user's account with the initial balance. With `reuse_account`, the
    /// user may get the account of a removed user of the same name, with the balance that it has.
    /// Returns whether the change was stored.
    ///
    /// # Errors
    /// [`UserChangeError`]; then nothing has changed.
    pub fn add_user(&self, user: User, reuse_account: bool) -> Result<bool, UserChangeError> {
        let change = self.current_users().change();
        let before = change.before();
        let mut all = before.all().to_vec();
        all.push(user.clone());
        let after = before.with(all)?;
        let is_reused = self.has_account(&user.name)?;
        if is_reused && !reuse_account {
            return Err(UserChangeError::AccountExists { name: user.name });
        }
        let is_stored = change.store(&after).map_err(UserChangeError::Store)?;
        if let Err(error) = self.open_account(&user) {
            // The ledger is full. If the old list cannot be stored either, a restart opens the account.
            let _ = change.store(&before);
            return Err(error);
        }
        change.publish(after);
        Ok(is_stored)
    }

    /// Removes a user. The user's tokens are rejected from now on; the account stays. Returns whether
    /// the change was stored.
    ///
    /// # Errors
    /// [`UserChangeError`]; then nothing has changed.
    pub fn remove_user(&self, name: &str) -> Result<bool, UserChangeError> {
        self.change_users(name, |all, position| {
            let removed = all.remove(position);
            let has_operator = all.iter().any(|user| user.role == Role::Operator);
            if removed.role == Role::Operator && !has_operator {
                return Err(UserChangeError::LastOperator { name: removed.name });
            }
            Ok(())
        })
    }

    /// Gives a user a new token. The previous one is accepted as well until
    /// [`remove_old_token`](Self::remove_old_token) or the next rotation. Returns whether the change was
    /// stored.
    ///
    /// # Errors
    /// [`UserChangeError`]; then nothing has changed.
    pub fn rotate_token(&self, name: &str, token: TokenHash) -> Result<bool, UserChangeError> {
        self.change_users(name, |all, position| {
            let user = &mut all[position];
            user.old_token = Some(user.token);
            user.token = token;
            Ok(())
        })
    }

    /// Removes the previous token of a user. Returns whether the change was stored.
    ///
    /// # Errors
    /// [`UserChangeError`]; then nothing has changed.
    pub fn remove_old_token(&self, name: &str) -> Result<bool, UserChangeError> {
        self.change_users(name, |all, position| {
            let removed = all[position].old_token.take();
            removed.map(drop).ok_or_else(|| UserChangeError::NoOldToken { name: name.to_owned() })
        })
    }

    /// Replaces all users by those that `read` reads, and opens accounts for the new names. Users whose
    /// names have an account keep it with its balance. Nothing is stored, because the list comes from
    /// the store. No other change happens while `read` reads.
    ///
    /// # Errors
    /// The error of `read`, or why an account cannot be opened; then the users have not changed.
    pub fn replace_users(
        &self,
        read: impl FnOnce() -> Result<Users, String>,
    ) -> Result<(), String> {
        let change = self.current_users().change();
        let users = read()?;
        for user in users.all() {
            self.open_account(user).map_err(|error| error.to_string())?;
        }
        change.publish(users);
        Ok(())
    }

    /// Changes the list of users at the position of the one with this name.
    fn change_users(
        &self,
        name: &str,
        edit: impl FnOnce(&mut Vec<User>, usize) -> Result<(), UserChangeError>,
    ) -> Result<bool, UserChangeError> {
        let change = self.current_users().change();
        let before = change.before();
        let position = before.position(name);
        let position =
            position.ok_or_else(|| UserChangeError::NotFound { name: name.to_owned() })?;
        let mut all = before.all().to_vec();
        edit(&mut all, position)?;
        let after = before.with(all)?;
        let is_stored = change.store(&after).map_err(UserChangeError::Store)?;
        change.publish(after);
        Ok(is_stored)
    }

    /// Whether an account has this name. One on a remote engine that nothing has ever changed does not count: its opening may have
    /// ended half way, and is completed.
    fn has_account(&self, name: &str) -> Result<bool, UserChangeError> {
        #[cfg(all(feature = "http", not(target_family = "wasm")))]
        if let Some(remote) = self.remote() {
            return wait(remote.coins().is_used(name)).map_err(|error| {
                UserChangeError::EngineAccount { name: name.to_owned(), error: error.into() }
            });
        }
        Ok(self.coins().id(name).is_some())
    }

    /// Opens the account of a user, unless the name has one.
    fn open_account(&self, user: &User) -> Result<(), UserChangeError> {
        #[cfg(all(feature = "http", not(target_family = "wasm")))]
        if let Some(remote) = self.remote() {
            let opened = wait(remote.coins().open_account(&user.name, user.coins));
            return opened.map(drop).map_err(|error| UserChangeError::EngineAccount {
                name: user.name.clone(),
                error,
            });
        }
        let open = || {
            if self.coins().id(&user.name).is_some() {
                return Ok(());
            }
            let mut session = self.session()?;
            session.writer().set_access(TrailAccess::Operator);
            let opened = session.open(&user.name, user.coins);
            session.writer().set_access(TrailAccess::Ordinary);
            opened.map(drop)
        };
        let failed = |error| UserChangeError::Account { name: user.name.clone(), error };
        open().map_err(failed)
    }
}
