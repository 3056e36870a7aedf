//! The names that SmallBank's workload and checks share.

use crate::scenarios::EventKind;
use crate::scenarios::counts::count_kinds;

/// Roles of the layout.
pub(super) const CHECKING: usize = 0;
pub(super) const SAVINGS: usize = 1;

/// The maximum number of attempts of a transaction before it gives up.
pub(super) const TRIES_MAX: u64 = 64;

/// The price in coins of a check for more than the customer has.
pub(super) const PENALTY_COINS: u64 = 1;

pub(super) const RETRIED: EventKind =
    EventKind { name: "decided_again", title: "Retried after a balance had changed" };
pub(super) const GAVE_UP: EventKind =
    EventKind { name: "gave_up", title: "Gave up after too many retries" };

pub(super) const CHECK: u16 = 33;
/// The penalty of the preceding check.
pub(super) const PENALTY: u16 = 34;
/// No coins: names the version of the savings account on which the preceding check was decided.
pub(super) const SAVINGS_VERSION: u16 = 35;
/// The whole balance of an account goes to another customer.
pub(super) const AMALGAMATION: u16 = 36;
/// Another customer balances an overdrawn account.
pub(super) const COVER: u16 = 37;

count_kinds! {
    /// What a workload counts: outcomes of transactions, retries, penalties and coins.
    enum Count {
        Amalgamated = ("amalgamate", "Amalgamations", ""),
        AmalgamateRetried = ("amalgamate_again", "Amalgamations retried", ""),
        BalanceRead = ("balance", "Balances read", ""),
        BalanceRetried = ("balance_again", "Balance reads retried", ""),
        Deposited = ("deposit", "Deposits", ""),
        Sent = ("send", "Payments sent", ""),
        SendRefused = ("send_refused", "Payments not made: balance too small", ""),
        SendRetried = ("send_again", "Payments retried", ""),
        Saved = ("save", "Changes of savings", ""),
        SaveRefused = ("save_refused", "Changes of savings not made: balance too small", ""),
        Checked = ("check", "Checks paid", ""),
        CheckRetried = ("check_again", "Checks retried", ""),
        Penalties = ("penalties", "Penalties", ""),
        GaveUp = ("gave_up", "Given up after too many retries", ""),
        Interrupted = ("interrupted", "Cancelled or past the deadline", ""),
        Failed = ("failed", "Not made for another reason", ""),
        /// Coins of deposits.
        CoinsIn = ("coins_in", "Coins deposited", "coins"),
        /// Coins of checks and withdrawals, without penalties.
        CoinsOut = ("coins_out", "Coins withdrawn, without penalties", "coins"),
    }
}

impl Count {
    /// The counts that are outcomes of a transaction.
    pub(super) const OUTCOMES: [Self; 11] = [
        Self::Amalgamated,
        Self::BalanceRead,
        Self::Deposited,
        Self::Sent,
        Self::SendRefused,
        Self::Saved,
        Self::SaveRefused,
        Self::Checked,
        Self::GaveUp,
        Self::Interrupted,
        Self::Failed,
    ];
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenarios::counts::CountKind;

    #[test]
    fn every_count_has_its_name() {
        let name = |count: Count| Count::TEXTS[count.index()].0;
        assert_eq!(Count::CoinsOut as usize + 1, Count::TEXTS.len());
        assert_eq!((name(Count::Checked), name(Count::GaveUp)), ("check", "gave_up"));
        assert_eq!((name(Count::Penalties), name(Count::CoinsIn)), ("penalties", "coins_in"));
    }
}
