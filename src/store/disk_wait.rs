//! How long the committer has been at the disk. A disk that never answers causes no error: only the time shows
//! that something is wrong.

use std::time::{Duration, Instant};

use crate::sync::{AtomicU64, Ordering};

/// See the module documentation.
#[derive(Debug)]
pub(super) struct DiskWait {
    created: Instant,
    /// When the wait began: milliseconds after `created`, plus one. 0 while the committer does not wait.
    began: AtomicU64,
}

impl Default for DiskWait {
    fn default() -> Self {
        Self { created: Instant::now(), began: AtomicU64::new(0) }
    }
}

impl DiskWait {
    fn now(&self) -> u64 {
        u64::try_from(self.created.elapsed().as_millis()).unwrap_or(u64::MAX).saturating_add(1)
    }

    /// Calls what can wait for the disk. Only the committer does so.
    pub(super) fn during<T>(&self, access: impl FnOnce() -> T) -> T {
        self.began.store(self.now(), Ordering::Relaxed);
        let result = access();
        self.began.store(0, Ordering::Relaxed);
        result
    }

    /// Returns how long the committer has waited until now.
    pub(super) fn waited(&self) -> Duration {
        match self.began.load(Ordering::Relaxed) {
            0 => Duration::ZERO,
            began => Duration::from_millis(self.now().saturating_sub(began)),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::thread;

    use super::super::simulated_disk::SimulatedDisk;
    use super::*;
    use crate::ledger::{HealthStatus, Ledger, LedgerConfig};
    use crate::model::Account;

    #[test]
    fn disk_that_does_not_answer_is_noticed() {
        let disk = SimulatedDisk::new();
        let config = LedgerConfig { trail_bytes: 4 << 20, ..LedgerConfig::default() };
        let (ledger, mut committer) = Ledger::open_files(disk.clone(), &config).expect("it is new");
        let mut writer = ledger.writer().expect("it is free");
        writer.set_deferred(true);
        writer.create_account(&Account::new(1, 1, 1)).expect("there is memory");
        let waited = || ledger.store().expect("it has one").waited_for_disk();
        let store = || ledger.health(0).components.store;
        assert_eq!((waited(), store().status), (Duration::ZERO, HealthStatus::Healthy));
        let held = disk.hold();
        thread::scope(|scope| {
            scope.spawn(|| committer.step());
            while waited() < Duration::from_millis(20) {
                thread::sleep(Duration::from_millis(1));
            }
            let store = store();
            assert_eq!(store.status, HealthStatus::Degraded, "{}", store.message);
            assert!(store.message.starts_with("a commit has taken 0 s so far"));
            drop(held);
        });
        assert_eq!((waited(), store().status), (Duration::ZERO, HealthStatus::Healthy));
        committer.close();
    }
}
