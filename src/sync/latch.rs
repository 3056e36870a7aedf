//! The latch: one word that says who may write, and up to which timestamp what it guards was relied upon.
//!
//! # Protocol
//! The word's top bit, `HELD`, says that some thread has what the latch guards to itself; the low 63 bits are the last
//! timestamp that relied on it.
//!
//! | who | may do | when |
//! |---|---|---|
//! | any thread | read the word | always |
//! | any thread | set `HELD` by compare-exchange (acquire) | only from a word without `HELD` |
//! | any thread | raise the timestamp by compare-exchange (release) | only in a word without `HELD` |
//! | the holder, through [`LatchGuard`] | read and write what is guarded | between its exchange and its release |
//! | the holder | store a word without `HELD` (release) | once, as its last step |
//!
//! The acquire of one holder reads the release of the one before, so all that was written under the latch is seen under
//! it. A holder that has changed anything leaves a greater timestamp, so a word that is the same before and after some
//! reads says that nobody has written between them: [`Latch::read`] relies on it, and so never writes.
//! Proven by `tests/loom.rs`: `latch_excludes`, `latch_hands_over_writes`, `reads_past_a_latch_are_whole`.

use super::{AtomicU64, Interrupted, Ordering, WaitForever, WaitPolicy, pause};

/// Set in the word while a thread holds the latch.
const HELD: u64 = 1 << 63;

/// The greatest timestamp there is: 2^63 - 1, the same bound as the reference model's.
pub const TIMESTAMP_MAX: u64 = HELD - 1;

/// How many times a waiter looks at the word before it asks its wait_policy: a clock is not read in a short spin.
const LOOKS_PER_CHECK: u32 = 16;

/// See the module's text.
#[derive(Debug)]
#[repr(transparent)]
pub struct Latch {
    word: AtomicU64,
}

impl Latch {
    /// A free latch, relied upon last at `timestamp` (0 to [`TIMESTAMP_MAX`]).
    pub fn new(timestamp: u64) -> Self {
        Self { word: AtomicU64::new(timestamp & TIMESTAMP_MAX) }
    }

    /// The last timestamp that relied on what it guards, whether or not it is held at this moment.
    #[inline]
    pub fn last_timestamp(&self) -> u64 {
        self.word.load(Ordering::Acquire) & TIMESTAMP_MAX
    }

    /// Takes the latch, waiting while another thread holds it and `wait_policy` lasts.
    ///
    /// # Errors
    /// What `wait_policy` answered; nothing was touched.
    #[inline]
    pub fn lock_with(&self, wait_policy: &impl WaitPolicy) -> Result<LatchGuard<'_>, Interrupted> {
        match self.try_lock() {
            Some(hold) => Ok(hold),
            None => self.hold_slowly(wait_policy),
        }
    }

    /// Takes the latch, waiting for as long as another thread holds it.
    #[inline]
    pub fn lock(&self) -> LatchGuard<'_> {
        match self.lock_with(&WaitForever) {
            Ok(hold) => hold,
            Err(_) => unreachable!("nothing interrupts an unhurried wait"),
        }
    }

    /// Takes the latch where it is free at this moment.
    #[inline(always)]
    pub fn try_lock(&self) -> Option<LatchGuard<'_>> {
        let seen = self.word.load(Ordering::Relaxed);
        if seen & HELD != 0 {
            return None;
        }
        let taken =
            self.word.compare_exchange(seen, seen | HELD, Ordering::Acquire, Ordering::Relaxed);
        // Lazily: a `LatchGuard` that is made is also dropped, and its drop would free another thread's latch.
        taken.is_ok().then(|| LatchGuard { latch: self, word: seen, waited: false })
    }

    #[cold]
    fn hold_slowly(&self, wait_policy: &impl WaitPolicy) -> Result<LatchGuard<'_>, Interrupted> {
        let mut hold = wait(wait_policy, || self.try_lock())?;
        hold.waited = true;
        Ok(hold)
    }

    /// Reads what the latch guards without taking it: `read` is called again until nobody has written meanwhile. What
    /// it reads must be atomics, loaded with acquire and stored with release, because it may run beside a writer; what it
    /// made of them then is thrown away. The timestamp is the last that relied on what was read.
    ///
    /// # Errors
    /// What `wait_policy` answered while a writer was there.
    #[inline]
    pub fn read<T>(
        &self,
        wait_policy: &impl WaitPolicy,
        mut read: impl FnMut() -> T,
    ) -> Result<(T, u64), Interrupted> {
        let mut once = || {
            let before = self.word.load(Ordering::Acquire);
            if before & HELD != 0 {
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

    /// Says that `timestamp` relied on what was read at `seen`, a word that [`Latch::read`] answered. Whether it did: not
    /// when somebody has taken the latch or relied on it since.
    #[inline]
    pub fn record_read_timestamp(&self, seen: u64, timestamp: u64) -> bool {
        let later = seen.max(timestamp);
        self.word.compare_exchange(seen, later, Ordering::AcqRel, Ordering::Relaxed).is_ok()
    }

    /// Whether the caller, who holds the latch, has taken it from this word.
    #[inline]
    pub fn was_taken_from(&self, seen: u64) -> bool {
        self.word.load(Ordering::Relaxed) == seen | HELD
    }

    /// Sets the timestamp whoever may hold it: for a ledger that is not to be guarded, and only for that.
    #[inline]
    pub fn overwrite(&self, timestamp: u64) {
        self.word.store(timestamp & TIMESTAMP_MAX, Ordering::Release);
    }
}

/// Asks again and again, more and more slowly, until there is an answer or `wait_policy` ends.
fn wait<T>(
    wait_policy: &impl WaitPolicy,
    mut ask: impl FnMut() -> Option<T>,
) -> Result<T, Interrupted> {
    let mut round = 0;
    loop {
        if let Some(answer) = ask() {
            return Ok(answer);
        }
        if round % LOOKS_PER_CHECK == LOOKS_PER_CHECK - 1 {
            wait_policy.check()?;
        }
        pause(round);
        round = round.saturating_add(1);
    }
}

/// A latch in the hands of the one thread that holds it.
///
/// Dropped, it leaves the word as it found it; [`LatchGuard::release`] leaves a new timestamp.
#[derive(Debug)]
pub struct LatchGuard<'a> {
    latch: &'a Latch,
    word: u64,
    waited: bool,
}

impl LatchGuard<'_> {
    /// The last timestamp that relied on what is held.
    #[inline]
    pub fn last_timestamp(&self) -> u64 {
        self.word
    }

    /// Whether another thread held the latch when this one came.
    #[inline]
    pub fn waited(&self) -> bool {
        self.waited
    }

    /// Goes on holding, while `timestamp` has relied on what is held.
    #[inline]
    pub fn record_read_timestamp(&mut self, timestamp: u64) {
        debug_assert!(timestamp > self.word && timestamp <= TIMESTAMP_MAX);
        self.word = timestamp & TIMESTAMP_MAX;
    }

    /// Frees the latch, saying that `timestamp` relied on what was held.
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
