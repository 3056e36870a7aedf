//! The latch: a lock in one word, which also holds the last timestamp that depended on the guarded
//! data.
//!
//! # Protocol
//! The word's top bit, `LOCKED`, is set while a thread has exclusive access to the guarded data.
//! The low 63 bits are the last timestamp that depended on that data.
//!
//! | who | may do | when |
//! |---|---|---|
//! | any thread | read the word | always |
//! | any thread | set `LOCKED` by compare-exchange (acquire) | only from a word without `LOCKED` |
//! | any thread | raise the timestamp by compare-exchange (release) | only in a word without `LOCKED` |
//! | the holder, through [`LatchGuard`] | read and write the guarded data | between its exchange and its release |
//! | the holder | store a word without `LOCKED` (release) | once, as its last step |
//!
//! The acquire of one holder reads the release of the previous one, so a holder sees everything
//! that was written under the latch before. A holder that has changed anything leaves a greater
//! timestamp. So if the word is the same before and after some reads, no thread has written between
//! them. [`Latch::read`] depends on this, so it never writes. Proven by `tests/loom.rs`:
//! `latch_excludes`, `latch_hands_over_writes`, `reads_past_a_latch_are_whole`.

use super::primitives::{AtomicU64, Ordering};
use super::wait::{Interrupted, WaitForever, WaitPolicy, pause};

/// Set in the word while a thread holds the latch.
const LOCKED: u64 = 1 << 63;

/// The maximum timestamp: 2^63 - 1, as in TigerBeetle.
pub const TIMESTAMP_MAX: u64 = LOCKED - 1;

/// Attempts to take a locked latch between two checks of the wait policy, so that a short spin
/// reads no clock.
const ATTEMPTS_PER_CHECK: u32 = 16;

/// A lock in one word. See the module documentation for its protocol.
#[derive(Debug)]
#[repr(transparent)]
pub struct Latch {
    word: AtomicU64,
}

impl Latch {
    /// Returns a free latch whose last timestamp is `timestamp` (0 to [`TIMESTAMP_MAX`]).
    pub fn new(timestamp: u64) -> Self {
        Self { word: AtomicU64::new(timestamp & TIMESTAMP_MAX) }
    }

    /// Returns the last timestamp that depended on the guarded data, whether or not the latch is
    /// held.
    #[inline]
    pub fn last_timestamp(&self) -> u64 {
        self.word.load(Ordering::Acquire) & TIMESTAMP_MAX
    }

