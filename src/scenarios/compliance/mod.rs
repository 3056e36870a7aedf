//! Compliance: a day of mixed traffic with refused and cancelled attempts, and an auditor who searches for all of them.
//!
//! After GoLedger's `TestAuditTrailCompliance`: an auditor, two users and four transfers at once, each of which must be in
//! the trail. At scale the four transfers repeat between random users, with attempts in between that must fail, while
//! the ledger's time advances by a day. The workers record the id of every attempt. Afterwards each attempt is searched
//! for by id, by account, by status and by hour. Then the trail is sealed and verified. In a copy of it one byte is
//! changed, and the seal must reveal it.

mod audit;
mod workload;

use self::workload::TrafficWorkload;
use super::account_layout::{AccountLayout, Role};
use super::check_results::{CheckInput, CheckResults};
use super::common::{self, coins};
use super::description::{Description, Preset};
use super::parameter::Parameter;
use super::parameters::Parameters;
use super::scenario::{Scenario, Workload};

/// The scenario `compliance`.
#[derive(Debug)]
pub(super) struct Compliance;

static DESCRIPTION: Description = Description {
    name: "compliance",
    title: "Compliance",
    description: "A day of mixed traffic. Afterwards the trail must contain every attempt, refused and cancelled ones included, and \
                  reveal a changed byte.",
    parameters: &[
        common::WORKERS,
        common::CONCURRENCY,
        Parameter::number(
            "accounts",
            "Users",
            "",
            (2, 100_000),
            1_000,
            "Users who pay the auditor and each other.",
        ),
        common::OPERATIONS.with_default(200_000),
        common::DURATION_S,
        common::RATE_PER_S,
        common::SEED,
        common::DEADLINE_MS,
        Parameter::number(
            "faults_percent",
            "Faults",
            "%",
            (0, 100),
            20,
            "Share of attempts that must fail: amount too large, same account, unknown account, or cancelled by the caller.",
        ),
        common::HOT_PERCENT,
        common::HOT_ACCOUNTS,
        coins(
            "auditor_coins",
            "Coins of the auditor",
            0,
            1_000_000_000,
            "Initial coins of the auditor.",
        ),
        coins("user_coins", "Coins per user", 0, 5_000, "Initial coins of each user."),
        common::BATCH,
        common::TRAIL_MIB,
    ],
    presets: &[
        Preset::scale(
            "A day of 200,000 attempts by a thousand users. A fifth of them must fail.",
            &[],
        ),
        Preset::goledger(
            "An auditor, two users and four transfers at once. The trail contains all four.",
            &[
                ("accounts", 2),
                ("operations", 4),
                ("faults_percent", 0),
                ("auditor_coins", 10_000),
                ("trail_mib", 64),
            ],
        ),
    ],
    events: &[],
};

impl Scenario for Compliance {
    fn description(&self) -> &'static Description {
        &DESCRIPTION
    }

    fn layout(&self, parameters: &Parameters) -> AccountLayout {
        AccountLayout::new(vec![
            Role::single("auditor", parameters.get("auditor_coins")),
            Role::new("user", parameters.get("accounts"), parameters.get("user_coins")),
        ])
    }

    fn workload(&self, parameters: &Parameters, worker: u64) -> Box<dyn Workload> {
        Box::new(TrafficWorkload::new(parameters, &self.layout(parameters), worker))
    }

    fn check(&self, input: &CheckInput<'_>) -> CheckResults {
        audit::check(input)
    }
}
