//! Which account has which id: an index that only grows, for one thread.
//!
//! A replay looks up two ids for every entry. A slot holds an account's number, 4 bytes, and the id is compared where the
//! account is, whose memory the caller is about to touch anyway. So the index of a thousand accounts is 8 KiB.

use super::AccountState;

/// The greatest share of slots that are taken is a half; with more the way to a free one gets long.
const SLOTS_PER_ACCOUNT: usize = 2;

/// AccountIndex of accounts by their ids. The accounts themselves are its caller's, in order of their numbers.
#[derive(Clone, Debug, Default)]
pub(super) struct AccountIndex {
    /// An account's number plus 1, or 0. As many as a power of two, or none.
    slots: Vec<u32>,
}

/// Multiplied, so that ids in a row do not stand in a row.
#[inline]
fn hash(id: u128) -> u64 {
    let folded = id as u64 ^ ((id >> 64) as u64).rotate_left(32);
    folded.wrapping_mul(0x9e37_79b9_7f4a_7c15)
}

impl AccountIndex {
    /// The slot at which the search for an id begins. There are slots.
    #[inline]
    fn first(&self, id: u128) -> usize {
        // The upper bits, as many as the slots have: they depend on every bit of the id. Counted in 64 bits, since a
        // `usize` of WebAssembly has 32.
        (hash(id) >> (self.slots.len() as u64).leading_zeros() >> 1) as usize
    }

    /// The slot after another one, around.
    #[inline]
    fn next(&self, place: usize) -> usize {
        (place + 1) & (self.slots.len() - 1)
    }

    /// The number of the account with this id, among those that were added.
    #[inline]
    pub(super) fn find(&self, id: u128, accounts: &[AccountState]) -> Option<usize> {
        if self.slots.is_empty() {
            return None;
        }
        // It ends, since half of the slots are free.
        let mut place = self.first(id);
        loop {
            let number = (*self.slots.get(place)? as usize).checked_sub(1)?;
            if accounts.get(number)?.id == id {
                return Some(number);
            }
            place = self.next(place);
        }
    }

    /// Adds the last of `accounts`, whose id is new.
    ///
    /// # Panics
    /// With more than 2^32 - 2 accounts, which are 512 GiB.
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
    fn every_account_is_found_and_nothing_else() {
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
