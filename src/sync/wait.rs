//! Waiting for another thread, and what may end a wait.

/// Why a wait ended early.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Interrupted {
    /// The caller cancelled it.
    Cancelled,
    /// Its deadline passed.
    DeadlineExceeded,
}

/// Decides whether to keep waiting for a latch, or to go on with a long read.
///
/// It is checked only when the latch was not free at once, and every few thousand entries, so it
/// may read a clock.
pub trait WaitPolicy {
    /// Returns an error to end the wait or the read. Nothing has been written by then.
    fn check(&self) -> Result<(), Interrupted>;
}

/// Waits without a limit.
#[derive(Clone, Copy, Debug, Default)]
pub struct WaitForever;

impl WaitForever {
    /// Returns the result of a wait under this policy, which never interrupts.
    #[inline]
    pub fn finish<T>(result: Result<T, Interrupted>) -> T {
        result.unwrap_or_else(|_| unreachable!("WaitForever never interrupts"))
    }
}

impl WaitPolicy for WaitForever {
    fn check(&self) -> Result<(), Interrupted> {
        Ok(())
    }
}

impl std::fmt::Display for Interrupted {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(match self {
            Self::Cancelled => "it was cancelled",
            Self::DeadlineExceeded => "its deadline has passed",
        })
    }
}

impl std::error::Error for Interrupted {}

/// Spins before a waiting thread yields its processor. A latch is held for tens of nanoseconds, so
/// a running holder releases it within a few spins; one that the system has suspended takes longer.
#[cfg(not(any(loom, shuttle)))]
const SPINS: u32 = 64;

/// Lets other threads proceed. The first rounds spin. Later ones yield the processor, which matters
/// when there are more threads than processors and the holder is not running.
#[cfg(not(any(loom, shuttle)))]
pub fn pause(round: u32) {
    if round < SPINS {
        std::hint::spin_loop();
    } else {
        yield_now();
    }
}

/// Under loom every wait is a point where the model may switch threads.
#[cfg(loom)]
pub fn pause(_round: u32) {
    loom::thread::yield_now();
}

/// Under shuttle the schedule continues with another thread.
#[cfg(shuttle)]
pub fn pause(_round: u32) {
    shuttle::thread::yield_now();
}

/// Rests shorter than this only yield, because no system wakes a thread that precisely.
#[cfg(all(not(any(loom, shuttle)), any(not(target_family = "wasm"), target_feature = "atomics")))]
const REST_LEAST: std::time::Duration = std::time::Duration::from_micros(100);

/// Rests for about `time` or less. A caller that waits for a moment checks its clock again.
#[cfg(all(not(any(loom, shuttle)), any(not(target_family = "wasm"), target_feature = "atomics")))]
pub fn rest(time: std::time::Duration) {
    match time.checked_sub(REST_LEAST) {
        Some(most) if !most.is_zero() => std::thread::park_timeout(most),
        _ => yield_now(),
    }
}

/// Without shared memory no thread can wake this one, so it returns at once.
#[cfg(all(not(any(loom, shuttle)), target_family = "wasm", not(target_feature = "atomics")))]
pub fn rest(_time: std::time::Duration) {}

/// Time does not advance in a model.
#[cfg(any(loom, shuttle))]
pub fn rest(_time: std::time::Duration) {
    pause(0);
}

#[cfg(all(not(any(loom, shuttle)), not(target_family = "wasm")))]
fn yield_now() {
    std::thread::yield_now();
}

/// Waits for the shortest time there is, since a worker cannot yield. Waiting traps on a browser's
/// window thread, which runs none of this.
///
/// It parks instead of sleeping: as Node 20 first compiles the standard library's `sleep`, its loop
/// never ends, so two threads that waited for each other hung. No thread unparks it.
#[cfg(all(not(any(loom, shuttle)), target_family = "wasm", target_feature = "atomics"))]
fn yield_now() {
    std::thread::park_timeout(std::time::Duration::from_micros(20));
}

/// Without shared memory there is no other thread to wait for.
#[cfg(all(not(any(loom, shuttle)), target_family = "wasm", not(target_feature = "atomics")))]
fn yield_now() {}
