//! A look at a ledger's health: what is read, in which order, and what is made of it.
//!
//! # Protocol
//! Each count is a word that one writer alone stores and that only grows, so a later look never finds less; the trail's
//! entries are the one sum of two words that may be too small for a moment, and a look never answers fewer than the one
//! before it. The latch of [`Kept`] is held by looks and by who notes something, for as long as it takes to add up the
//! counts; no writer takes it.

use super::{
    AccountsFigures, Component, Components, Health, LatchFigures, ReplayFigures, StoreState,
};
use super::{CONFLICTS_PERCENT_DEGRADED, CONFLICTS_PERCENT_UNHEALTHY, HealthStatus, StoreFigures};
use super::{Contention, MESSAGE_BYTES_MAX, ReplayResult, TrailFigures, USED_PERCENT_DEGRADED};
use super::{WAITS_PERCENT_DEGRADED, WAITS_PERCENT_UNHEALTHY, WINDOW_OPERATIONS_MIN};
use crate::ledger::{Ledger, WriterStats};
use crate::model::amounts::grouped;
use crate::sync::{AtomicU64, Latched, Ordering};
use crate::trail::{Divergence, Replay};

/// Stands for a time that nobody has told yet.
const UNTOLD: u64 = u64::MAX;

/// What a ledger was told about its health, and what looks share.
#[derive(Debug)]
pub(in crate::ledger) struct HealthState {
    begun_ns: AtomicU64,
    kept: Latched<Kept>,
}

impl Default for HealthState {
    fn default() -> Self {
        Self { begun_ns: AtomicU64::new(UNTOLD), kept: Latched::new(Kept::default(), 0) }
    }
}

#[derive(Debug, Default)]
struct Kept {
    /// How things stood when the window under way began.
    window: Counts,
    window_ns: u64,
    /// The most operations that a look has seen.
    operations: u64,
    verified: Option<Verified>,
    store: StoreState,
}

/// What serial replay said last. A divergence is of a fixed size, whatever the message that it makes.
#[derive(Debug)]
struct Verified {
    at_ns: u64,
    result: Result<u64, Box<Divergence>>,
}

/// What the writers have published, summed up.
#[derive(Clone, Copy, Debug, Default)]
struct Counts {
    operations: u64,
    waits: u64,
    conflicts: u64,
}

impl Ledger {
    /// Tells it the time from which its uptime counts, in nanoseconds of the clock that [`Ledger::health`] is given. Only
    /// the first time that it is told counts, here, by a writer, or by a look.
    pub fn begin(&self, now_ns: u64) {
        let begun = &self.health_state.begun_ns;
        if begun.load(Ordering::Relaxed) == UNTOLD {
            // Where somebody was faster, that time counts.
            let _ = begun.compare_exchange(UNTOLD, now_ns, Ordering::Relaxed, Ordering::Relaxed);
        }
    }

    /// Looks at how it is, at `now_ns`. Writers may run meanwhile; they are not stopped and not waited for.
    ///
    /// Latches are verified by what has happened since the look before, whoever looked.
    pub fn health(&self, now_ns: u64) -> Health {
        self.begin(now_ns);
        let begun_ns = self.health_state.begun_ns.load(Ordering::Relaxed);
        let mut kept = self.health_state.kept.lock();
        let counts = self.counts(kept.operations);
        kept.operations = counts.operations;
        let components = Components {
            accounts: accounts(self.accounts.len(), self.accounts.limit()),
            trail: self.trail_health(),
            latches: kept.latches(counts, now_ns, begun_ns),
            replay: replay(kept.verified.as_ref(), begun_ns),
            store: store(&kept.store),
        };
        drop(kept);
        let uptime_ns = now_ns.saturating_sub(begun_ns);
        Health::of(components, uptime_ns, counts.operations)
    }

    /// Has serial replay replay the trail, and keeps what it says for [`Ledger::health`]. `now_ns` is when it is asked;
    /// `progress` is told the number of entries replayed so far, now and then.
    ///
    /// Ask it when the writers have stopped. What it says of a trail that has grown meanwhile is answered but not kept: an
    /// account may have changed between the look at its entries and the look at its balance.
    ///
    /// # Errors
    /// The first divergence from a serial run.
    pub fn verify(&self, now_ns: u64, progress: impl FnMut(u64)) -> Result<u64, Box<Divergence>> {
        self.begin(now_ns);
        let records = self.trail.len();
        let result = Replay::verify(&self.trail, self.accounts(), progress);
        if self.trail.len() == records {
            let verified = Verified { at_ns: now_ns, result: result.clone() };
            self.health_state.kept.lock().verified = Some(verified);
        }
        result
    }

    /// Where the trail differs from a serial run, by the result that was reached last.
    pub fn divergence(&self) -> Option<Box<Divergence>> {
        let kept = self.health_state.kept.lock();
        kept.verified.as_ref().and_then(|verified| verified.result.clone().err())
    }

