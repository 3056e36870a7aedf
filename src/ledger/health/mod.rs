//! The health of a ledger: what it computes from facts at the moment of a look, and never a constant.
//!
//! A look takes no latch that a writer takes. Writers publish what they count, in their writer_stats and in the trail, on
//! cache lines of their own; a look reads it there. What looks share among themselves, the window that is under way and
//! what was told, is behind a latch of their own.

mod sample;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

pub(super) use sample::HealthState;

/// Percent of the accounts, or of the trail's memory, from which a ledger is degraded: a fifth is left, which is time
/// to give it more or to end in good order. Where nothing is left it is unhealthy, because it refuses what is asked.
pub const USED_PERCENT_DEGRADED: u64 = 80;

/// Waits per hundred operations from which a ledger is degraded. A wait ends when its thread is given the processor
/// again, some microseconds later, where a transfer takes a tenth of one: at one in a hundred, threads wait about as
/// long as they work.
pub const WAITS_PERCENT_DEGRADED: u64 = 1;

/// Waits per hundred operations from which a ledger is unhealthy: threads wait about ten times as long as they work, so
/// one of them alone would do more.
pub const WAITS_PERCENT_UNHEALTHY: u64 = 10;

/// Conflicts per hundred operations from which a ledger is degraded. One costs a decision that is thrown away: at ten in
/// a hundred a tenth of the work is.
pub const CONFLICTS_PERCENT_DEGRADED: u64 = 10;

/// Conflicts per hundred operations from which a ledger is unhealthy: as much is thrown away as is done.
pub const CONFLICTS_PERCENT_UNHEALTHY: u64 = 100;

/// Operations that a window must have before it is verified, and before a look ends it: with fewer, one meeting more or
/// less would decide.
pub const WINDOW_OPERATIONS_MIN: u64 = 100;

/// The most bytes that are kept of a message from outside.
pub const MESSAGE_BYTES_MAX: usize = 512;

/// How a ledger or a component of it is. The greatest of its components' is the ledger's.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema,
)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum HealthStatus {
    /// Within every limit.
    Healthy,
    /// It does all that is asked of it, but near a limit or slowed down.
    Degraded,
    /// It refuses what it should take, or cannot be trusted.
    Unhealthy,
}

impl HealthStatus {
    /// Its name for people and in JSON.
    pub fn name(self) -> &'static str {
        match self {
            Self::Healthy => "healthy",
            Self::Degraded => "degraded",
            Self::Unhealthy => "unhealthy",
        }
    }
}

/// What a look at a ledger has found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(deny_unknown_fields))]
pub struct Health {
    /// The worst of its components'.
    pub status: HealthStatus,
    /// What every component that is not healthy says; where all are, that they are.
    pub message: String,
    /// From the time that [`Ledger::begin`], a writer or a look was told first, to this look.
    pub uptime_ns: u64,
    /// Entries of the trail: attempts, accepted or not, and expiries. From one look to the next it never falls.
    pub operations: u64,
    /// What it is made of.
    pub components: Components,
}

/// What a ledger's health is made of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(deny_unknown_fields))]
pub struct Components {
    /// Whether accounts can be opened.
    pub accounts: Component<AccountsFigures>,
    /// Whether attempts can be written down.
    pub trail: Component<TrailFigures>,
    /// Whether threads stand in each other's way.
    pub latches: Component<LatchFigures>,
    /// Whether the trail was found equal to a serial run.
    pub replay: Component<ReplayFigures>,
    /// Whether what happens is kept beyond this memory.
    pub store: Component<StoreFigures>,
}

/// One component: how it is, why, and the figures.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[cfg_attr(test, schemars(rename = "{Figures}Component", deny_unknown_fields))]
pub struct Component<Figures> {
    /// How it is.
    pub status: HealthStatus,
    /// Why, with the value and the limit; a clause without a full stop.
    pub message: String,
    /// What that was computed from.
    #[serde(flatten)]
    pub figures: Figures,
}

/// Figures of the accounts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct AccountsFigures {
    /// Accounts there are.
    pub used: u64,
    /// Accounts there may be.
    pub limit: u64,
}

/// Figures of the trail.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct TrailFigures {
    /// Memory that entries take.
    pub used_bytes: u64,
    /// Memory that they may take.
    pub budget_bytes: u64,
}

/// Figures of the latches, over the window: since the last look that found enough operations to end one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct LatchFigures {
    /// How long it is by now.
    pub window_ns: u64,
    /// Operations in it.
    pub operations: u64,
    /// Times that a latch was found held.
    pub waits: u64,
    /// Times that an attempt was decided again, because an account had changed.
    pub conflicts: u64,
}

/// How often threads have stood in each other's way, from the beginning.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Contention {
    /// Times that a latch was found held.
    pub waits: u64,
    /// Times that an attempt was decided again, because an account had changed.
    pub conflicts: u64,
}

/// What serial replay has said.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum ReplayResult {
    /// Nothing: it was never asked.
    NotRun,
    /// The trail was equal to a serial run.
    Agreed,
    /// It was not.
    Diverged,
}

/// Figures of serial replay.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct ReplayFigures {
    /// What it said last.
    pub result: ReplayResult,
    /// Entries that it agreed on; 0 otherwise.
    pub entries: u64,
    /// The ledger's uptime when it was asked; 0 where it never was.
    pub ran_at_ns: u64,
}

/// What whoever keeps the trail beyond this memory has told. So far nobody does.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum StoreState {
    /// There is no store.
    #[default]
    NotAttached,
    /// There is one, and it takes what it is given.
    Working,
    /// There is one, and it does not.
    Failing {
        /// Why: its first [`MESSAGE_BYTES_MAX`] bytes are kept.
        message: String,
    },
}

/// Figures of the store.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct StoreFigures {
    /// Whether there is one.
    pub attached: bool,
}

impl Components {
    /// Each by its name, with how it is and why.
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
