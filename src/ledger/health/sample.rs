//! Sampling a ledger's health.
//!
//! # Protocol
//! Only one writer stores each count, and counts only grow, so a later sample never finds less. Only
//! the number of entries is computed from two words and can be too small for a moment, so a sample
//! never returns fewer than the previous one. Samples and reports lock
//! [`SampleState`](super::state::SampleState) while they add up the counts. No writer locks it.

#[cfg(all(feature = "store", not(target_family = "wasm")))]
use std::time::Duration;

use super::assessment::{accounts, by_share, latches, mebibytes, replay, spilling_trail, store};
use super::components::{
    Component, Components, Contention, Health, HealthStatus, MESSAGE_BYTES_MAX, StoreState,
    TrailFigures,
};
use super::state::{Counts, ReplayRun};
use crate::ledger::cancellation::Cancellation;
use crate::ledger::shared_ledger::Ledger;
use crate::ledger::snapshot::Snapshot;
use crate::ledger::writer_state::WriterStats;
#[cfg(all(feature = "store", not(target_family = "wasm")))]
use crate::model::amounts::grouped;
#[cfg(all(feature = "store", not(target_family = "wasm")))]
use crate::store::{Damage, Store};
use crate::sync::{AtomicU64, Interrupted, Ordering};
use crate::trail::{Digest, Divergence, Replay, ReplayError, Seal, TrailPrefix, replay::verify};

/// The result of a replay up to a timestamp.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verification {
    /// The replay includes everything up to this timestamp, and nothing later.
    pub timestamp: u64,
    /// The hash of the entries up to this timestamp.
    pub trail_hash: Digest,
    /// The number of entries, or the first divergence from a serial run.
    pub result: Result<u64, Box<Divergence>>,
}

/// The time after which a disk that does not answer is a matter of health. Short in tests.
#[cfg(all(feature = "store", not(target_family = "wasm")))]
const DISK_WAIT: Duration = Duration::from_millis(if cfg!(test) { 20 } else { 5_000 });

impl Ledger {
    /// Sets the start of the uptime, in nanoseconds of the clock of [`Ledger::health`]. Only the first
    /// call has an effect. The first time of a writer and the first sample also set it.
    pub fn begin(&self, now_ns: u64) {
        self.health_state.start(now_ns);
    }

    /// Samples the health at `now_ns`. Writers may run meanwhile and do not wait.
    ///
    /// The figures of latches are those since the last sample that had enough operations.
    pub fn health(&self, now_ns: u64) -> Health {
        let started_ns = self.health_state.start(now_ns);
        let mut samples = self.health_state.samples.lock();
        let counts = self.counts(samples.operations);
        samples.operations = counts.operations;
        let components = Components {
            accounts: accounts(self.accounts.len(), self.accounts.accounts_max),
            trail: self.trail_health(),
            latches: latches(samples.window(counts, now_ns, started_ns)),
            replay: replay(samples.replay.as_ref(), started_ns),
            store: store(&self.store_state()),
        };
        drop(samples);
        let uptime_ns = now_ns.saturating_sub(started_ns);
        Health::of(components, uptime_ns, counts.operations)
    }

    /// Verifies that the ledger equals a serial run: replays the trail on one thread and compares
    /// every status, version and balance. Returns the number of entries. Call it when the writers
    /// have stopped.
    ///
    /// # Errors
    /// The first divergence from a serial run.
    pub fn verify(&self) -> Result<u64, Box<Divergence>> {
        self.replay_at(self.trail.last_timestamp(), |_| {})
    }

    /// Like [`Ledger::verify`], at `now_ns` of the clock of [`Ledger::health`]. Calls `progress` from
    /// time to time with the number of entries replayed so far.
    ///
    /// [`Ledger::health`] reports the result, unless the trail has grown meanwhile: an account may
    /// have changed between the replay of its entries and the comparison of its balance.
    ///
    /// # Errors
    /// The first divergence from a serial run.
    pub fn verify_with(
        &self,
        now_ns: u64,
        progress: impl FnMut(u64),
    ) -> Result<u64, Box<Divergence>> {
        self.begin(now_ns);
        self.replay_at(now_ns, progress)
    }

