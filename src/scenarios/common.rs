//! The parameters that every scenario has.

use super::{Parameter, VALUE_MAX};

pub use super::concurrency::CONCURRENCY;

/// The number of worker threads.
pub const WORKERS: Parameter = Parameter::number("workers", "Workers", "", (1, 64), 0).describe(
    "Threads that share one ledger. More threads than processors only wait for each other.",
);

/// The number of operations of all workers together.
pub const OPERATIONS: Parameter =
    Parameter::number("operations", "Operations", "", (1, 1_000_000_000), 2_000_000).describe(
        "Operations of all workers together. The run ends when they are done or the time limit is \
         reached.",
    );

/// The time limit of the run.
pub const DURATION_S: Parameter =
    Parameter::number("duration_s", "Time limit", "s", (1, 3_600), 10)
        .describe("The run ends after this time even when operations remain.");

/// The rate of operations.
pub const RATE_PER_S: Parameter =
    Parameter::number("rate_per_s", "Rate", "per s", (0, 100_000_000), 0).describe(
        "Operations started per second by all workers together, whether or not earlier ones \
         have finished. With 0 each worker starts the next one when the last one is done.",
    );

/// The seed of the random numbers.
pub const SEED: Parameter = Parameter::number("seed", "Seed", "", (0, VALUE_MAX), 42).describe(
    "Start of the random numbers. With the same seed every worker performs the same \
     operations.",
);

/// The deadline of an attempt.
pub const DEADLINE_MS: Parameter =
    Parameter::number("deadline_ms", "Deadline", "ms", (1, 60_000), 100).describe(
        "An attempt gives up when it still waits for its accounts this long after its batch \
         started.",
    );

/// The number of operations in a batch.
pub const BATCH: Parameter = Parameter::number("batch", "Batch", "", (1, 8_189), 256).describe(
    "Operations between two readings of the clock. Latency is measured per batch, and the \
     counters are updated after each.",
);

/// The memory of the trail.
pub const TRAIL_MIB: Parameter =
    Parameter::number("trail_mib", "Trail memory", "MiB", (32, 65_536), 1_024).describe(
        "Memory for the audit trail at 128 bytes per entry. The run ends when it is full; no \
         entry is dropped.",
    );

/// The share of draws that go to hot accounts. For scenarios with an
/// [`AccountDistribution`](super::AccountDistribution).
pub const HOT_PERCENT: Parameter = Parameter::number("hot_percent", "Hot share", "%", (0, 100), 0)
    .describe(
        "Share of operations on the hot accounts, where workers contend. The rest is spread over \
         all accounts.",
    );

/// The number of hot accounts.
pub const HOT_ACCOUNTS: Parameter =
    Parameter::number("hot_accounts", "Hot accounts", "", (1, 1_000_000), 10)
        .describe("Number of hot accounts, counted from the first account.");

/// All parameters that every scenario has.
pub const ALL: [Parameter; 9] =
    [WORKERS, CONCURRENCY, OPERATIONS, DURATION_S, RATE_PER_S, SEED, DEADLINE_MS, BATCH, TRAIL_MIB];

/// The maximum number of coins that one account can start with: a billion.
pub const COINS_MAX: u64 = 1_000_000_000;

/// A number of coins from `minimum` to [`COINS_MAX`].
pub const fn coins(
    name: &'static str,
    label: &'static str,
    minimum: u64,
    default: u64,
) -> Parameter {
    Parameter::number(name, label, "coins", (minimum, COINS_MAX), default)
}

/// The least amount of an [`AmountDistribution`](super::AmountDistribution).
pub const fn amount_min(label: &'static str, minimum: u64, default: u64) -> Parameter {
    coins("amount_min", label, minimum, default)
        .describe("Least amount. Amounts are uniformly distributed.")
}

/// The maximum amount of an [`AmountDistribution`](super::AmountDistribution).
pub const fn amount_max(label: &'static str, minimum: u64, default: u64) -> Parameter {
    coins("amount_max", label, minimum, default)
        .describe("Greatest amount. Amounts are uniformly distributed.")
}
