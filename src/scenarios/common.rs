//! Parameters that every scenario has, so that they read the same everywhere.

use super::{Parameter, VALUE_MAX, Values, concurrency};

/// Threads that run the load.
pub const WORKERS: Parameter = Parameter::number(
    "workers",
    "Workers",
    "",
    (1, 64),
    0,
    "Threads that share one ledger. More than the machine has processors only wait for each other.",
);

/// How the workers share the ledger; which of them a run has is [`Protocol::of`](super::Protocol::of).
pub const CONCURRENCY: Parameter = Parameter {
    name: "concurrency",
    label: "ConcurrencyControl",
    values: Values::Choice { choices: concurrency::CHOICES },
    description: "How workers share the accounts that a transfer touches. The load is the same for all.",
    default: 0,
};

/// What all workers are asked for together.
pub const OPERATIONS: Parameter = Parameter::number(
    "operations",
    "Operations",
    "",
    (1, 1_000_000_000),
    2_000_000,
    "What all workers are asked for together. The run ends when it is done or its time is up.",
);

/// Time limit of the run.
pub const DURATION_S: Parameter = Parameter::number(
    "duration_s",
    "Time limit",
    "s",
    (1, 3_600),
    10,
    "The run ends after this time even when operations are left.",
);

/// How fast operations are asked for.
pub const RATE_PER_S: Parameter = Parameter::number(
    "rate_per_s",
    "Rate",
    "per s",
    (0, 100_000_000),
    0,
    "Operations asked for per second, all workers together, whether or not the last ones are done; 0 asks for the next \
     when the last is done.",
);

/// What the random choices start from.
pub const SEED: Parameter = Parameter::number(
    "seed",
    "Seed",
    "",
    (0, VALUE_MAX),
    42,
    "The random choices start from it: the same seed makes every worker ask for the same.",
);

/// How long one attempt may wait.
pub const DEADLINE_MS: Parameter = Parameter::number(
    "deadline_ms",
    "Deadline",
    "ms",
    (1, 60_000),
    100,
    "An attempt that is still waiting for its accounts this long after its batch was handed in gives up.",
);

/// Operations between two looks at the clock.
pub const BATCH: Parameter = Parameter::number(
    "batch",
    "Batch",
    "",
    (1, 8_189),
    256,
    "Operations that a worker does between two looks at the clock and two updates of the counters; what is timed.",
);

/// Memory for the trail.
pub const TRAIL_MIB: Parameter = Parameter::number(
    "trail_mib",
    "Trail memory",
    "MiB",
    (32, 65_536),
    1_024,
    "Memory for the audit trail at 128 bytes an entry. The run ends when it is used up; nothing is dropped.",
);

/// The share of choices that fall on few accounts. For scenarios that choose among many: see
/// [`AccountDistribution`](super::AccountDistribution).
pub const HOT_PERCENT: Parameter = Parameter::number(
    "hot_percent",
    "Hot share",
    "%",
    (0, 100),
    0,
    "Share of choices that fall on the hot accounts, where workers meet. The others fall on all accounts alike.",
);

/// How many the hot accounts are.
pub const HOT_ACCOUNTS: Parameter = Parameter::number(
    "hot_accounts",
    "Hot accounts",
    "",
    (1, 1_000_000),
    10,
    "How many of the accounts, counted from the first, are the hot ones.",
);

/// Those that every scenario has.
pub const ALL: [Parameter; 9] =
    [WORKERS, CONCURRENCY, OPERATIONS, DURATION_S, RATE_PER_S, SEED, DEADLINE_MS, BATCH, TRAIL_MIB];

/// Coins that one account can be given: a billion.
pub const COINS_MAX: u64 = 1_000_000_000;

/// A number of coins, from `minimum` to [`COINS_MAX`].
pub const fn coins(
    name: &'static str,
    label: &'static str,
    minimum: u64,
    default: u64,
    description: &'static str,
) -> Parameter {
    Parameter::number(name, label, "coins", (minimum, COINS_MAX), default, description)
}
