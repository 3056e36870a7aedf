//! The currency, account codes and transfer codes of all scenarios. Those of the coins API are the same here.

/// The ledger number of the only currency: GoLedger's coins.
pub const COINS: u32 = 1;

pub use crate::coins::codes::{DEPOSIT, HOLDER, PAYMENT, SETTLEMENT, TRANSFER, WITHDRAWAL, WORLD};

/// An account that may be overdrawn.
pub const OVERDRAFT: u16 = 3;

/// An account's initial coins.
pub const ISSUE: u16 = 1;
/// A trader buys: an exchange receives coins.
pub const BUY: u16 = 2;
/// A trader sells: an exchange pays coins.
pub const SELL: u16 = 3;
