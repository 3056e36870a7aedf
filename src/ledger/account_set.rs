//! The accounts of an attempt: two of them without an allocation, or any number.

use super::accounts::AccountRef;
use crate::model::AccountState;

/// Different accounts, in the order in which the attempt names them.
pub(super) trait AccountSet<'a>: Sized {
    /// One value for each account.
    type Of<T>: AsRef<[T]> + AsMut<[T]>;

    /// Returns the accounts in the order of the set.
    fn as_slice(&self) -> &[AccountRef<'a>];

    /// Returns the same accounts by ascending number.
    fn ascending(&self) -> Self;

    /// Maps each account. On the first error, drops the values so far and returns it.
    fn try_map<T, E>(
        &self,
        map: impl FnMut(AccountRef<'a>) -> Result<T, E>,
    ) -> Result<Self::Of<T>, E>;

    /// Loads the state of each account, see [`Cell::load`](super::cell::Cell::load).
    fn load(&self) -> Self::Of<AccountState>;

    /// Returns a copy of the states.
    fn copy(states: &Self::Of<AccountState>) -> Self::Of<AccountState>;

    #[inline(always)]
    fn map<T>(&self, mut map: impl FnMut(AccountRef<'a>) -> T) -> Self::Of<T> {
        match self.try_map(|account| Ok::<T, std::convert::Infallible>(map(account))) {
            Ok(all) => all,
            Err(never) => match never {},
        }
    }
}

impl<'a> AccountSet<'a> for [AccountRef<'a>; 2] {
    type Of<T> = [T; 2];

    #[inline(always)]
    fn as_slice(&self) -> &[AccountRef<'a>] {
        self
    }

    #[inline(always)]
    fn ascending(&self) -> Self {
        let [one, other] = *self;
        if one.number < other.number { [one, other] } else { [other, one] }
    }

    #[inline(always)]
    fn try_map<T, E>(
        &self,
        mut map: impl FnMut(AccountRef<'a>) -> Result<T, E>,
    ) -> Result<[T; 2], E> {
        let first = map(self[0])?;
        Ok([first, map(self[1])?])
    }

    #[inline(always)]
    fn load(&self) -> [AccountState; 2] {
        [self[0].cell.load(), self[1].cell.load()]
    }

    #[inline(always)]
    fn copy(states: &[AccountState; 2]) -> [AccountState; 2] {
        *states
    }
}

/// The accounts of a unit.
pub(super) type AccountList<'a> = Few<AccountRef<'a>>;

/// A value for each account or transfer of a unit, without an allocation if there are as few as most chains have.
#[cfg(not(target_family = "wasm"))]
pub(super) type Few<T> = smallvec::SmallVec<[T; 4]>;

/// A value for each account or transfer of a unit. A module with the code of small vectors is larger by 5 KB.
#[cfg(target_family = "wasm")]
pub(super) type Few<T> = Vec<T>;

impl<'a> AccountSet<'a> for AccountList<'a> {
    type Of<T> = Few<T>;

    fn as_slice(&self) -> &[AccountRef<'a>] {
        self
    }

    fn ascending(&self) -> Self {
        let mut sorted = self.clone();
        sorted.sort_unstable_by_key(|account| account.number);
        sorted
    }

    fn try_map<T, E>(&self, map: impl FnMut(AccountRef<'a>) -> Result<T, E>) -> Result<Few<T>, E> {
        self.iter().copied().map(map).collect()
    }

    fn load(&self) -> Few<AccountState> {
        self.map(|account| account.cell.load())
    }

    fn copy(states: &Few<AccountState>) -> Few<AccountState> {
        states.iter().copied().collect()
    }
}
