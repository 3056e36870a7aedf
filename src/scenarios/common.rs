//! Parameters that every scenario has, so that they read the same everywhere.

use super::{Parameter, VALUE_MAX, Values, isolation};

/// Threads that run the load.
pub const WORKERS: Parameter = Parameter {
    name: "workers",
    label: "Workers",
    values: Values::Number { unit: "", minimum: 1, maximum: 64 },
    sentence: "Threads that share one book. More than the machine has processors only wait for each other.",
};

/// How the workers share the book; which of them a run has is [`Strategy::of`](super::Strategy::of).
pub const ISOLATION: Parameter = Parameter {
    name: "isolation",
    label: "Isolation",
    values: Values::Choice { choices: isolation::CHOICES },
    sentence: "How workers share the accounts that a transfer touches. The load is the same for all.",
};

/// Attempts of all workers together.
pub const OPERATIONS: Parameter = Parameter {
    name: "operations",
    label: "Operations",
    values: Values::Number { unit: "", minimum: 1, maximum: 1_000_000_000 },
    sentence: "Attempts by all workers together. The run ends when they are done or its time is up.",
};

/// Time limit of the run.
pub const DURATION_S: Parameter = Parameter {
    name: "duration_s",
    label: "Time limit",
    values: Values::Number { unit: "s", minimum: 1, maximum: 3_600 },
    sentence: "The run ends after this time even when operations are left.",
};

/// What the random choices start from.
pub const SEED: Parameter = Parameter {
    name: "seed",
    label: "Seed",
    values: Values::Number { unit: "", minimum: 0, maximum: VALUE_MAX },
    sentence: "The random choices start from it: the same seed makes every worker ask for the same.",
};

/// How long one attempt may wait.
pub const DEADLINE_MS: Parameter = Parameter {
    name: "deadline_ms",
    label: "Deadline",
    values: Values::Number { unit: "ms", minimum: 1, maximum: 60_000 },
    sentence: "An attempt that is still waiting for its accounts this long after its batch was handed in gives up.",
};

/// Attempts between two looks at the clock.
pub const BATCH: Parameter = Parameter {
    name: "batch",
    label: "Batch",
    values: Values::Number { unit: "", minimum: 1, maximum: 8_189 },
    sentence: "Attempts that a worker makes between two looks at the clock and two updates of the counters.",
};

/// Memory for the trail.
pub const TRAIL_MIB: Parameter = Parameter {
    name: "trail_mib",
    label: "Trail memory",
    values: Values::Number { unit: "MiB", minimum: 32, maximum: 65_536 },
    sentence: "Memory for the audit trail at 128 bytes an entry. The run ends when it is used up; nothing is dropped.",
};
