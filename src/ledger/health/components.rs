//! Health as a sample reports it, and the limits between its statuses.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::model::amounts::JsonU64;
use crate::model::digits::Digits;

/// Percent of the accounts, or of the trail's memory, from which a ledger is degraded. A fifth is
/// left, which is time to give it more or to stop gracefully. When nothing is left it is unhealthy,
/// because it rejects attempts.
pub const USED_PERCENT_DEGRADED: u64 = 80;

/// Operations that a window needs before a sample ends it. With fewer, its figures would say nothing
/// about the load.
pub const WINDOW_OPERATIONS_MIN: u64 = 100;

/// The maximum number of bytes stored of a message from outside.
pub const MESSAGE_BYTES_MAX: usize = 512;

/// The status of a ledger or of one component. A ledger has the worst status of its components.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema,
)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum HealthStatus {
    /// It is within every limit.
    Healthy,
    /// It works, but it is near a limit, or its disk does not answer.
    Degraded,
    /// It rejects valid attempts, its results are wrong, or its disk has lost what it has stored.
    Unhealthy,
}

impl HealthStatus {
    /// Returns the name of the status, as in JSON.
    pub fn name(self) -> &'static str {
        match self {
            Self::Healthy => "healthy",
            Self::Degraded => "degraded",
            Self::Unhealthy => "unhealthy",
        }
    }
}

/// The health of a ledger at the moment of a sample.
#[serde_with::apply(u64 => #[serde(with = "Digits::<u64>")])]
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(deny_unknown_fields))]
pub struct Health {
    /// The worst status of the components.
    pub status: HealthStatus,
    /// The messages of all components that are not healthy, or that all are within their limits.
    pub message: String,
    /// Nanoseconds from the first time that [`Ledger::begin`](crate::Ledger::begin), a writer or a
    /// sample was given, to this sample.
    #[schema(value_type = JsonU64)]
    pub uptime_ns: u64,
    /// Entries of the trail: attempts, accepted or not, and expiries. It never falls from one
    /// sample to the next.
    #[schema(value_type = JsonU64)]
    pub operations: u64,
    /// The components.
    pub components: Components,
}

/// The components of a ledger's health.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(deny_unknown_fields))]
pub struct Components {
    /// Whether accounts can be created.
    pub accounts: Component<AccountsFigures>,
    /// Whether the trail has memory for entries.
    pub trail: Component<TrailFigures>,
    /// How much threads contend for accounts. It is always healthy: contention is load.
    pub latches: Component<LatchFigures>,
    /// Whether serial replay found the ledger equal to a serial run.
    pub replay: Component<ReplayFigures>,
    /// Whether a store persists the ledger.
    pub store: Component<StoreFigures>,
}

/// One component: its status, the reason, and the figures.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[cfg_attr(test, schemars(rename = "{Figures}Component", deny_unknown_fields))]
pub struct Component<Figures> {
    /// The status.
    pub status: HealthStatus,
    /// The reason, with the value and the limit. A clause without a full stop.
    pub message: String,
    /// The figures that determine the status.
    #[serde(flatten)]
    pub figures: Figures,
}

/// Figures of the accounts.
#[serde_with::apply(u64 => #[serde(with = "Digits::<u64>")])]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct AccountsFigures {
    /// Accounts that exist.
    #[schema(value_type = JsonU64)]
    pub used: u64,
    /// The maximum number of accounts.
    #[schema(value_type = JsonU64)]
    pub limit: u64,
}

/// Figures of the trail.
#[serde_with::apply(u64 => #[serde(with = "Digits::<u64>")])]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[cfg_attr(test, schemars(transform = require_spilled_bytes))]
pub struct TrailFigures {
    /// Bytes that entries use.
    #[schema(value_type = JsonU64)]
    pub used_bytes: u64,
    /// Bytes that entries may use: 1 TiB if older entries are moved to the disk.
    #[schema(value_type = JsonU64)]
    pub budget_bytes: u64,
    /// Those of the used bytes that were moved from memory to the disk. 0 in older reports.
    #[serde(default)]
    #[schema(value_type = JsonU64, required)]
    pub spilled_bytes: u64,
}