    /// Takes down how the store is that keeps this ledger beyond its memory.
    pub fn note_store(&self, mut state: StoreState) {
        if let StoreState::Failing { message } = &mut state {
            message.truncate(message.floor_char_boundary(MESSAGE_BYTES_MAX));
        }
        self.health_state.kept.lock().store = state;
    }

    /// How often threads have stood in each other's way since it was opened.
    pub fn contention(&self) -> Contention {
        let Counts { waits, conflicts, .. } = self.counts(0);
        Contention { waits, conflicts }
    }

    /// What the writers have published by now, and no fewer operations than `seen`.
    fn counts(&self, seen: u64) -> Counts {
        let sum = |word: fn(&WriterStats) -> &AtomicU64| {
            self.writer_stats.iter().map(|meter| word(meter).load(Ordering::Relaxed)).sum()
        };
        Counts {
            operations: self.trail.entries().max(seen),
            waits: sum(|meter| &meter.waits),
            conflicts: sum(|meter| &meter.conflicts),
        }
    }

    fn trail_health(&self) -> Component<TrailFigures> {
        let (used_bytes, budget_bytes) = (self.trail.used_bytes(), self.trail.budget_bytes());
        let figures = TrailFigures { used_bytes, budget_bytes };
        let (used, budget) = (mebibytes(used_bytes), mebibytes(budget_bytes));
        let refused =
            self.writer_stats.iter().any(|meter| meter.no_room.load(Ordering::Relaxed) > 0);
        if !refused {
            let (status, side) = by_share(used_bytes, budget_bytes);
            let message = format!("the trail uses {used} of its {budget} MiB, {side}");
            return Component { status, message, figures };
        }
        let message = match self.trail.left_bytes() {
            0 => format!("the trail has used up its {budget} MiB, so attempts are turned away"),
            _ => format!(
                "the system has no more memory for the trail, which has {used} of its {budget} MiB"
            ),
        };
        Component { status: HealthStatus::Unhealthy, message, figures }
    }
}

impl Health {
    fn of(components: Components, uptime_ns: u64, operations: u64) -> Self {
        let mut status = HealthStatus::Healthy;
        let mut troubles = Vec::new();
        for (_, one, message) in components.parts() {
            status = status.max(one);
            if one != HealthStatus::Healthy {
                troubles.push(message);
            }
        }
        let message = match troubles.is_empty() {
            true => "every component is within its limits".to_owned(),
            false => troubles.join("; "),
        };
        Self { status, message, uptime_ns, operations, components }
    }
}

impl Kept {
    /// Judges the window, and begins another one where it has enough operations for that.
    fn latches(&mut self, now: Counts, now_ns: u64, begun_ns: u64) -> Component<LatchFigures> {
        let figures = LatchFigures {
            window_ns: now_ns.saturating_sub(self.window_ns.max(begun_ns)),
            operations: now.operations - self.window.operations,
            waits: now.waits - self.window.waits,
            conflicts: now.conflicts - self.window.conflicts,
        };
        if figures.operations >= WINDOW_OPERATIONS_MIN {
            (self.window, self.window_ns) = (now, now_ns);
        }
        latches(figures)
    }
}

/// How a window is, by its figures.
fn latches(figures: LatchFigures) -> Component<LatchFigures> {
    let LatchFigures { operations, waits, conflicts, .. } = figures;
    let count = |number: u64| grouped(number.into());
    if operations < WINDOW_OPERATIONS_MIN {
        let message = format!(
            "{} operations since the last look, and fewer than {WINDOW_OPERATIONS_MIN} are not verified",
            count(operations),
        );
        return Component { status: HealthStatus::Healthy, message, figures };
    }
    let reaches = |number: u64, percent: u64| {
        u128::from(number) * 100 >= u128::from(operations) * u128::from(percent)
    };
    let judge = |number, degraded, unhealthy| match number {
        number if reaches(number, unhealthy) => (HealthStatus::Unhealthy, unhealthy),
        number if reaches(number, degraded) => (HealthStatus::Degraded, degraded),
        _ => (HealthStatus::Healthy, degraded),
    };
    let by_waits = judge(waits, WAITS_PERCENT_DEGRADED, WAITS_PERCENT_UNHEALTHY);
    let by_conflicts = judge(conflicts, CONFLICTS_PERCENT_DEGRADED, CONFLICTS_PERCENT_UNHEALTHY);
    let told = |number, name: &str, (status, limit): (HealthStatus, u64)| {
        let side = if status == HealthStatus::Healthy { "below" } else { "at or above" };
        format!("{} {name}, {side} {limit} in 100", count(number))
    };
    let message = format!(
        "{}, and {}, in {} operations since the last look",
        told(waits, "waits for latches", by_waits),
        told(conflicts, "conflicts", by_conflicts),
        count(operations),
    );
    Component { status: by_waits.0.max(by_conflicts.0), message, figures }
}

