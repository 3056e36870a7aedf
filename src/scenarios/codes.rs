//! The currency, account codes and transfer codes of all scenarios.

/// The ledger number of the only currency: GoLedger's coins.
pub const COINS: u32 = 1;

/// An account that issues money. Only such an account may owe without a limit.
pub const WORLD: u16 = 1;
/// An account that can only spend what it has.
pub const HOLDER: u16 = 2;
/// An account that may be overdrawn.
pub const OVERDRAFT: u16 = 3;

/// An account's initial coins.
pub const ISSUE: u16 = 1;
/// A trader buys: an exchange receives coins.
pub const BUY: u16 = 2;
/// A trader sells: an exchange pays coins.
pub const SELL: u16 = 3;
/// Coins enter the system. This code and the ones below equal those in [`coins::codes`](crate::coins::codes).
pub const DEPOSIT: u16 = 16;
/// Coins leave the system.
pub const WITHDRAWAL: u16 = 17;
/// Coins move from one holder to another.
pub const TRANSFER: u16 = 18;
/// A customer pays a processor.
pub const PAYMENT: u16 = 19;
/// A processor pays a merchant what is not its fee.
pub const SETTLEMENT: u16 = 20;
