//! Waiting for an engine on a thread that has nothing else to do.

use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, Thread};

struct Unpark(Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

/// Waits for a future. Not for a thread that executes the tasks of a runtime, which may be what the future waits for.
pub fn wait<T>(future: impl Future<Output = T>) -> T {
    let waker = Waker::from(Arc::new(Unpark(thread::current())));
    let mut context = Context::from_waker(&waker);
    let mut future = pin!(future);
    loop {
        match future.as_mut().poll(&mut context) {
            Poll::Ready(value) => return value,
            Poll::Pending => thread::park(),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicBool, Ordering};

    use super::*;

    #[test]
    fn future_that_another_thread_completes_is_waited_for() {
        let event = event_listener::Event::new();
        let is_set = AtomicBool::new(false);
        thread::scope(|scope| {
            scope.spawn(|| {
                is_set.store(true, Ordering::Relaxed);
                event.notify(usize::MAX);
            });
            wait(async {
                while !is_set.load(Ordering::Relaxed) {
                    let listener = event.listen();
                    if !is_set.load(Ordering::Relaxed) {
                        listener.await;
                    }
                }
            });
        });
        assert!(is_set.load(Ordering::Relaxed));
    }
}
