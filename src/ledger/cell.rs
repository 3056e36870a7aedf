//! The cell of an account: a latch, and the account in words that can be read without locking it.
//!
//! # Protocol
//! A writer holds the latch. Every word is stored with release and loaded with acquire, so a reader
//! that has seen a new word also sees that the latch was locked, and reads again: see
//! [`Latch::read`]. On x86 and in WebAssembly that costs no more than a relaxed access. A store
//! does cost, so only words that have changed are stored.
//!
//! The first cache line holds what a plain transfer changes, the second what it only reads. So a
//! transfer moves two cache lines between processors instead of four.

use crate::model::AccountState;
use crate::sync::{AtomicU64, Interrupted, Latch, Ordering, WaitForever, WaitPolicy};
use crate::trail::AccountChange;

/// A 128-bit number in two words, the lower first.
#[derive(Debug, Default)]
#[repr(transparent)]
struct Sum([AtomicU64; 2]);

impl Sum {
    #[inline(always)]
    fn load(&self) -> u128 {
        let [low, high] = &self.0;
        let high = u128::from(high.load(Ordering::Acquire));
        high << 64 | u128::from(low.load(Ordering::Acquire))
    }

    /// Stores the words that differ.
    #[inline(always)]
    fn change(&self, from: u128, to: u128) {
        if from as u64 != to as u64 {
            self.0[0].store(to as u64, Ordering::Release);
        }
        if (from >> 64) as u64 != (to >> 64) as u64 {
            self.0[1].store((to >> 64) as u64, Ordering::Release);
        }
    }
}

/// See the module documentation. A cell without an account has the id 0.
#[derive(Debug)]
#[repr(C, align(128))]
pub(super) struct Cell {
    pub(super) latch: Latch,
    version: AtomicU64,
    debits_posted: Sum,
    credits_posted: Sum,
    /// The account's newest change, see [`AccountChange`].
    newest: AtomicU64,
    unused: AtomicU64,
    debits_pending: Sum,
    credits_pending: Sum,
    id: Sum,
    timestamp: AtomicU64,
    /// Ledger, code and flags, from the top.
    terms: AtomicU64,
}

#[cfg(not(any(loom, shuttle)))]
const _: () = assert!(size_of::<Cell>() == 128, "a cell is two cache lines");

#[cfg(not(any(loom, shuttle)))]
const _: () =
    assert!(std::mem::offset_of!(Cell, debits_pending) == 64, "the first line holds what changes");

impl Cell {
    /// Returns a cell without an account.
    pub(super) fn empty() -> Self {
        let word = || AtomicU64::new(0);
        Self {
            latch: Latch::new(0),
            version: word(),
            debits_posted: Sum::default(),
            credits_posted: Sum::default(),
            newest: word(),
            unused: word(),
            debits_pending: Sum::default(),
            credits_pending: Sum::default(),
            id: Sum::default(),
            timestamp: word(),
            terms: word(),
        }
    }

    /// Returns the first word of the cache line that a plain transfer only reads.
    #[inline(always)]
    pub(super) fn second_line(&self) -> &AtomicU64 {
        &self.debits_pending.0[0]
    }

    /// Returns the account's id. It never changes once the account is in the index.
    #[inline(always)]
    pub(super) fn id(&self) -> u128 {
        self.id.load()
    }

    /// Reads the account without locking the latch. Returns it with the last timestamp that
    /// depended on it.
    ///
    /// # Errors
    /// The reason why `wait_policy` ended the wait for a writer.
    pub(super) fn read(
        &self,
        wait_policy: &impl WaitPolicy,
    ) -> Result<(AccountState, u64), Interrupted> {
        self.latch.read(wait_policy, || self.load())
    }

    /// Like [`Cell::read`], waiting without a limit.
    pub(super) fn read_waiting(&self) -> (AccountState, u64) {
        WaitForever::finish(self.read(&WaitForever))
    }

    /// Reads the account for a moment: every later write gets a timestamp later than `timestamp`.
    /// Returns it with the last timestamp that depended on it before.
    pub(super) fn read_at(&self, timestamp: u64) -> (AccountState, u64) {
        loop {
            let (state, word) = self.read_waiting();
            if word > timestamp || self.latch.record_read_timestamp(word, timestamp) {
                return (state, word);
            }
        }
    }

