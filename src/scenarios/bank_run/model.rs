//! The names that the bank run's workload and checks share.

use crate::scenarios::counts::count_kinds;
use crate::scenarios::{EventKind, Parameters};

/// Roles of the layout.
pub(super) const BANK: usize = 0;
pub(super) const CLAIMS: usize = 1;
pub(super) const CUSTOMER: usize = 2;

/// The transfer code of a settled claim.
pub(super) const CLAIM: u16 = 32;

pub(super) const RESERVE_DRY: EventKind = EventKind { name: "reserve_dry", title: "Reserve dry" };
pub(super) const SUSPENDED: EventKind =
    EventKind { name: "suspended", title: "Withdrawals suspended" };
pub(super) const LIFTED: EventKind = EventKind { name: "lifted", title: "Suspension lifted" };

/// The name of the sum of coins that customers received.
pub(super) const PAID: &str = "paid";

count_kinds! {
    /// The outcome of a visit.
    enum Outcome {
        /// The customer received the coins.
        Served = ("served", "Withdrawals served", ""),
        /// The reserve was too small.
        NoReserve = ("refused_reserve", "Not served: reserve too small", ""),
        /// The claim was too small: another worker served the customer after the balance was read.
        NoClaim = ("refused_claim", "Not served: claim too small", ""),
        /// The attempt was cancelled or reached its deadline.
        Interrupted = ("interrupted", "Cancelled or past the deadline", ""),
        /// Withdrawals were suspended.
        TurnedAway = ("turned_away", "Turned away during a suspension", ""),
        /// The customer had no claim left and requested nothing.
        NothingLeft = ("nothing_left", "Customer visits without a claim", ""),
    }
}

/// The initial coins of the bank's reserve. At most 10^19: a million customers with a billion coins each, a hundred
/// times.
pub(super) fn initial_reserve(parameters: &Parameters) -> u64 {
    let claims = parameters.get("accounts") * parameters.get("customer_coins");
    claims * parameters.get("reserve_percent") / 100
}
