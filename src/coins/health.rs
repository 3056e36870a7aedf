//! The health of a ledger of coins, in GoLedger's documented words.

use serde::Serialize;
use utoipa::ToSchema;

use super::Coins;
use crate::ledger::{Health, HealthStatus};

/// What GoLedger documents for `/system/health`, computed from the ledger's [`Health`].
///
/// `database` stands for accounts and store, `audit_log` for trail and replay, `performance` for latches. One is true
/// where all that it stands for is healthy; how bad it is where it is not is in `status`.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, ToSchema)]
pub struct CoinsHealth {
    /// `healthy`, `degraded` or `unhealthy`.
    pub status: HealthStatus,
    /// Since the time that the ledger was told first.
    pub uptime_seconds: f64,
    /// Entries of the trail. A payment that goes through is two of them; an amount that is not positive is none, because
    /// it never reaches the ledger.
    pub operation_count: u64,
    /// What is healthy.
    pub components: CoinsComponents,
}

/// GoLedger's components.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct CoinsComponents {
    /// Accounts and store.
    pub database: bool,
    /// Trail and replay.
    pub audit_log: bool,
    /// Latches.
    pub performance: bool,
}

impl From<&Health> for CoinsHealth {
    fn from(health: &Health) -> Self {
        let parts = &health.components;
        let all = |statuses: &[HealthStatus]| {
            statuses.iter().all(|status| *status == HealthStatus::Healthy)
        };
        Self {
            status: health.status,
            uptime_seconds: health.uptime_ns as f64 / 1e9,
            operation_count: health.operations,
            components: CoinsComponents {
                database: all(&[parts.accounts.status, parts.store.status]),
                audit_log: all(&[parts.trail.status, parts.replay.status]),
                performance: all(&[parts.latches.status]),
            },
        }
    }
}

impl Coins {
    /// Looks at how the ledger is, at `now_ns` of the clock that it was told the time by. See
    /// [`Ledger::health`](crate::ledger::Ledger::health).
    pub fn health(&self, now_ns: u64) -> CoinsHealth {
        CoinsHealth::from(&self.ledger.health(now_ns))
    }
}