    /// Loads the words. They are consistent only when no other thread writes them at the same time.
    #[inline(always)]
    pub(super) fn load(&self) -> AccountState {
        let terms = self.terms.load(Ordering::Acquire);
        AccountState {
            id: self.id.load(),
            debits_pending: self.debits_pending.load(),
            debits_posted: self.debits_posted.load(),
            credits_pending: self.credits_pending.load(),
            credits_posted: self.credits_posted.load(),
            timestamp: self.timestamp.load(Ordering::Acquire),
            version: self.version.load(Ordering::Acquire),
            ledger: (terms >> 32) as u32,
            code: (terms >> 16) as u16,
            flags: terms as u16,
        }
    }

    /// Returns the account's newest change. The caller holds the latch, or reads within it.
    #[inline(always)]
    pub(super) fn newest(&self) -> AccountChange {
        AccountChange::of_word(self.newest.load(Ordering::Acquire))
    }

    /// Stores what has changed, and the newest change. The caller holds the latch, except under the `no-locks` protocol.
    #[inline(always)]
    pub(super) fn change(&self, from: &AccountState, to: &AccountState, newest: AccountChange) {
        if from.version == to.version {
            // Every change increments the version. A rejection changes nothing.
            debug_assert_eq!(from, to);
            return;
        }
        self.version.store(to.version, Ordering::Release);
        self.newest.store(newest.word(), Ordering::Release);
        self.debits_posted.change(from.debits_posted, to.debits_posted);
        self.credits_posted.change(from.credits_posted, to.credits_posted);
        self.debits_pending.change(from.debits_pending, to.debits_pending);
        self.credits_pending.change(from.credits_pending, to.credits_pending);
        if from.flags != to.flags {
            self.terms.store(terms(to), Ordering::Release);
        }
    }

    /// Writes an account to the empty cell, as of `timestamp`.
    pub(super) fn open(&self, state: &AccountState, timestamp: u64) {
        let guard = self.latch.lock();
        self.debits_pending.change(0, state.debits_pending);
        self.debits_posted.change(0, state.debits_posted);
        self.credits_pending.change(0, state.credits_pending);
        self.credits_posted.change(0, state.credits_posted);
        self.version.store(state.version, Ordering::Release);
        self.timestamp.store(state.timestamp, Ordering::Release);
        self.terms.store(terms(state), Ordering::Release);
        self.id.change(0, state.id);
        guard.release(timestamp);
    }

    /// Sets the sums of an account without a transfer.
    pub(super) fn set_sums(&self, sums: [u128; 4]) {
        let _guard = self.latch.lock();
        let state = self.load();
        self.debits_pending.change(state.debits_pending, sums[0]);
        self.debits_posted.change(state.debits_posted, sums[1]);
        self.credits_pending.change(state.credits_pending, sums[2]);
        self.credits_posted.change(state.credits_posted, sums[3]);
    }
}

fn terms(state: &AccountState) -> u64 {
    u64::from(state.ledger) << 32 | u64::from(state.code) << 16 | u64::from(state.flags)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Side;

    #[test]
    fn account_is_read_as_it_was_written() {
        let cell = Cell::empty();
        assert_eq!(cell.read_waiting(), (AccountState::default(), 0));
        let state = AccountState {
            id: u128::MAX - 1,
            debits_pending: 1 << 64,
            debits_posted: u128::MAX,
            credits_pending: 7,
            credits_posted: (9 << 64) | 8,
            timestamp: 40,
            version: 3,
            ledger: u32::MAX,
            code: u16::MAX - 1,
            flags: 0x8001,
        };
        cell.open(&state, 41);
        assert_eq!(cell.read_waiting(), (state, 41));
        let (guard, before) = (cell.latch.lock(), cell.load());
        let after = AccountState {
            debits_posted: 5,
            credits_posted: (9 << 64) | 9,
            debits_pending: 0,
            credits_pending: 1 << 100,
            version: 4,
            flags: 1,
            ..before
        };
        let newest = AccountChange::at(3, 9, Side::Credit);
        cell.change(&before, &after, newest);
        guard.release(50);
        assert_eq!((cell.read_waiting(), cell.newest()), ((after, 50), newest));
    }

    #[test]
    fn locked_cell_is_not_read() {
        let cell = Cell::empty();
        let guard = cell.latch.lock();
        let never = crate::ledger::Cancellation::never();
        let flag = AtomicU64::new(1);
        let interrupted = cell.read(&never.with_flag(&flag));
        assert_eq!(interrupted, Err(Interrupted::Cancelled));
        drop(guard);
        assert!(cell.read(&never.with_flag(&flag)).is_ok());
    }
}
