//! The names that the payments' workload and checks share.

use crate::scenarios::counts::count_kinds;
use crate::scenarios::event_kind::EventKind;

/// Roles of the layout.
pub(super) const PROCESSOR: usize = 0;
pub(super) const MERCHANT: usize = 1;
pub(super) const CUSTOMER: usize = 2;

pub(super) const LATE: EventKind = EventKind { name: "late", title: "Post past the deadline" };
pub(super) const STUCK: EventKind =
    EventKind { name: "stuck", title: "Hold that could not be voided" };

/// Names of sums over completed payments: what the customers paid, and the fees in it.
pub(super) const PAID: &str = "paid";
pub(super) const FEES: &str = "fees";

count_kinds! {
    /// The outcome of a payment.
    enum Outcome {
        /// The merchant received the coins, and the processor its fee.
        Completed = ("completed", "Payments completed", ""),
        /// The customer had too little. Nothing was held.
        Declined = ("declined", "Declined: customer had too little", ""),
        /// It failed before the hold. Nothing reached the ledger.
        FailedBefore = ("failed_before", "Failed before the hold", ""),
        /// The hold was cancelled or reached its deadline.
        NotHeld = ("not_held", "Hold cancelled or past the deadline", ""),
        /// It failed after the hold, which was voided.
        FailedAfter = ("failed_after", "Failed after the hold, voided", ""),
        /// The post was cancelled or reached its deadline, and the hold was voided.
        Late = ("late", "Post past the deadline, voided", ""),
        /// The hold could not be voided. This takes a protocol that is incorrect on purpose.
        Stuck = ("stuck", "Holds that could not be voided", ""),
    }
}
