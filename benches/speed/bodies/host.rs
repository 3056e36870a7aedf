//! A host of measurements: threads that start together, and a clock.

use std::any::Any;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use ledgerlab::ledger::Clock;

/// Work for one thread.
pub(crate) type Part = Box<dyn FnOnce() + Send>;

/// The values that a thread returns. They are dropped after the clock is read, because freeing a
/// million records takes as long as many transfers.
pub(crate) type Remains = Box<dyn Any + Send>;

/// Work for one thread that is measured.
pub(crate) type Body = Box<dyn FnOnce() -> Remains + Send>;

/// Threads and a clock.
pub(crate) trait Host {
    /// A clock that counts from the same moment on all threads.
    type Clock: Clock + Default;

    /// Runs each part on a separate thread at the same time, and waits for all.
    async fn at_once(&self, parts: Vec<Part>);
}

/// Makes the threads of a measurement start together. They spin, because a sleeping thread wakes
/// late.
struct Gate {
    expected: usize,
    arrived: AtomicUsize,
}

impl Gate {
    fn pass(&self) {
        self.arrived.fetch_add(1, Ordering::AcqRel);
        while self.arrived.load(Ordering::Acquire) < self.expected {
            // With fewer processors than threads, a waiting thread must yield to the others.
            std::thread::yield_now();
            std::hint::spin_loop();
        }
    }
}

/// Returns the seconds from the first start to the last end of these bodies, each on a separate
/// thread.
pub(crate) async fn timed<H: Host>(host: &H, bodies: Vec<Body>) -> f64 {
    let gate = Arc::new(Gate { expected: bodies.len(), arrived: AtomicUsize::new(0) });
    let spans = Arc::new(Mutex::new(Vec::new()));
    let measured = |body: Body| -> Part {
        let (gate, spans) = (Arc::clone(&gate), Arc::clone(&spans));
        Box::new(move || {
            let clock = H::Clock::default();
            gate.pass();
            let start = clock.now_ns();
            let remains = body();
            let end = clock.now_ns();
            spans.lock().expect("no thread panicked").push((start, end));
            drop(remains);
        })
    };
    let count = bodies.len();
    host.at_once(bodies.into_iter().map(measured).collect()).await;
    let spans = spans.lock().expect("no thread panicked");
    assert_eq!(spans.len(), count, "a thread did not finish");
    let start = spans.iter().map(|span| span.0).min().expect("there is a thread");
    let end = spans.iter().map(|span| span.1).max().expect("there is a thread");
    assert!(end > start, "the clock did not advance during a round");
    (end - start) as f64 / 1e9
}
