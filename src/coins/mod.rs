//! Coins: GoLedger's calls, in its words and units, on top of the ledger.
//!
//! [`Coins`] is what the threads share; a [`CoinsSession`] is what one thread serves its customers with.
//! There is no balance and no clock here: a holder's balance is that of an account of the ledger, and
//! a call is a transfer of it, mostly a plain one, decided by the ledger's latches alone.
//!
//! ```
//! use ledgerlab::ledger::{Cancellation, LedgerConfig};
//! use ledgerlab::coins::Coins;
//!
//! let (coins, mut sessions) = Coins::open(&LedgerConfig::default())?;
//! let session = &mut sessions[0];
//! session.open("aaron", 1_000)?;
//! session.open("bryan", 1_000)?;
//! session.transfer("aaron", "bryan", 100, &Cancellation::never())?;
//! assert_eq!((coins.balance("aaron")?, coins.balance("bryan")?), (900, 1_100));
//!
//! let refused = session.withdraw("aaron", 901, &Cancellation::never()).unwrap_err();
//! assert_eq!(refused.to_string(), "insufficient funds or invalid amount");
//! assert_eq!(coins.history("aaron", 1)[0].status, "FAILED_INSUFFICIENT_FUNDS");
//! # Ok::<(), ledgerlab::coins::CoinsError>(())
//! ```
//!
//! # What is promised
//! - Coins come from `@world` and go back to it. Each session has an account of `@world` of its own,
//!   so that deposits to different holders share no account. What all of them owe together is what
//!   all holders have.
//! - A holder has 0 to 2^63 - 1 coins, always. `src/coins/ceiling.rs` says how the upper end is
//!   kept without a lock that deposits would share.
//! - RequestService deposit, withdrawal and transfer leaves one row in the history, refused or not. Rows are
//!   read from the ledger's trail, which serial replay judges. Two refusals are not in the trail,
//!   because the ledger has no words for them: an amount that is not positive, and a balance that
//!   would be too large. Each session keeps the latest [`KEPT_MAX`] of those.
#![forbid(unsafe_code)]

mod balance_limit;
mod health;
mod history;
mod names;
mod payment;
mod refusal;
mod session;

use std::collections::VecDeque;
use std::fmt;
use std::sync::Arc;

use crate::ledger::{Ledger, LedgerConfig, LedgerError};
use crate::model::{Account, AccountState, CreateAccountStatus};
use crate::sync::Latched;

pub use health::{CoinsComponents, CoinsHealth};
pub use history::{KEPT_MAX, Row};
pub use names::{NAME_BYTES_MAX, NameError, STRANGERS_MAX, check_name};
pub use payment::{Fee, PaymentReceipt};
pub use refusal::{CoinsError, Kind, Reason, Refusal};
pub use session::{CoinsSession, Receipt};

use history::Kept;
use names::Directory;

/// The ledger of all accounts here.
pub const LEDGER: u32 = 1;

/// The most coins of one holder, and of one call.
pub const COINS_MAX: i64 = i64::MAX;

/// Kinds of accounts and transfers, as the ledger's `code` holds them.
pub mod codes {
    /// An account of `@world`.
    pub const WORLD: u16 = 1;
    /// An account that can only spend what it has.
    pub const HOLDER: u16 = 2;

    /// A deposit.
    pub const DEPOSIT: u16 = 16;
    /// A withdrawal.
    pub const WITHDRAWAL: u16 = 17;
    /// A transfer.
    pub const TRANSFER: u16 = 18;
    /// The first transfer of a payment: from the customer to the processor.
    pub const PAYMENT: u16 = 19;
    /// The second transfer of a payment: from the processor to the merchant.
    pub const SETTLEMENT: u16 = 20;
}

/// What people call the accounts that coins come from.
pub const WORLD: &str = "@world";

/// The ids of two accounts that are never opened, for names that nobody can have: one who sends and
/// one who receives.
const NOBODY: [u128; 2] = [1 << 15, (1 << 15) + 1];

/// The account of `@world` that the session of this number uses.
pub fn world_id(session: usize) -> u128 {
    1 + session as u128
}

