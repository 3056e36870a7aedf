//! The host that lends native threads.

use std::pin::pin;
use std::task::{Context, Poll, Waker};

use ledgerlab::host::native::NativeClock;

use super::bodies::host::{Host, Part};

/// The threads of this process.
pub(crate) struct Threads;

impl Host for Threads {
    type Clock = NativeClock;

    async fn at_once(&self, parts: Vec<Part>) {
        std::thread::scope(|scope| {
            for part in parts {
                scope.spawn(part);
            }
        });
    }
}

/// Runs work that is asynchronous only for the sake of browsers. Here it never waits.
pub(crate) fn block_on<T>(work: impl Future<Output = T>) -> T {
    let mut work = pin!(work);
    match work.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(value) => value,
        Poll::Pending => unreachable!("native threads are joined before the call returns"),
    }
}
