//! A data race on purpose, which ThreadSanitizer must report.
//!
//! Only `cargo xtask test race` compiles and runs it, and fails without the report.
#![cfg(tsan)]
#![allow(unsafe_code, reason = "safe code has no data races, and this one must have one")]

use std::cell::UnsafeCell;
use std::sync::Barrier;

/// A sum that two threads share without a latch.
struct Unlatched(UnsafeCell<u64>);

// SAFETY: none. Both threads write at the same time; every bit pattern of the number is valid.
unsafe impl Sync for Unlatched {}

impl Unlatched {
    fn add(&self, amount: u64) {
        let sum = self.0.get();
        // SAFETY: none, as above.
        unsafe { sum.write_volatile(sum.read_volatile() + amount) };
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
