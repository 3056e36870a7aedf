//! How a thread waits for another one, and what may end the waiting.

/// Why an attempt stopped waiting before it could begin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Interrupted {
    /// Its caller took it back.
    Cancelled,
    /// Its deadline passed.
    DeadlineExceeded,
}

/// Decides, between two looks at a latch that is held, whether to go on waiting.
///
/// It is asked only when the latch was not free at once, so it may read a clock.
pub trait WaitPolicy {
    /// `Err` ends the waiting; nothing has been written by then.
    fn check(&self) -> Result<(), Interrupted>;
}

/// Waits for as long as it takes.
#[derive(Clone, Copy, Debug, Default)]
pub struct WaitForever;

impl WaitPolicy for WaitForever {
    fn check(&self) -> Result<(), Interrupted> {
        Ok(())
    }
}

/// Looks at a held latch before a thread gives its processor away. A latch is held for tens of nanoseconds,
/// so a holder that is running is gone after a few; one that was put to sleep by the system takes longer.
#[cfg(not(any(loom, shuttle)))]
const SPINS: u32 = 64;

/// Lets other threads go on. The first rounds only spin; later ones give the processor away, which matters
/// when there are more threads than processors and the holder is not running.
#[cfg(not(any(loom, shuttle)))]
pub fn pause(round: u32) {
    if round < SPINS {
        std::hint::spin_loop();
    } else {
        give_way();
    }
}

/// Under loom every wait is a point where the model may switch threads.
#[cfg(loom)]
pub fn pause(_round: u32) {
    loom::thread::yield_now();
}

/// Under shuttle likewise: the schedule goes on with another thread.
#[cfg(shuttle)]
pub fn pause(_round: u32) {
    shuttle::thread::yield_now();
}

/// Below this a rest is a matter of giving way, because a system wakes nobody up so exactly.
#[cfg(all(not(any(loom, shuttle)), any(not(target_family = "wasm"), target_feature = "atomics")))]
const REST_LEAST: std::time::Duration = std::time::Duration::from_micros(100);

/// Rests for about so long, or less: whoever waits for a time looks at the clock again.
#[cfg(all(not(any(loom, shuttle)), any(not(target_family = "wasm"), target_feature = "atomics")))]
pub fn rest(time: std::time::Duration) {
    match time.checked_sub(REST_LEAST) {
        Some(most) if !most.is_zero() => std::thread::park_timeout(most),
        _ => give_way(),
    }
}

/// Without shared memory nobody could be woken up: the clock is looked at again at once.
#[cfg(all(not(any(loom, shuttle)), target_family = "wasm", not(target_feature = "atomics")))]
pub fn rest(_time: std::time::Duration) {}

/// Under a model time stands still.
#[cfg(any(loom, shuttle))]
pub fn rest(_time: std::time::Duration) {
    pause(0);
}

#[cfg(all(not(any(loom, shuttle)), not(target_family = "wasm")))]
fn give_way() {
    std::thread::yield_now();
}

/// A worker has no `yield`: the shortest timed wait is the nearest thing to it. It is never reached on a
/// browser's window thread, where waiting traps, because the window runs none of this module.
///
/// It parks and does not sleep, because the loop in the standard library's `sleep` never ends in the code that
/// Node 20 makes of it first: two threads that waited for each other stood still there. Nobody unparks it.
#[cfg(all(not(any(loom, shuttle)), target_family = "wasm", target_feature = "atomics"))]
fn give_way() {
    std::thread::park_timeout(std::time::Duration::from_micros(20));
}

/// Without shared memory there is nobody to wait for.
#[cfg(all(not(any(loom, shuttle)), target_family = "wasm", not(target_feature = "atomics")))]
fn give_way() {}
