//! Whether an engine answers, and since when it does not.

use crate::sync::{AtomicU64, Ordering};

/// Observes the answers of an engine. All times are in nanoseconds of one steady clock.
///
/// An engine is unreachable once a request was given up and none that was sent is answered. The time it counts from
/// is that of its last answer, or of the first request if there was none.
#[derive(Debug, Default)]
pub struct Reachability {
    /// When the engine answered last, or the first request was sent; 0 before that.
    last_answer_ns: AtomicU64,
    /// Not 0 while the last thing that happened is that a request was given up.
    is_given_up: AtomicU64,
}

impl Reachability {
    /// A request was sent.
    pub fn sent(&self, now_ns: u64) {
        let _ = self.last_answer_ns.compare_exchange(
            0,
            now_ns.max(1),
            Ordering::Relaxed,
            Ordering::Relaxed,
        );
    }

    /// A request was answered.
    pub fn answered(&self, now_ns: u64) {
        self.last_answer_ns.store(now_ns.max(1), Ordering::Relaxed);
        self.is_given_up.store(0, Ordering::Relaxed);
    }

    /// A request that was sent at this time was given up. Nothing follows from it if the engine has answered a later one.
    pub fn given_up(&self, sent_ns: u64) {
        if self.last_answer_ns.load(Ordering::Relaxed) <= sent_ns {
            self.is_given_up.store(1, Ordering::Relaxed);
        }
    }

    /// For how many nanoseconds the engine has not answered; `None` while it answers.
    pub fn unreachable_ns(&self, now_ns: u64) -> Option<u64> {
        let is_given_up = self.is_given_up.load(Ordering::Relaxed) != 0;
        is_given_up.then(|| now_ns.saturating_sub(self.last_answer_ns.load(Ordering::Relaxed)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn engine_is_unreachable_from_its_last_answer_until_its_next() {
        let reachability = Reachability::default();
        assert_eq!(reachability.unreachable_ns(100), None, "nothing was sent yet");
        reachability.sent(5);
        reachability.sent(6);
        assert_eq!(reachability.unreachable_ns(100), None, "a request may take its time");
        reachability.given_up(5);
        assert_eq!(reachability.unreachable_ns(100), Some(95));
        reachability.answered(20);
        assert_eq!(reachability.unreachable_ns(100), None);
        reachability.given_up(19);
        assert_eq!(reachability.unreachable_ns(100), None, "a later one was answered");
        reachability.given_up(21);
        assert_eq!(reachability.unreachable_ns(100), Some(80));
    }
}