fn accounts(used: u64, limit: u64) -> Component<AccountsFigures> {
    let (status, side) = by_share(used, limit);
    let count = |number: u64| grouped(number.into());
    let message = format!("{} of {} accounts are open, {side}", count(used), count(limit));
    Component { status, message, figures: AccountsFigures { used, limit } }
}

fn replay(verified: Option<&Verified>, begun_ns: u64) -> Component<ReplayFigures> {
    let ran_at_ns = verified.map_or(0, |verified| verified.at_ns.saturating_sub(begun_ns));
    let (status, result, entries, message) = match verified.map(|verified| &verified.result) {
        None => {
            let message = "serial replay has not been asked".to_owned();
            (HealthStatus::Healthy, ReplayResult::NotRun, 0, message)
        }
        Some(Ok(entries)) => {
            let count = grouped((*entries).into());
            let message = format!("serial replay agreed on {count} entries");
            (HealthStatus::Healthy, ReplayResult::Agreed, *entries, message)
        }
        Some(Err(divergence)) => {
            let message = format!("serial replay disagrees: {divergence}");
            (HealthStatus::Unhealthy, ReplayResult::Diverged, 0, message)
        }
    };
    Component { status, message, figures: ReplayFigures { result, entries, ran_at_ns } }
}

fn store(state: &StoreState) -> Component<StoreFigures> {
    let (status, attached, message) = match state {
        StoreState::NotAttached => (
            HealthStatus::Healthy,
            false,
            "no store is attached; the ledger is in memory only".into(),
        ),
        StoreState::Working => {
            (HealthStatus::Healthy, true, "the store takes what it is given".into())
        }
        StoreState::Failing { message } => {
            (HealthStatus::Unhealthy, true, format!("the store fails: {message}"))
        }
    };
    Component { status, message, figures: StoreFigures { attached } }
}

/// How something is of which so much is used, and on which side of which limit that is.
fn by_share(used: u64, limit: u64) -> (HealthStatus, String) {
    if used >= limit {
        return (HealthStatus::Unhealthy, "which is all there may be".to_owned());
    }
    if u128::from(used) * 100 >= u128::from(limit) * u128::from(USED_PERCENT_DEGRADED) {
        return (HealthStatus::Degraded, format!("at or above {USED_PERCENT_DEGRADED} %"));
    }
    (HealthStatus::Healthy, format!("below {USED_PERCENT_DEGRADED} %"))
}

/// Bytes in MiB: whole ones without a fraction, others with one digit of it.
fn mebibytes(bytes: u64) -> String {
    let whole = grouped((bytes >> 20).into());
    match bytes % (1 << 20) {
        0 => whole,
        rest => format!("{whole}.{}", (rest * 10) >> 20),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use HealthStatus::{Degraded, Healthy, Unhealthy};

    #[test]
    fn a_share_has_its_limits_where_they_are_named() {
        for (used, limit, expected) in [
            (0, 1, Healthy),
            (799, 1_000, Healthy),
            (800, 1_000, Degraded),
            (999, 1_000, Degraded),
            (1_000, 1_000, Unhealthy),
            (u64::MAX - 1, u64::MAX, Degraded),
        ] {
            assert_eq!(by_share(used, limit).0, expected, "{used} of {limit}");
        }
    }

    #[test]
    fn waits_and_conflicts_have_limits_of_their_own() {
        for (operations, waits, conflicts, expected) in [
            (0, 0, 0, Healthy),
            (99, 99, 99, Healthy),
            (100, 0, 0, Healthy),
            (1_000, 9, 99, Healthy),
            (1_000, 10, 0, Degraded),
            (1_000, 0, 100, Degraded),
            (1_000, 99, 999, Degraded),
            (1_000, 100, 0, Unhealthy),
            (1_000, 0, 1_000, Unhealthy),
        ] {
            let component = latches(LatchFigures { window_ns: 1, operations, waits, conflicts });
            assert_eq!(component.status, expected, "{}", component.message);
        }
        let figures = LatchFigures { window_ns: 1, operations: 2_000, waits: 20, conflicts: 5 };
        assert_eq!(
            latches(figures).message,
            "20 waits for latches, at or above 1 in 100, and 5 conflicts, below 10 in 100, in 2,000 operations since \
             the last look"
        );
    }

    #[test]
    fn bytes_are_told_in_mebibytes() {
        let told = [0, 1 << 20, 3 << 19, (2 << 30) + 1, 1_000_000].map(mebibytes);
        assert_eq!(told, ["0", "1", "1.5", "2,048.0", "0.9"]);
    }
}
