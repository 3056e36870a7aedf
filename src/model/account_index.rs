//! An index of accounts by id, for one thread. It only grows.
//!
//! A replay looks up two ids for every entry. A slot holds an account's number in 4 bytes; the id
//! is compared in the account itself, which the caller accesses anyway. So the index of a thousand
//! accounts has 8 KiB.

use super::AccountState;

/// At most half of the slots are used, so that a free one is close.
const SLOTS_PER_ACCOUNT: usize = 2;

/// Numbers of accounts by id. The caller owns the accounts, in order of their numbers.
#[derive(Clone, Debug, Default)]
pub(super) struct AccountIndex {
    /// Account numbers plus 1, or 0. Their count is a power of two, or 0.
    slots: Vec<u32>,
}

/// Returns a hash. The multiplication spreads consecutive ids.
#[inline]
fn hash(id: u128) -> u64 {
    let folded = id as u64 ^ ((id >> 64) as u64).rotate_left(32);
    folded.wrapping_mul(0x9e37_79b9_7f4a_7c15)
}

impl AccountIndex {
    /// Returns the slot at which the search for an id begins. There must be slots.
    #[inline]
    fn first(&self, id: u128) -> usize {
        // The upper bits, as many as the slots have: they depend on every bit of the id. Counted in
        // 64 bits, since a `usize` of WebAssembly has 32.
        (hash(id) >> (self.slots.len() as u64).leading_zeros() >> 1) as usize
    }

    /// Returns the slot after another one; after the last, the first.
    #[inline]
    fn next(&self, slot: usize) -> usize {
        (slot + 1) & (self.slots.len() - 1)
    }

    /// Returns the number of the account with this id.
    #[inline]
    pub(super) fn find(&self, id: u128, accounts: &[AccountState]) -> Option<usize> {
        if self.slots.is_empty() {
            return None;
        }
        // It ends, since half of the slots are free.
        let mut slot = self.first(id);
        loop {
            let number = (*self.slots.get(slot)? as usize).checked_sub(1)?;
            if accounts.get(number)?.id == id {
                return Some(number);
            }
            slot = self.next(slot);
        }
    }

    /// Adds the last of `accounts`, whose id is new.
    ///
    /// # Panics
    /// With more than 2^32 - 2 accounts, which would be 512 GiB.
    pub(super) fn add_last(&mut self, accounts: &[AccountState]) {
        if accounts.len() * SLOTS_PER_ACCOUNT > self.slots.len() {
            let slots = (accounts.len() * SLOTS_PER_ACCOUNT).next_power_of_two();
            self.slots = vec![0; slots];
            (1..=accounts.len()).for_each(|count| self.take_slot(&accounts[..count]));
        } else {
            self.take_slot(accounts);
        }
    }

    fn take_slot(&mut self, accounts: &[AccountState]) {
        let Some(last) = accounts.last() else { return };
        let mut free = self.first(last.id);
        while self.slots[free] != 0 {
            free = self.next(free);
        }
        self.slots[free] = u32::try_from(accounts.len()).expect("memory ends before");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn index_finds_every_account_and_no_other() {
        // In a row, alike in their lower or upper halves, and at the ends.
        let alike = (0..300).flat_map(|n: u128| [n << 64 | 7, n << 96 | 9, n << 32 | n << 96]);
        let ids = (1000..2000).chain(alike).chain([0, u128::MAX, u128::MAX - 1]);
        let (mut numbers, mut accounts) = (AccountIndex::default(), Vec::<AccountState>::new());
        for id in ids {
            let known = accounts.iter().position(|account| account.id == id);
            assert_eq!(numbers.find(id, &accounts), known, "{id}");
            if known.is_none() {
                accounts.push(AccountState { id, ..AccountState::default() });
                numbers.add_last(&accounts);
                assert!(numbers.slots.len() >= 2 * accounts.len(), "half of the slots are free");
            }
        }
        for (number, account) in accounts.iter().enumerate() {
            assert_eq!(numbers.find(account.id, &accounts), Some(number));
        }
        assert!(numbers.slots.len() <= accounts.len() * 2 * SLOTS_PER_ACCOUNT);
    }
}
