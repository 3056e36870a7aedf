//! Coins: GoLedger's calls, with its terms and units, on top of the ledger.
//!
//! All threads share [`Coins`], and each thread has a [`CoinsSession`]. This module stores no balances and
//! reads no clock. A holder's balance is that of an account of the ledger. A call is a transfer, usually a
//! plain one, which needs only the ledger's latches.
//!
//! ```
//! use ledgerlab::ledger::{LedgerConfig, Cancellation};
//! use ledgerlab::coins::Coins;
//!
//! let (coins, mut sessions) = Coins::open(&LedgerConfig::default())?;
//! let session = &mut sessions[0];
//! session.open("aaron", 1_000)?;
//! session.open("bryan", 1_000)?;
//! session.transfer("aaron", "bryan", 100, &Cancellation::never())?;
//! assert_eq!((coins.balance("aaron")?, coins.balance("bryan")?), (900, 1_100));
//!
//! let rejected = session.withdraw("aaron", 901, &Cancellation::never()).unwrap_err();
//! assert_eq!(rejected.to_string(), "insufficient funds or invalid amount");
//! assert_eq!(coins.history("aaron", 1)[0].status, "FAILED_INSUFFICIENT_FUNDS");
//! # Ok::<(), ledgerlab::coins::CoinsError>(())
//! ```
//!
//! # Guarantees
//! - Coins come from `@world` and go back to it. Each session has a separate account of `@world`,
//!   so that deposits to different holders share no account. The accounts of `@world` have issued the sum
//!   of all holders' balances.
//! - A holder always has 0 to 2^63 - 1 coins. `src/coins/balance_limit.rs` describes how the upper
//!   limit is kept without a lock that deposits would share.
//! - Each deposit, withdrawal and transfer adds one row to the history, whether it is accepted or
//!   rejected. The rows are read from the ledger's trail, which serial replay verifies. Two kinds of
//!   rejection are not in the trail, because the ledger has no status for them: an amount that is
//!   not positive, and a balance that would be too large. Each session keeps the latest
//!   [`UNRECORDED_MAX`] of those.
#![forbid(unsafe_code)]

mod balance_limit;
mod coin_ledger;
#[cfg(all(feature = "http", not(target_family = "wasm")))]
mod engine_coins;
mod health;
mod history;
mod names;
mod payment;
mod rejection;
mod session;

pub use coin_ledger::{COINS_MAX, Coins, Funds, LEDGER, WORLD, codes, world_id};
#[cfg(all(feature = "http", not(target_family = "wasm")))]
pub use engine_coins::{ENGINE_NAME_BYTES_MAX, EngineCoins, EngineCoinsError, engine_account_id};
pub use health::{CoinsComponents, CoinsHealth};
pub use history::{HistoryCursor, HistoryRow, UNRECORDED_MAX};
pub use names::{NAME_BYTES_MAX, NameError, check_name};
pub use payment::{Fee, PaymentReceipt};
pub use rejection::{CoinsError, Kind, Reason, Rejection};
#[cfg(feature = "store")]
pub(crate) use session::read_name_note;
pub use session::{CoinsSession, Receipt};
