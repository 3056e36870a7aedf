//! A deliberate race: whoever looks for races must find this one.
//!
//! It is compiled and run by `cargo xtask test race` only, which fails unless ThreadSanitizer reports it.
#![cfg(tsan)]
#![allow(unsafe_code, reason = "safe code has no data races, and this one must have one")]

use std::cell::UnsafeCell;
use std::sync::Barrier;

/// A sum without a latch, in the hands of two threads.
struct Unlatched(UnsafeCell<u64>);

// SAFETY: there is none. Both threads write it at the same time; it is a number, so no value of it is invalid.
unsafe impl Sync for Unlatched {}

impl Unlatched {
    fn add(&self, amount: u64) {
        let place = self.0.get();
        // SAFETY: none either; see above.
        unsafe { place.write_volatile(place.read_volatile() + amount) };
    }
}

#[test]
fn two_threads_write_one_sum_without_a_latch() {
    let (sum, barrier) = (Unlatched(UnsafeCell::new(0)), Barrier::new(2));
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                barrier.wait();
                for _ in 0..1_000 {
                    sum.add(1);
                }
            });
        }
    });
    assert!(sum.0.into_inner() >= 1_000);
}