/// What each session has for itself, on cache lines of its own.
#[derive(Debug)]
#[repr(align(128))]
struct SessionState {
    /// Held while coins are given to somebody; see `ceiling`.
    gate: Latched<()>,
    /// The latest refusals that never reached the ledger.
    kept: Latched<VecDeque<Kept>>,
}

/// What the sessions share. See the module's text.
pub struct Coins {
    ledger: Arc<Ledger>,
    names: Directory,
    drawers: Box<[SessionState]>,
}

impl fmt::Debug for Coins {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Coins({} sessions)", self.drawers.len())
    }
}

impl Coins {
    /// A ledger of coins without holders, and its sessions: one for each writer of the ledger.
    ///
    /// # Errors
    /// [`LedgerError`] naming the part of `config` that is out of its range, or that leaves no room
    /// for `@world`.
    pub fn open(config: &LedgerConfig) -> Result<(Arc<Self>, Vec<CoinsSession>), LedgerError> {
        let (ledger, mut writers) = Ledger::with_writers(config)?;
        let world = |number| Account {
            id: world_id(number),
            ledger: LEDGER,
            code: codes::WORLD,
            ..Account::default()
        };
        let worlds: Vec<_> = (0..writers.len()).map(world).collect();
        for outcome in writers[0].create_accounts(&worlds)? {
            assert_eq!(outcome.status, CreateAccountStatus::Created, "the ledger was empty");
        }
        let drawer =
            |_| SessionState { gate: Latched::new((), 0), kept: Latched::new(VecDeque::new(), 0) };
        let holders_max = config.accounts_max - writers.len() as u64;
        let coins = Arc::new(Self {
            ledger,
            names: Directory::new(holders_max, config.id_seed.0.into()),
            drawers: (0..writers.len()).map(drawer).collect(),
        });
        let sessions = writers.into_iter().enumerate();
        let sessions =
            sessions.map(|(number, writer)| CoinsSession::new(&coins, writer, number)).collect();
        Ok((coins, sessions))
    }

    /// The ledger that holds it all, to be read and judged.
    pub fn ledger(&self) -> &Arc<Ledger> {
        &self.ledger
    }

    /// How many coins somebody has.
    ///
    /// # Errors
    /// [`CoinsError::HolderNotFound`] when nobody of this name has an account.
    pub fn balance(&self, name: &str) -> Result<i64, CoinsError> {
        let state = self.names.find(name).and_then(|id| self.ledger.account(id));
        state.map(|state| coins_of(&state)).ok_or(CoinsError::HolderNotFound)
    }

    /// What people call an account, where it has a name.
    pub fn name(&self, id: u128) -> Option<&str> {
        if (1..=self.drawers.len() as u128).contains(&id) {
            return Some(WORLD);
        }
        self.names.name(id)
    }

    /// What all accounts of `@world` owe: the coins that holders have, once no call is under way.
    pub fn issued(&self) -> i128 {
        let worlds =
            (0..self.drawers.len()).filter_map(|number| self.ledger.account(world_id(number)));
        worlds.map(|state| state.debits_posted as i128 - state.credits_posted as i128).sum()
    }

    /// What all holders have.
    pub fn held(&self) -> i128 {
        let holders = self.ledger.accounts().filter(|state| state.code == codes::HOLDER);
        holders.map(|state| state.credits_posted as i128 - state.debits_posted as i128).sum()
    }

    /// The id of the account of this name.
    pub fn id(&self, name: &str) -> Option<u128> {
        self.names.find(name)
    }

    /// The latest `limit` rows of one holder, or of a stranger whom attempts have named, the latest
    /// first.
    pub fn history(&self, name: &str, limit: usize) -> Vec<Row<'_>> {
        match self.names.find(name) {
            Some(id) => self.rows(Some(id), limit),
            None => Vec::new(),
        }
    }

    /// The latest `limit` rows of everybody, the latest first.
    pub fn recent(&self, limit: usize) -> Vec<Row<'_>> {
        self.rows(None, limit)
    }
}

/// A holder's coins; 2^63 - 1 where he has more, which only happens past these calls.
fn coins_of(state: &AccountState) -> i64 {
    let balance = state.credits_posted.saturating_sub(state.debits_posted);
    i64::try_from(balance).unwrap_or(COINS_MAX)
}