    /// Takes the latch. While another thread holds it, waits for as long as `wait_policy` allows.
    ///
    /// # Errors
    /// The reason why `wait_policy` ended the wait. The latch was not taken.
    #[inline]
    pub fn lock_with(&self, wait_policy: &impl WaitPolicy) -> Result<LatchGuard<'_>, Interrupted> {
        match self.try_lock() {
            Some(guard) => Ok(guard),
            None => self.lock_slow(wait_policy),
        }
    }

    /// Takes the latch, waiting without a limit.
    #[inline]
    pub fn lock(&self) -> LatchGuard<'_> {
        WaitForever::finish(self.lock_with(&WaitForever))
    }

    /// Takes the latch if it is free now.
    #[inline(always)]
    pub fn try_lock(&self) -> Option<LatchGuard<'_>> {
        let seen = self.word.load(Ordering::Relaxed);
        if seen & LOCKED != 0 {
            return None;
        }
        let taken =
            self.word.compare_exchange(seen, seen | LOCKED, Ordering::Acquire, Ordering::Relaxed);
        // Lazily: dropping a `LatchGuard` after a failed exchange would free another thread's latch.
        taken.is_ok().then(|| LatchGuard { latch: self, word: seen, waited: false })
    }

    #[cold]
    fn lock_slow(&self, wait_policy: &impl WaitPolicy) -> Result<LatchGuard<'_>, Interrupted> {
        let mut guard = wait(wait_policy, || self.try_lock())?;
        guard.waited = true;
        Ok(guard)
    }

    /// Reads the guarded data without taking the latch, and returns it with the last timestamp that
    /// depended on it.
    ///
    /// Calls `read` again until no thread has written in between. `read` can run while a writer
    /// writes, so it must read only atomics that are loaded with acquire and stored with release.
    /// The result of such a call is discarded.
    ///
    /// # Errors
    /// The reason why `wait_policy` ended the wait for a writer.
    #[inline]
    pub fn read<T>(
        &self,
        wait_policy: &impl WaitPolicy,
        mut read: impl FnMut() -> T,
    ) -> Result<(T, u64), Interrupted> {
        let mut once = || {
            let before = self.word.load(Ordering::Acquire);
            if before & LOCKED != 0 {
                return None;
            }
            let value = read();
            (self.word.load(Ordering::Relaxed) == before).then_some((value, before))
        };
        match once() {
            Some(whole) => Ok(whole),
            None => wait(wait_policy, once),
        }
    }

    /// Records that `timestamp` depends on the data that [`Latch::read`] returned with the word
    /// `seen`. Returns `false`, and records nothing, when the word has changed since.
    #[inline]
    pub fn record_read_timestamp(&self, seen: u64, timestamp: u64) -> bool {
        let later = seen.max(timestamp);
        self.word.compare_exchange(seen, later, Ordering::AcqRel, Ordering::Relaxed).is_ok()
    }

    /// Returns whether the caller, who holds the latch, locked it when its word was `seen`.
    #[inline]
    pub fn was_locked_at(&self, seen: u64) -> bool {
        self.word.load(Ordering::Relaxed) == seen | LOCKED
    }

    /// Stores the timestamp regardless of who holds the latch. Only the `no-locks` protocol uses
    /// it.
    #[inline]
    pub fn overwrite(&self, timestamp: u64) {
        self.word.store(timestamp & TIMESTAMP_MAX, Ordering::Release);
    }
}

/// Calls `poll` with growing pauses until it returns a value or `wait_policy` ends the wait.
fn wait<T>(
    wait_policy: &impl WaitPolicy,
    mut poll: impl FnMut() -> Option<T>,
) -> Result<T, Interrupted> {
    let mut round = 0;
    loop {
        if let Some(value) = poll() {
            return Ok(value);
        }
        if round % ATTEMPTS_PER_CHECK == ATTEMPTS_PER_CHECK - 1 {
            wait_policy.check()?;
        }
        pause(round);
        round = round.saturating_add(1);
    }
}

/// Exclusive access to the data that a latch guards.
///
/// Dropping it restores the latch's previous word. [`LatchGuard::release`] stores a new timestamp.
#[derive(Debug)]
pub struct LatchGuard<'a> {
    latch: &'a Latch,
    word: u64,
    waited: bool,
}

impl LatchGuard<'_> {
    /// Returns the last timestamp that depended on the guarded data.
    #[inline]
    pub fn last_timestamp(&self) -> u64 {
        self.word
    }

    /// Returns whether this thread had to wait for the latch.
    #[inline]
    pub fn waited(&self) -> bool {
        self.waited
    }

    /// Records that `timestamp` depends on the guarded data. The latch stays locked.
    #[inline]
    pub fn record_read_timestamp(&mut self, timestamp: u64) {
        debug_assert!(timestamp > self.word && timestamp <= TIMESTAMP_MAX);
        self.word = timestamp & TIMESTAMP_MAX;
    }

    /// Frees the latch and records that `timestamp` depends on the guarded data.
    #[inline]
    pub fn release(mut self, timestamp: u64) {
        self.record_read_timestamp(timestamp);
    }
}

impl Drop for LatchGuard<'_> {
    #[inline]
    fn drop(&mut self) {
        self.latch.word.store(self.word, Ordering::Release);
    }
}
