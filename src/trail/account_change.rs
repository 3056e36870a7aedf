//! Links from one change of an account to the change before it, so that an account's history is read in
//! time proportional to the answer.
//!
//! An account's cell has its newest change; the entry of a change has the change before it of either
//! account. Links are derived from the entries: seals leave them out, and trails from files have none.

use super::location::{EntryLocation, LOCATION_BITS};
use crate::model::Side;

/// Bits of a link: a packed location, and the side.
const LINK_BITS: u32 = LOCATION_BITS + 1;

const LINK_MASK: u64 = (1 << LINK_BITS) - 1;

/// The entry of a change of an account, and the account's side in it. Or none.
///
/// A transfer that was created changes both of its accounts, and so does the expiry of a pending one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct AccountChange(u64);

impl AccountChange {
    /// Returns the change by the entry at this location.
    #[inline(always)]
    pub(crate) fn at(writer: usize, position: u64, side: Side) -> Self {
        Self(EntryLocation { writer, position }.pack() << 1 | u64::from(side == Side::Credit))
    }

    /// Returns where its entry is, and the account's side in it.
    pub(crate) fn location(self) -> Option<(EntryLocation, Side)> {
        let side = if self.0 & 1 == 0 { Side::Debit } else { Side::Credit };
        Some((EntryLocation::unpack(self.0 >> 1)?, side))
    }

    /// Returns the change in a word, 0 for none.
    #[inline(always)]
    pub(crate) fn word(self) -> u64 {
        self.0
    }

    /// Returns the change of a word.
    #[inline(always)]
    pub(crate) fn of_word(word: u64) -> Self {
        Self(word & LINK_MASK)
    }
}

/// The changes before an entry's own, of its debit and its credit account, in 12 bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(C)]
pub struct PreviousChanges {
    /// The upper bits of the credit account's link.
    credit_high: u32,
    /// The debit account's link, and above it the lower bits of the credit account's.
    debit_and_credit_low: [u32; 2],
}

/// Bits of the credit account's link that are beside the debit account's.
const CREDIT_LOW_BITS: u32 = u64::BITS - LINK_BITS;

impl PreviousChanges {
    /// Returns the links of the debit and the credit account.
    #[inline(always)]
    pub(crate) fn of(debit: AccountChange, credit: AccountChange) -> Self {
        let both = debit.0 | credit.0 << LINK_BITS;
        Self {
            credit_high: (credit.0 >> CREDIT_LOW_BITS) as u32,
            debit_and_credit_low: [both as u32, (both >> 32) as u32],
        }
    }

    /// Returns the bytes, little-endian.
    pub(super) fn to_bytes(self) -> [u8; 12] {
        let [low, high] = self.debit_and_credit_low;
        let words = [self.credit_high, low, high].map(u32::to_le_bytes);
        *words.as_flattened().first_chunk().expect("three words are twelve bytes")
    }

    /// Returns the links of these bytes.
    pub(super) fn from_bytes(bytes: [u8; 12]) -> Self {
        let (words, _) = bytes.as_chunks::<4>();
        let [credit_high, low, high] = [0, 1, 2].map(|word: usize| u32::from_le_bytes(words[word]));
        Self { credit_high, debit_and_credit_low: [low, high] }
    }

    /// Returns the change before this one of the account on that side.
    pub(crate) fn on(self, side: Side) -> AccountChange {
        let [low, high] = self.debit_and_credit_low.map(u64::from);
        let both = high << 32 | low;
        AccountChange::of_word(match side {
            Side::Debit => both,
            Side::Credit => u64::from(self.credit_high) << CREDIT_LOW_BITS | both >> LINK_BITS,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_are_read_as_they_were_written() {
        let last = (1 << 39) - 2;
        let changes = [(0, 0, Side::Debit), (255, last, Side::Credit), (7, 1 << 30, Side::Debit)];
        let changes = changes.map(|(writer, position, side)| {
            let change = AccountChange::at(writer, position, side);
            assert_eq!(change.location(), Some((EntryLocation { writer, position }, side)));
            assert_eq!(AccountChange::of_word(change.word()), change);
            change
        });
        let none = AccountChange::default();
        assert_eq!((none.location(), none.word()), (None, 0));
        for debit in changes.into_iter().chain([none]) {
            for credit in changes.into_iter().chain([none]) {
                let previous = PreviousChanges::of(debit, credit);
                assert_eq!((previous.on(Side::Debit), previous.on(Side::Credit)), (debit, credit));
            }
        }
    }
}
