//! The accounts that an attempt touches: two of them without an allocation, or any number.

use crate::ledger::cell::Cell;
use crate::model::AccountState;

/// One account that an attempt touches.
#[derive(Clone, Copy, Debug)]
pub(in crate::ledger) struct AccountRef<'a> {
    /// Its number.
    pub(in crate::ledger) number: u64,
    /// Where it is.
    pub(in crate::ledger) cell: &'a Cell,
}

/// Different accounts, in the order in which the attempt names them.
pub(in crate::ledger) trait AccountSet<'a>: Sized {
    /// One thing for each of them.
    type Of<T>: AsRef<[T]> + AsMut<[T]>;

    /// The accounts, as they were named.
    fn as_slice(&self) -> &[AccountRef<'a>];

    /// The same accounts by ascending number.
    fn ascending(&self) -> Self;

    /// What `make` makes of each, or its first error; what was made before that is dropped.
    fn try_map<T, E>(
        &self,
        make: impl FnMut(AccountRef<'a>) -> Result<T, E>,
    ) -> Result<Self::Of<T>, E>;

    /// The same states once more.
    fn copy(states: &Self::Of<AccountState>) -> Self::Of<AccountState>;

    /// What `make` makes of each.
    #[inline(always)]
    fn map<T>(&self, mut make: impl FnMut(AccountRef<'a>) -> T) -> Self::Of<T> {
        match self.try_map(|touch| Ok::<T, std::convert::Infallible>(make(touch))) {
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
        mut make: impl FnMut(AccountRef<'a>) -> Result<T, E>,
    ) -> Result<[T; 2], E> {
        let first = make(self[0])?;
        Ok([first, make(self[1])?])
    }

    #[inline(always)]
    fn copy(states: &[AccountState; 2]) -> [AccountState; 2] {
        *states
    }
}

impl<'a> AccountSet<'a> for Vec<AccountRef<'a>> {
    type Of<T> = Vec<T>;

    fn as_slice(&self) -> &[AccountRef<'a>] {
        self
    }

    fn ascending(&self) -> Self {
        let mut sorted = self.clone();
        sorted.sort_unstable_by_key(|touch| touch.number);
        sorted
    }

    fn try_map<T, E>(&self, make: impl FnMut(AccountRef<'a>) -> Result<T, E>) -> Result<Vec<T>, E> {
        self.iter().copied().map(make).collect()
    }

    fn copy(states: &Vec<AccountState>) -> Vec<AccountState> {
        states.clone()
    }
}
