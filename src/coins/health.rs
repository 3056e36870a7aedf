//! The health of a ledger of coins, in GoLedger's format.

use serde::Serialize;
use utoipa::ToSchema;

use super::coin_ledger::Coins;
use crate::ledger::{Health, HealthStatus};

/// GoLedger's response to `/system/health`, computed from the ledger's [`Health`].
///
/// `database` covers the accounts and the store, `audit_log` covers the trail and the replay, and
/// `performance` covers the latches, whose contention is load and not ill health. Each is true if everything it covers is healthy. If one is
/// false, `status` gives the severity.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, ToSchema)]
pub struct CoinsHealth {
    /// `healthy`, `degraded` or `unhealthy`.
    pub status: HealthStatus,
    /// The time since the ledger's clock was first set.
    pub uptime_seconds: f64,
    /// The number of entries in the trail. A payment has two. An attempt with an amount that is not
    /// positive has none, because it never reaches the ledger.
    pub operation_count: u64,
    /// Which components are healthy.
    pub components: CoinsComponents,
}

/// GoLedger's components.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct CoinsComponents {
    /// Accounts and store.
    pub database: bool,
    /// Trail and replay.
    pub audit_log: bool,
    /// Latches. Always true: contention is load, and `/v1/health` and `/metrics` have its figures.
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
    /// Returns the health at `now_ns`, by the clock that sets the ledger's time. See
    /// [`Ledger::health`](crate::ledger::Ledger::health).
    pub fn health(&self, now_ns: u64) -> CoinsHealth {
        CoinsHealth::from(&self.ledger.health(now_ns))
    }
}
