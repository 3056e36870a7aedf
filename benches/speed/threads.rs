//! The host of native threads.

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

/// Runs a future that is asynchronous only for browsers. It is ready at the first poll.
pub(crate) fn block_on<T>(work: impl Future<Output = T>) -> T {
    let mut work = pin!(work);
    match work.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(value) => value,
        Poll::Pending => unreachable!("native threads are joined before the call returns"),
    }
}
