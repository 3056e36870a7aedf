//! The counts of a scenario: its operations by outcome, and the other counts of its workloads.

use std::marker::PhantomData;

use super::check_results::check_equal_and;
use super::{Check, CheckInput, Fact, WorkerObservations};

/// The name, title and unit of a count in reports.
pub(super) type CountTexts = (&'static str, &'static str, &'static str);

/// An enum of what a scenario counts.
pub(super) trait CountKind: Copy + 'static {
    /// The texts of all kinds, in their order.
    const TEXTS: &'static [CountTexts];

    /// The position in [`CountKind::TEXTS`].
    fn index(self) -> usize;

    /// Returns the sum over all workers.
    fn total(self, input: &CheckInput<'_>) -> i128 {
        input.observations.sum(Self::TEXTS[self.index()].0)
    }
}

/// Declares an enum of counts with their texts.
macro_rules! count_kinds {
    ($(#[$meta:meta])* enum $name:ident { $($rows:tt)+ }) => {
        $crate::scenarios::table_enum::table_enum! {
            $(#[$meta])*
            pub(super) enum $name: $crate::scenarios::counts::CountTexts { $($rows)+ }
        }

        impl $crate::scenarios::counts::CountKind for $name {
            const TEXTS: &'static [$crate::scenarios::counts::CountTexts] = Self::TABLE;

            fn index(self) -> usize {
                self as usize
            }
        }
    };
}

pub(super) use count_kinds;

/// The counts of one worker.
pub(super) struct Counts<K> {
    counts: Box<[i128]>,
    kind: PhantomData<K>,
}

impl<K: CountKind> Counts<K> {
    pub(super) fn new() -> Self {
        Self { counts: vec![0; K::TEXTS.len()].into(), kind: PhantomData }
    }

    pub(super) fn add(&mut self, kind: K, amount: u64) {
        self.counts[kind.index()] += i128::from(amount);
    }

    pub(super) fn into_observations(self) -> WorkerObservations {
        let mut observations = WorkerObservations::default();
        for ((name, ..), count) in K::TEXTS.iter().zip(self.counts) {
            observations.add(name, count);
        }
        observations
    }
}

pub(super) fn facts<K: CountKind>(input: &CheckInput<'_>) -> Vec<Fact> {
    let texts = K::TEXTS.iter();
    texts
        .map(|(name, title, unit)| Fact::new(name, title, input.observations.sum(name), unit))
        .collect()
}

/// Checks that every operation had exactly one outcome: `found` of them by the trail, and as many of each by the
/// workers.
pub(super) fn check_every_outcome(
    texts: [&'static str; 3],
    input: &CheckInput<'_>,
    found: i128,
    unit: &'static str,
    workers_agree: bool,
) -> Check {
    let operations = input.tally.operations;
    check_equal_and(
        texts,
        (operations.into(), found),
        (operations, unit),
        (workers_agree, "the workers and the trail have different counts of some outcomes"),
    )
}
