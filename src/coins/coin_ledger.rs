//! The ledger of coins that all sessions share.

use std::collections::VecDeque;
use std::fmt;
use std::sync::Arc;

use super::names::Directory;
use super::rejection::{CoinsError, UnrecordedRejection};
use crate::ledger::{IdSeed, Ledger, LedgerConfig, LedgerError, Writer};
use crate::model::{Account, AccountState, CreateAccountStatus};
use crate::sync::Latched;

/// The field `ledger` of all accounts of coins.
pub const LEDGER: u32 = 1;

/// The maximum balance of a holder, and the maximum amount of a call.
pub const COINS_MAX: i64 = i64::MAX;

/// The kinds of accounts and transfers, in the ledger's field `code`.
pub mod codes {
    /// An account of `@world`.
    pub const WORLD: u16 = 1;
    /// An account that cannot be overdrawn.
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

    /// Returns the code of the transfer that reverses one of this code: reversing a deposit is a
    /// withdrawal, and sending back what was paid is a transfer.
    pub const fn reversed(code: u16) -> u16 {
        match code {
            DEPOSIT => WITHDRAWAL,
            WITHDRAWAL => DEPOSIT,
            PAYMENT | SETTLEMENT => TRANSFER,
            other => other,
        }
    }
}

/// The name of the accounts that issue coins.
pub const WORLD: &str = "@world";

/// The ids of the unknown sender and the unknown recipient. No account can have them.
pub(super) const UNKNOWN: [u128; 2] = [1 << 15, (1 << 15) + 1];

/// What a holder has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Funds {
    /// The posted credits less the posted debits.
    pub balance: u128,
    /// The balance less the pending debits: what the holder can spend.
    pub available: u128,
}

impl Funds {
    /// Returns what an account has.
    pub fn of(state: &AccountState) -> Self {
        Self::new(state.credits_posted, state.debits_posted, state.debits_pending)
    }

    /// Returns what an account with these sums has.
    pub(super) fn new(credits_posted: u128, debits_posted: u128, debits_pending: u128) -> Self {
        let balance = credits_posted.saturating_sub(debits_posted);
        Self { balance, available: balance.saturating_sub(debits_pending) }
    }
}

/// Returns the id of a session's account of `@world`.
pub fn world_id(session: usize) -> u128 {
    1 + session as u128
}

/// The state of one session, on separate cache lines.
#[derive(Debug)]
#[repr(align(128))]
pub(super) struct SessionState {
    /// Held while the session credits an account; see `balance_limit`.
    pub(super) credit_latch: Latched<()>,
    /// The latest rejections that did not reach the ledger.
    pub(super) rejections: Latched<VecDeque<UnrecordedRejection>>,
}

/// A ledger of coins, which all sessions share. See the [module](super).
pub struct Coins {
    pub(super) ledger: Arc<Ledger>,
    pub(super) names: Directory,
    pub(super) sessions: Box<[SessionState]>,
}

impl fmt::Debug for Coins {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Coins({} sessions)", self.sessions.len())
    }
}

impl Coins {
    /// Opens a ledger of coins without holders. Returns the writer of each session.
    pub(super) fn with_writers(
        config: &LedgerConfig,
    ) -> Result<(Arc<Self>, Vec<Writer>), LedgerError> {
        let (ledger, writers) = Ledger::with_writers(config)?;
        let coins = Self::on(ledger, writers, config.id_seed);
        coins.map(|(coins, writers)| (Arc::new(coins), writers))
    }

    /// Returns the coins of a ledger, which has an account of `@world` for each writer afterwards.
    pub(super) fn on(
        ledger: Arc<Ledger>,
        mut writers: Vec<Writer>,
        seed: IdSeed,
    ) -> Result<(Self, Vec<Writer>), LedgerError> {
        let world = |session| Account {
            id: world_id(session),
            ledger: LEDGER,
            code: codes::WORLD,
            ..Account::default()
        };
        let missing = |account: &Account| ledger.account(account.id).is_none();
        let worlds: Vec<_> = (0..writers.len()).map(world).filter(missing).collect();
        for outcome in writers[0].create_accounts(&worlds)? {
            assert_eq!(outcome.status, CreateAccountStatus::Created, "nobody else has a writer");
        }
        let state = |_| SessionState {
            credit_latch: Latched::new((), 0),
            rejections: Latched::new(VecDeque::new(), 0),
        };
        let coins = Self {
            ledger,
            names: Directory::new(seed.0.into()),
            sessions: (0..writers.len()).map(state).collect(),
        };
        Ok((coins, writers))
    }

    /// The ledger, for reading and verification.
    pub fn ledger(&self) -> &Arc<Ledger> {
        &self.ledger
    }

    /// The balance of a holder. Transfers by a session's writer can raise it above [`COINS_MAX`].
    ///
    /// # Errors
    /// [`CoinsError::HolderNotFound`] if no holder has this name.
    pub fn balance(&self, name: &str) -> Result<u128, CoinsError> {
        self.funds(name).map(|funds| funds.balance)
    }

    /// The balance of a holder, and the part of it that the holder can spend.
    ///
    /// # Errors
    /// [`CoinsError::HolderNotFound`] if no holder has this name.
    pub fn funds(&self, name: &str) -> Result<Funds, CoinsError> {
        let state = self.names.find(name).and_then(|id| self.ledger.account(id));
        state.map(|state| Funds::of(&state)).ok_or(CoinsError::HolderNotFound)
    }

    /// The name of an account, if it has one.
    pub fn name(&self, id: u128) -> Option<&str> {
        if (1..=self.sessions.len() as u128).contains(&id) {
            return Some(WORLD);
        }
        self.names.name(id)
    }

    /// Returns the coins that all accounts of `@world` have issued. While no call is in progress, this
    /// is the sum of the holders' balances.
    pub fn issued(&self) -> i128 {
        let worlds =
            (0..self.sessions.len()).filter_map(|session| self.ledger.account(world_id(session)));
        worlds.map(|state| state.debits_posted as i128 - state.credits_posted as i128).sum()
    }

    /// Returns the sum of the holders' balances.
    pub fn held(&self) -> i128 {
        let holders = self.ledger.accounts().filter(|state| state.code == codes::HOLDER);
        holders.map(|state| state.credits_posted as i128 - state.debits_posted as i128).sum()
    }

    /// Checks that no account has one of the two ids that stand for unknown names.
    ///
    /// # Errors
    /// [`CoinsError::IdReserved`] naming the first such id.
    pub fn check_ids(&self, accounts: &[Account]) -> Result<(), CoinsError> {
        let is_reserved = |id: u128| UNKNOWN.contains(&id);
        match accounts.iter().find(|account| is_reserved(account.id)) {
            Some(account) => Err(CoinsError::IdReserved { id: account.id }),
            None => Ok(()),
        }
    }

    /// The id of the account with this name.
    pub fn id(&self, name: &str) -> Option<u128> {
        self.names.find(name)
    }
}
