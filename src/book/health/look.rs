//! A look at a book's health: what is read, in which order, and what is made of it.
//!
//! # Protocol
//! Each count is a word that one writer alone stores and that only grows, so a later look never finds less; the trail's
//! entries are the one sum of two words that may be too small for a moment, and a look never answers fewer than the one
//! before it. The latch of [`Kept`] is held by looks and by who notes something, for as long as it takes to add up the
//! counts; no writer takes it.

use super::{AccountsUse, Component, Components, Health, LatchesUse, RefereeUse, StoreState};
use super::{CONFLICTS_PERCENT_DEGRADED, CONFLICTS_PERCENT_UNHEALTHY, HealthStatus, StoreUse};
use super::{Contention, SENTENCE_BYTES_MAX, TrailUse, USED_PERCENT_DEGRADED, Verdict};
use super::{WAITS_PERCENT_DEGRADED, WAITS_PERCENT_UNHEALTHY, WINDOW_OPERATIONS_MIN};
use crate::book::{Book, Meter};
use crate::model::amounts::grouped;
use crate::sync::{AtomicU64, Latched, Ordering};
use crate::trail::{Divergence, Referee};

/// Stands for a time that nobody has told yet.
const UNTOLD: u64 = u64::MAX;

/// What a book was told about its health, and what looks share.
#[derive(Debug)]
pub(in crate::book) struct Notes {
    begun_ns: AtomicU64,
    kept: Latched<Kept>,
}

impl Default for Notes {
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
    judged: Option<Judged>,
    store: StoreState,
}

/// What the referee said last. A divergence is of a fixed size, whatever the sentence that it makes.
#[derive(Debug)]
struct Judged {
    at_ns: u64,
    verdict: Result<u64, Box<Divergence>>,
}

/// What the writers have published, summed up.
#[derive(Clone, Copy, Debug, Default)]
struct Counts {
    operations: u64,
    waits: u64,
    conflicts: u64,
}

impl Book {
    /// Tells it the time from which its uptime counts, in nanoseconds of the clock that [`Book::health`] is given. Only
    /// the first time that it is told counts, here, by a writer, or by a look.
    pub fn begin(&self, now_ns: u64) {
        let begun = &self.notes.begun_ns;
        if begun.load(Ordering::Relaxed) == UNTOLD {
            // Where somebody was faster, that time counts.
            let _ = begun.compare_exchange(UNTOLD, now_ns, Ordering::Relaxed, Ordering::Relaxed);
        }
    }

    /// Looks at how it is, at `now_ns`. Writers may run meanwhile; they are not stopped and not waited for.
    ///
    /// Latches are judged by what has happened since the look before, whoever looked.
    pub fn health(&self, now_ns: u64) -> Health {
        self.begin(now_ns);
        let begun_ns = self.notes.begun_ns.load(Ordering::Relaxed);
        let mut kept = self.notes.kept.hold_unhurried();
        let counts = self.counts(kept.operations);
        kept.operations = counts.operations;
        let components = Components {
            accounts: accounts(self.accounts.len(), self.accounts.limit()),
            trail: self.trail_health(),
            latches: kept.latches(counts, now_ns, begun_ns),
            referee: referee(kept.judged.as_ref(), begun_ns),
            store: store(&kept.store),
        };
        drop(kept);
        let uptime_ns = now_ns.saturating_sub(begun_ns);
        Health::of(components, uptime_ns, counts.operations)
    }

    /// Has the referee replay the trail, and keeps what it says for [`Book::health`]. `now_ns` is when it is asked;
    /// `progress` is told the number of entries replayed so far, now and then.
    ///
    /// Ask it when the writers have stopped. What it says of a trail that has grown meanwhile is answered but not kept: an
    /// account may have changed between the look at its entries and the look at its balance.
    ///
    /// # Errors
    /// The first divergence from a serial run.
    pub fn judge(&self, now_ns: u64, progress: impl FnMut(u64)) -> Result<u64, Box<Divergence>> {
        self.begin(now_ns);
        let records = self.trail.len();
        let verdict = Referee::judge(&self.trail, self.accounts(), progress);
        if self.trail.len() == records {
            let judged = Judged { at_ns: now_ns, verdict: verdict.clone() };
            self.notes.kept.hold_unhurried().judged = Some(judged);
        }
        verdict
    }

    /// Where the trail differs from a serial run, by the verdict that was reached last.
    pub fn divergence(&self) -> Option<Box<Divergence>> {
        let kept = self.notes.kept.hold_unhurried();
        kept.judged.as_ref().and_then(|judged| judged.verdict.clone().err())
    }

    /// Takes down how the store is that keeps this book beyond its memory.
    pub fn note_store(&self, mut state: StoreState) {
        if let StoreState::Failing { sentence } = &mut state {
            sentence.truncate(sentence.floor_char_boundary(SENTENCE_BYTES_MAX));
        }
        self.notes.kept.hold_unhurried().store = state;
    }

    /// How often threads have stood in each other's way since it was opened.
    pub fn contention(&self) -> Contention {
        let Counts { waits, conflicts, .. } = self.counts(0);
        Contention { waits, conflicts }
    }