    /// Verifies the ledger while writers run, as it was at one timestamp: replays the trail up to
    /// there and compares the result with a snapshot. [`Ledger::health`] reports the result.
    ///
    /// # Errors
    /// [`Interrupted`] when `cancellation` took effect. It is checked every few thousand entries.
    pub fn verify_beside_writers(
        &self,
        now_ns: u64,
        cancellation: &Cancellation<'_>,
    ) -> Result<Verification, Interrupted> {
        self.begin(now_ns);
        let Snapshot { timestamp, accounts } = self.snapshot_with(cancellation)?;
        // Taken after the snapshot, so it has every entry that the snapshot contains.
        let prefix = TrailPrefix::until(&self.trail, timestamp);
        let trail_hash = Seal::of_prefix(&prefix, cancellation)?.trail_hash();
        let mut replay = Replay::default();
        let replayed = replay.replay_prefix(&prefix, cancellation, |_| {});
        let compared = replayed.and_then(|()| Ok(replay.compare(accounts.into_iter())?));
        let result = match compared {
            Ok(()) => Ok(replay.replayed()),
            Err(ReplayError::Diverged(divergence)) => Err(divergence),
            Err(ReplayError::Interrupted(interrupted)) => return Err(interrupted),
        };
        let run = ReplayRun { at_ns: now_ns, result: result.clone() };
        self.health_state.samples.lock().replay = Some(run);
        Ok(Verification { timestamp, trail_hash, result })
    }

    fn replay_at(&self, at_ns: u64, progress: impl FnMut(u64)) -> Result<u64, Box<Divergence>> {
        let records = self.trail.len();
        let result = verify(&self.trail, self.accounts(), progress);
        if self.trail.len() == records {
            let run = ReplayRun { at_ns, result: result.clone() };
            self.health_state.samples.lock().replay = Some(run);
        }
        result
    }

    /// Returns the divergence that the last verification found, if any.
    pub fn divergence(&self) -> Option<Box<Divergence>> {
        let samples = self.health_state.samples.lock();
        samples.replay.as_ref().and_then(|run| run.result.clone().err())
    }

    /// Returns the state of the store that keeps this ledger.
    #[cfg(feature = "store")]
    fn store_state(&self) -> StoreState {
        use crate::store::StoreStatus;

        let Some(store) = self.store() else { return StoreState::NotAttached };
        #[cfg(not(target_family = "wasm"))]
        if store.status() == StoreStatus::Working
            && let Some(problem) = problem_of(store)
        {
            return problem;
        }
        match store.status() {
            StoreStatus::Working => StoreState::Working { log_bytes: store.log_bytes() },
            StoreStatus::NoSpace => StoreState::NoSpace,
            StoreStatus::Closed => StoreState::Closed,
            StoreStatus::Failed => {
                StoreState::Failed { message: bounded(store.failure().unwrap_or_default()) }
            }
        }
    }

    #[cfg(not(feature = "store"))]
    fn store_state(&self) -> StoreState {
        StoreState::NotAttached
    }

    /// Returns how often threads have contended since the ledger was created.
    pub fn contention(&self) -> Contention {
        let Counts { waits, conflicts, .. } = self.counts(0);
        Contention { waits, conflicts }
    }

    /// Returns the sums of what the writers have published, with at least `seen` operations.
    fn counts(&self, seen: u64) -> Counts {
        let sum = |word: fn(&WriterStats) -> &AtomicU64| {
            self.writer_stats.iter().map(|stats| word(stats).load(Ordering::Relaxed)).sum()
        };
        Counts {
            operations: self.trail.entries().max(seen),
            waits: sum(|stats| &stats.waits),
            conflicts: sum(|stats| &stats.conflicts),
        }
    }

