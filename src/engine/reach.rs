//! Whether an engine answers, and since when it does not.

use crate::sync::{AtomicU64, Ordering};

/// Whether an engine answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReachStatus {
    /// It has answered its last request, or none has waited too long.
    Reachable,
    /// It has not answered for some time.
    Unreachable {
        /// Since when, in nanoseconds of the clock that observes it.
        since_ns: u64,
    },
}

/// Observes the answers of an engine. All times are in nanoseconds of one steady clock.
///
/// An engine is unreachable once a request was given up and none that was sent is answered. The time it counts from
/// is that of its last answer, or of the first request if there was none.
#[derive(Debug, Default)]
pub struct Reach {
    /// When the engine answered last, or the first request was sent; 0 before that.
    last_answer_ns: AtomicU64,
    /// Not 0 while the last thing that happened is that a request was given up.
    is_given_up: AtomicU64,
}

impl Reach {
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

    /// Whether the engine answers.
    pub fn status(&self) -> ReachStatus {
        match self.is_given_up.load(Ordering::Relaxed) {
            0 => ReachStatus::Reachable,
            _ => ReachStatus::Unreachable { since_ns: self.last_answer_ns.load(Ordering::Relaxed) },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn engine_is_unreachable_from_its_last_answer_until_its_next() {
        let reach = Reach::default();
        assert_eq!(reach.status(), ReachStatus::Reachable, "nothing was sent yet");
        reach.sent(5);
        reach.sent(6);
        assert_eq!(reach.status(), ReachStatus::Reachable, "a request may take its time");
        reach.given_up(5);
        assert_eq!(reach.status(), ReachStatus::Unreachable { since_ns: 5 });
        reach.answered(20);
        assert_eq!(reach.status(), ReachStatus::Reachable);
        reach.given_up(19);
        assert_eq!(reach.status(), ReachStatus::Reachable, "a later one was answered");
        reach.given_up(21);
        assert_eq!(reach.status(), ReachStatus::Unreachable { since_ns: 20 });
    }
}