    /// What the writers have published by now, and no fewer operations than `seen`.
    fn counts(&self, seen: u64) -> Counts {
        let sum = |word: fn(&Meter) -> &AtomicU64| {
            self.meters.iter().map(|meter| word(meter).load(Ordering::Relaxed)).sum()
        };
        Counts {
            operations: self.trail.entries().max(seen),
            waits: sum(|meter| &meter.waits),
            conflicts: sum(|meter| &meter.conflicts),
        }
    }

    fn trail_health(&self) -> Component<TrailUse> {
        let (used_bytes, budget_bytes) = (self.trail.used_bytes(), self.trail.budget_bytes());
        let figures = TrailUse { used_bytes, budget_bytes };
        let (used, budget) = (mebibytes(used_bytes), mebibytes(budget_bytes));
        let refused = self.meters.iter().any(|meter| meter.no_room.load(Ordering::Relaxed) > 0);
        if !refused {
            let (status, side) = by_share(used_bytes, budget_bytes);
            let sentence = format!("the trail uses {used} of its {budget} MiB, {side}");
            return Component { status, sentence, figures };
        }
        let sentence = match self.trail.left_bytes() {
            0 => format!("the trail has used up its {budget} MiB, so attempts are turned away"),
            _ => format!(
                "the system has no more memory for the trail, which has {used} of its {budget} MiB"
            ),
        };
        Component { status: HealthStatus::Unhealthy, sentence, figures }
    }
}

impl Health {
    fn of(components: Components, uptime_ns: u64, operations: u64) -> Self {
        let mut status = HealthStatus::Healthy;
        let mut troubles = Vec::new();
        for (_, one, sentence) in components.parts() {
            status = status.max(one);
            if one != HealthStatus::Healthy {
                troubles.push(sentence);
            }
        }
        let sentence = match troubles.is_empty() {
            true => "every component is within its limits".to_owned(),
            false => troubles.join("; "),
        };
        Self { status, sentence, uptime_ns, operations, components }
    }
}

impl Kept {
    /// Judges the window, and begins another one where it has enough operations for that.
    fn latches(&mut self, now: Counts, now_ns: u64, begun_ns: u64) -> Component<LatchesUse> {
        let figures = LatchesUse {
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
fn latches(figures: LatchesUse) -> Component<LatchesUse> {
    let LatchesUse { operations, waits, conflicts, .. } = figures;
    let count = |number: u64| grouped(number.into());
    if operations < WINDOW_OPERATIONS_MIN {
        let sentence = format!(
            "{} operations since the last look, and fewer than {WINDOW_OPERATIONS_MIN} are not judged",
            count(operations),
        );
        return Component { status: HealthStatus::Healthy, sentence, figures };
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
    let sentence = format!(
        "{}, and {}, in {} operations since the last look",
        told(waits, "waits for latches", by_waits),
        told(conflicts, "conflicts", by_conflicts),
        count(operations),
    );
    Component { status: by_waits.0.max(by_conflicts.0), sentence, figures }
}

fn accounts(used: u64, limit: u64) -> Component<AccountsUse> {
    let (status, side) = by_share(used, limit);
    let count = |number: u64| grouped(number.into());
    let sentence = format!("{} of {} accounts are open, {side}", count(used), count(limit));
    Component { status, sentence, figures: AccountsUse { used, limit } }
}

fn referee(judged: Option<&Judged>, begun_ns: u64) -> Component<RefereeUse> {
    let asked_at_ns = judged.map_or(0, |judged| judged.at_ns.saturating_sub(begun_ns));
    let (status, verdict, entries, sentence) = match judged.map(|judged| &judged.verdict) {
        None => {
            let sentence = "the referee has not been asked".to_owned();
            (HealthStatus::Healthy, Verdict::NeverAsked, 0, sentence)
        }
        Some(Ok(entries)) => {
            let count = grouped((*entries).into());
            let sentence = format!("the referee agreed on {count} entries");
            (HealthStatus::Healthy, Verdict::Agreed, *entries, sentence)
        }
        Some(Err(divergence)) => {
            let sentence = format!("the referee disagrees: {divergence}");
            (HealthStatus::Unhealthy, Verdict::Diverged, 0, sentence)
        }
    };
    Component { status, sentence, figures: RefereeUse { verdict, entries, asked_at_ns } }
}

fn store(state: &StoreState) -> Component<StoreUse> {
    let (status, attached, sentence) = match state {
        StoreState::NotAttached => (
            HealthStatus::Healthy,
            false,
            "no store is attached; the book is in memory only".into(),
        ),
        StoreState::Working => {
            (HealthStatus::Healthy, true, "the store takes what it is given".into())
        }
        StoreState::Failing { sentence } => {
            (HealthStatus::Unhealthy, true, format!("the store fails: {sentence}"))
        }
    };
    Component { status, sentence, figures: StoreUse { attached } }
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
            let component = latches(LatchesUse { window_ns: 1, operations, waits, conflicts });
            assert_eq!(component.status, expected, "{}", component.sentence);
        }
        let figures = LatchesUse { window_ns: 1, operations: 2_000, waits: 20, conflicts: 5 };
        assert_eq!(
            latches(figures).sentence,
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