    /// Returns whether an attempt was refused because the trail had no memory for it, or would be because the
    /// disk does not take older entries.
    pub fn trail_is_full(&self) -> bool {
        self.trail.spill_failure().is_some()
            || self.writer_stats.iter().any(|stats| stats.trail_full.load(Ordering::Relaxed) > 0)
    }

    fn trail_health(&self) -> Component<TrailFigures> {
        // What was moved first: it is a part of what is used.
        let spilled_bytes = self.trail.spilled_bytes();
        let (used_bytes, budget_bytes) = (self.trail.used_bytes(), self.trail.budget_bytes());
        let figures = TrailFigures { used_bytes, budget_bytes, spilled_bytes };
        if self.trail.spills() {
            return spilling_trail(figures, self.trail.memory_bytes(), self.trail.spill_failure());
        }
        let (used, budget) = (mebibytes(used_bytes), mebibytes(budget_bytes));
        if !self.trail_is_full() {
            let (status, side) = by_share(used_bytes, budget_bytes);
            let message = format!("the trail uses {used} of its {budget} MiB, {side}");
            return Component { status, message, figures };
        }
        let (left_bytes, reserve_bytes) = (self.trail.left_bytes(), self.trail.reserve_bytes());
        let message = match left_bytes {
            // Memory for expiries to come can be left as well, which the reserve does not count.
            1.. if reserve_bytes > 0 => format!(
                "the trail has used up its {budget} MiB but for {} MiB, which are for operators and expiries, so attempts \
                 are rejected",
                mebibytes(left_bytes)
            ),
            0 => format!("the trail has used up its {budget} MiB, so attempts are rejected"),
            _ => format!(
                "the system has no more memory for the trail, which has {used} of its {budget} MiB"
            ),
        };
        Component { status: HealthStatus::Unhealthy, message, figures }
    }
}

/// Returns the beginning of a message.
#[cfg(feature = "store")]
fn bounded(mut message: String) -> String {
    message.truncate(message.floor_char_boundary(MESSAGE_BYTES_MAX));
    message
}

/// Returns what is wrong with the disk of a store that works.
#[cfg(all(feature = "store", not(target_family = "wasm")))]
fn problem_of(store: &Store) -> Option<StoreState> {
    // First, because nothing more is asked of a disk that does not answer.
    let waited = store.waited_for_disk();
    if waited >= DISK_WAIT {
        return Some(StoreState::Waiting { seconds: waited.as_secs() });
    }
    if let Some(problem) = store.folder_problem() {
        return Some(StoreState::Moved { message: bounded(problem) });
    }
    if let Some((Damage { file, offset, block, what }, more)) = first_damage(store.damage()) {
        return Some(StoreState::Damaged {
            message: bounded(format!(
                "block {block} of {file} at byte {offset} can no longer be read: {what}{more}"
            )),
        });
    }
    let (damage, more) = first_damage(store.scratch_damage())?;
    Some(StoreState::ScratchDamaged { message: bounded(format!("{damage}{more}")) })
}

/// Returns the first damage, with a clause about the others. `None` if there is none.
#[cfg(all(feature = "store", not(target_family = "wasm")))]
fn first_damage((named, count): (Vec<Damage>, u64)) -> Option<(Damage, String)> {
    let first = named.into_iter().next()?;
    let more = match count - 1 {
        0 => String::new(),
        more => format!("; {} more are damaged", grouped(more.into())),
    };
    Some((first, more))
}

impl Health {
    fn of(components: Components, uptime_ns: u64, operations: u64) -> Self {
        let mut status = HealthStatus::Healthy;
        let mut problems = Vec::new();
        for (_, one, message) in components.parts() {
            status = status.max(one);
            if one != HealthStatus::Healthy {
                problems.push(message);
            }
        }
        let message = match problems.is_empty() {
            true => "every component is within its limits".to_owned(),
            false => problems.join("; "),
        };
        Self { status, message, uptime_ns, operations, components }
    }
}