/// Says that the bytes that were moved are always written, although a reader does without them.
#[cfg(test)]
fn require_spilled_bytes(schema: &mut schemars::Schema) {
    let required = schema.get_mut("required").and_then(|required| required.as_array_mut());
    required.expect("it has other fields").push("spilled_bytes".into());
}

/// Figures of the latches in the current window, which began at the last sample that had enough
/// operations.
#[serde_with::apply(u64 => #[serde(with = "Digits::<u64>")])]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct LatchFigures {
    /// Nanoseconds since the window began.
    #[schema(value_type = JsonU64)]
    pub window_ns: u64,
    /// Operations in the window.
    #[schema(value_type = JsonU64)]
    pub operations: u64,
    /// How often a thread found a latch locked by another thread.
    #[schema(value_type = JsonU64)]
    pub waits: u64,
    /// Times that an attempt was decided again because an account had changed.
    #[schema(value_type = JsonU64)]
    pub conflicts: u64,
}

/// How often threads have contended since the ledger was created.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Contention {
    /// Times that a latch was locked by another thread.
    pub waits: u64,
    /// Times that an attempt was decided again because an account had changed.
    pub conflicts: u64,
}

/// The result of serial replay.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum ReplayResult {
    /// It has not run.
    NotRun,
    /// The ledger equalled a serial run.
    Agreed,
    /// The ledger did not.
    Diverged,
}

/// Figures of serial replay.
#[serde_with::apply(u64 => #[serde(with = "Digits::<u64>")])]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct ReplayFigures {
    /// The last result.
    pub result: ReplayResult,
    /// Entries replayed when it agreed. 0 otherwise.
    #[schema(value_type = JsonU64)]
    pub entries: u64,
    /// The ledger's uptime when it ran last. 0 if it never did.
    #[schema(value_type = JsonU64)]
    pub ran_at_ns: u64,
}

/// The state of a ledger's store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum StoreState {
    /// There is no store.
    NotAttached,
    /// The store works.
    Working {
        /// The bytes of its log.
        log_bytes: u64,
    },
    /// It works, and blocks of its log can no longer be read.
    #[cfg(all(feature = "store", not(target_family = "wasm")))]
    Damaged {
        /// The blocks, at most [`MESSAGE_BYTES_MAX`] bytes about them.
        message: String,
    },
    /// It works, and its folder is not where it was.
    #[cfg(all(feature = "store", not(target_family = "wasm")))]
    Moved {
        /// What is in its place, at most [`MESSAGE_BYTES_MAX`] bytes about it.
        message: String,
    },
    /// It works, and what was moved to the trail's scratch file can no longer be read.
    #[cfg(all(feature = "store", not(target_family = "wasm")))]
    ScratchDamaged {
        /// The records, at most [`MESSAGE_BYTES_MAX`] bytes about them.
        message: String,
    },
    /// It waits for the disk, which has not answered for these seconds.
    #[cfg(all(feature = "store", not(target_family = "wasm")))]
    Waiting {
        /// The seconds.
        seconds: u64,
    },
    /// The disk has no space.
    NoSpace,
    /// It was closed.
    Closed,
    /// The store has failed.
    Failed {
        /// The reason, at most [`MESSAGE_BYTES_MAX`] bytes of it.
        message: String,
    },
}

/// Figures of the store.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct StoreFigures {
    /// Whether there is a store.
    pub attached: bool,
}

impl Components {
    /// Returns the name, status and message of each component.
    pub fn parts(&self) -> [(&'static str, HealthStatus, &str); 5] {
        let Self { accounts, trail, latches, replay, store } = self;
        [
            ("accounts", accounts.status, &accounts.message),
            ("trail", trail.status, &trail.message),
            ("latches", latches.status, &latches.message),
            ("replay", replay.status, &replay.message),
            ("store", store.status, &store.message),
        ]
    }
}
