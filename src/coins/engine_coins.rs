//! Coins on a remote engine: the same names, rules and rejections as [`Coins`](super::Coins), in accounts of a cluster.
//!
//! - The id of a holder's account is a hash of the name, so every server of a cluster finds it without asking. The name itself
//!   is in the account's user data, so [`EngineCoins::read_names`] can read all names back from the cluster. That is why a name has
//!   at most [`ENGINE_NAME_BYTES_MAX`] bytes here.
//! - All coins are issued by one account of `@world`, which can issue at most [`COINS_MAX`] coins: it cannot be overdrawn, and
//!   the account of the mint has given it that many, once. So no holder has ever more, without a latch that servers would share.
//!   (The embedded coins limit each holder instead.)
//! - A rejection that the ledger has no status for is not recorded.

use std::fmt;
use std::sync::Arc;

use super::coin_ledger::{COINS_MAX, Funds, LEDGER, codes};
use super::names::{NameError, check_name};
use super::rejection::{CoinsError, Kind, Reason, Rejection};
use super::session::{Call, Receipt, transfer_of};
use crate::engine::{Engine, EngineError, FIRST_DEPOSIT_IDS, Query};
use crate::model::{Account, AccountFlags, CreateAccountStatus, CreateTransferStatus};
use crate::model::{Period, QueryFilter, QueryFilterFlags, RESULTS_MAX, Transfer, UserData};

/// The longest name of a holder on an engine, in bytes: the user data of an account.
pub const ENGINE_NAME_BYTES_MAX: usize = 28;

/// The account of the mint, which gives `@world` what it can issue: `ledgerlab` in ASCII, an id that nobody chooses.
const MINT: u128 = 0x6c65_6467_6572_6c61_6200;

/// The account of `@world`.
const ENGINE_WORLD: u128 = MINT + 1;

/// The transfer from the mint to `@world`.
const ISSUE_LIMIT: u128 = MINT;

/// The number of ids with which a first deposit can be attempted.
const FIRST_DEPOSITS_MAX: u32 = 32;

/// The context of the hash of a name, so that it differs from any other hash of the same text.
const NAME_CONTEXT: &str = "ledgerlab 2026 id of the account of a name";

/// Why a call failed.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum EngineCoinsError {
    /// As in the embedded ledger.
    Coins(CoinsError),
    /// The engine did not execute it, or the outcome is unknown.
    Engine(EngineError),
    /// A name is too long for an engine.
    NameTooLong {
        /// The number of bytes.
        bytes: usize,
    },
    /// An account that the coins need has other properties than they give it.
    OtherAccount {
        /// The id of the account.
        id: u128,
        /// The status of the attempt to create it.
        status: CreateAccountStatus,
    },
    /// The transfer that gives `@world` what it can issue has the id of another one.
    OtherTransfer {
        /// The id of the transfer.
        id: u128,
        /// The status of the attempt to create it.
        status: CreateTransferStatus,
    },
}

impl fmt::Display for EngineCoinsError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Coins(error) => error.fmt(formatter),
            Self::Engine(error) => error.fmt(formatter),
            Self::NameTooLong { bytes } => write!(
                formatter,
                "on a cluster, which keeps it in an account's user data, a name has at most \
                 {ENGINE_NAME_BYTES_MAX} bytes, not {bytes}"
            ),
            Self::OtherTransfer { id, status } => write!(
                formatter,
                "transfer {id} is in use for something else ({status}); coins need a cluster in which it is free"
            ),
            Self::OtherAccount { id, status } => write!(
                formatter,
                "account {id} is in use for something else ({status}); coins need a cluster in which it is free"
            ),
        }
    }
}

impl std::error::Error for EngineCoinsError {}

impl From<CoinsError> for EngineCoinsError {
    fn from(error: CoinsError) -> Self {
        Self::Coins(error)
    }
}

impl From<NameError> for EngineCoinsError {
    fn from(error: NameError) -> Self {
        Self::Coins(error.into())
    }
}

impl From<EngineError> for EngineCoinsError {
    fn from(error: EngineError) -> Self {
        Self::Engine(error)
    }
}

/// Coins on an engine. See the [module](self).
#[derive(Debug)]
pub struct EngineCoins {
    engine: Arc<dyn Engine>,
}

/// Returns the id of the account with this name.
pub fn engine_account_id(name: &str) -> u128 {
    let hash = blake3::derive_key(NAME_CONTEXT, name.as_bytes());
    let (first, _) = hash.split_first_chunk().expect("a hash has 32 bytes");
    // Far from the ids that people choose, and never 2^128 - 1.
    u128::from_le_bytes(*first) >> 1 | 1 << 126
}

/// Returns the user data that contain a name.
fn name_data(name: &str) -> Result<UserData, EngineCoinsError> {
    let bytes = name.len();
    let mut text = [0; ENGINE_NAME_BYTES_MAX];
    let part = text.get_mut(..bytes).ok_or(EngineCoinsError::NameTooLong { bytes })?;
    part.copy_from_slice(name.as_bytes());
    let (data_128, rest) = text.split_first_chunk().expect("16 of 28 bytes");
    let (data_64, rest) = rest.split_first_chunk().expect("8 of 12 bytes");
    let (data_32, _) = rest.split_first_chunk().expect("4 of 4 bytes");
    Ok(UserData {
        user_data_128: u128::from_le_bytes(*data_128),
        user_data_64: u64::from_le_bytes(*data_64),
        user_data_32: u32::from_le_bytes(*data_32),
    })
}

/// Returns the name in the user data of a holder's account.
fn name_in(account: &Account) -> Option<String> {
    let data = account.user_data;
    let mut text = Vec::from(data.user_data_128.to_le_bytes());
    text.extend(data.user_data_64.to_le_bytes());
    text.extend(data.user_data_32.to_le_bytes());
    let end = text.iter().position(|byte| *byte == 0).unwrap_or(text.len());
    text.truncate(end);
    let name = String::from_utf8(text).ok()?;
    // Somebody else's account can have the same code.
    (account.id == engine_account_id(&name)).then_some(name)
}

fn holder(name: &str) -> Result<Account, EngineCoinsError> {
    Ok(Account {
        id: engine_account_id(name),
        ledger: LEDGER,
        code: codes::HOLDER,
        flags: AccountFlags::DEBITS_MUST_NOT_EXCEED_CREDITS,
        user_data: name_data(name)?,
        ..Account::default()
    })
}

impl EngineCoins {
    /// Returns the coins of an engine, and creates the accounts of the mint and of `@world` if there are none.
    ///
    /// # Errors
    /// [`EngineCoinsError`] with the reason.
    pub async fn open(engine: Arc<dyn Engine>) -> Result<Self, EngineCoinsError> {
        let world =
            Account { id: ENGINE_WORLD, ledger: LEDGER, code: codes::WORLD, ..Account::default() };
        let mint = Account { id: MINT, ..world };
        let flags = AccountFlags::DEBITS_MUST_NOT_EXCEED_CREDITS;
        create(&*engine, vec![mint, Account { flags, ..world }]).await?;
        let limit = Transfer {
            id: ISSUE_LIMIT,
            debit_account_id: MINT,
            credit_account_id: ENGINE_WORLD,
            amount: COINS_MAX as u128,
            ledger: LEDGER,
            code: codes::WORLD,
            ..Transfer::default()
        };
        for outcome in engine.create_transfers(vec![limit.into()]).await? {
            match outcome.status {
                CreateTransferStatus::Created | CreateTransferStatus::Exists => {}
                status => return Err(EngineCoinsError::OtherTransfer { id: outcome.id, status }),
            }
        }
        Ok(Self { engine })
    }

    /// The engine.
    pub fn engine(&self) -> &Arc<dyn Engine> {
        &self.engine
    }

    /// Opens an account with `coins` coins from `@world`, or completes the opening of one that has never had any. An account that has
    /// had coins keeps its balance, and one that was closed stays so.
    ///
    /// # Errors
    /// [`EngineCoinsError`] with the reason.
    pub async fn open_account(&self, name: &str, coins: i64) -> Result<u128, EngineCoinsError> {
        check_name(name)?;
        if coins < 0 {
            return Err(CoinsError::CoinsMustNotBeNegative { coins }.into());
        }
        let account = holder(name)?;
        let is_new = create(&*self.engine, vec![account]).await? > 0;
        if coins > 0 && (is_new || !self.is_used(name).await?) {
            self.deposit_first(name, coins).await?;
        }
        Ok(account.id)
    }

    /// Whether there is an account with this name that something has changed since it was opened.
    ///
    /// # Errors
    /// [`EngineError`].
    pub async fn is_used(&self, name: &str) -> Result<bool, EngineError> {
        let id = engine_account_id(name);
        let found = self.engine.find(Query::LookupAccounts(vec![id])).await?.accounts();
        Ok(!found.is_empty() && !is_untouched(&found))
    }

    /// Deposits the coins that an account is opened with, once, whatever is repeated. A rejection that depends on the state of the
    /// ledger uses up an id, so there is more than one.
    async fn deposit_first(&self, name: &str, coins: i64) -> Result<(), EngineCoinsError> {
        for attempt in 0..FIRST_DEPOSITS_MAX {
            let id = FIRST_DEPOSIT_IDS.id(&[name.as_bytes(), &attempt.to_le_bytes()]);
            match self.deposit(id, name, coins).await {
                Err(EngineCoinsError::Coins(CoinsError::Rejected(Rejection {
                    reason: Reason::Other(CreateTransferStatus::IdAlreadyFailed),
                    ..
                }))) => {}
                // With other coins, since the list of users has changed: the account has had its first deposit. A closed one gets none.
                Err(EngineCoinsError::Coins(CoinsError::Rejected(Rejection {
                    reason:
                        Reason::Other(
                            CreateTransferStatus::ExistsWithDifferentAmount
                            | CreateTransferStatus::CreditAccountAlreadyClosed,
                        ),
                    ..
                }))) => return Ok(()),
                other => return other.map(drop),
            }
        }
        let reason = Reason::Other(CreateTransferStatus::IdAlreadyFailed);
        Err(CoinsError::Rejected(Rejection { kind: Kind::Deposit, reason }).into())
    }

    /// Reads the ids and names of all holders from the engine, in the order in which they were opened.
    ///
    /// # Errors
    /// [`EngineError`].
    pub async fn read_names(&self) -> Result<Vec<(u128, String)>, EngineError> {
        let mut filter = QueryFilter {
            ledger: LEDGER,
            code: codes::HOLDER,
            limit: RESULTS_MAX,
            flags: QueryFilterFlags::empty(),
            ..QueryFilter::default()
        };
        let mut names = Vec::new();
        loop {
            let accounts = self.engine.find(Query::QueryAccounts(filter)).await?.accounts();
            let named = |account: &Account| Some((account.id, name_in(account)?));
            names.extend(accounts.iter().filter_map(named));
            match accounts.last() {
                Some(last) if accounts.len() == RESULTS_MAX as usize => {
                    filter.period = Period { timestamp_min: last.timestamp + 1, timestamp_max: 0 };
                }
                _ => return Ok(names),
            }
        }
    }

    /// Whether this is an account that issues coins.
    pub fn is_world(&self, id: u128) -> bool {
        [MINT, ENGINE_WORLD].contains(&id)
    }

    /// The balance of a holder; `None` if no account has this name.
    ///
    /// # Errors
    /// [`EngineError`].
    pub async fn funds(&self, name: &str) -> Result<Option<Funds>, EngineError> {
        let [found] = self.funds_of([engine_account_id(name)]).await?;
        Ok(found)
    }

    async fn funds_of<const N: usize>(
        &self,
        ids: [u128; N],
    ) -> Result<[Option<Funds>; N], EngineError> {
        let found = self.engine.find(Query::LookupAccounts(ids.to_vec())).await?.accounts();
        Ok(ids.map(|id| {
            let account = found.iter().find(|account| account.id == id)?;
            Some(Funds::new(account.credits_posted, account.debits_posted, account.debits_pending))
        }))
    }

    /// Deposits coins from `@world`, with this id of the transfer.
    ///
    /// # Errors
    /// [`EngineCoinsError`] with the reason.
    pub async fn deposit(
        &self,
        id: u128,
        name: &str,
        amount: i64,
    ) -> Result<Receipt, EngineCoinsError> {
        self.call(
            id,
            Call { kind: Kind::Deposit, from: ENGINE_WORLD, to: engine_account_id(name), amount },
        )
        .await
    }

    /// Withdraws coins to `@world`, with this id of the transfer.
    ///
    /// # Errors
    /// [`EngineCoinsError`] with the reason.
    pub async fn withdraw(
        &self,
        id: u128,
        name: &str,
        amount: i64,
    ) -> Result<Receipt, EngineCoinsError> {
        self.call(
            id,
            Call {
                kind: Kind::Withdrawal,
                from: engine_account_id(name),
                to: ENGINE_WORLD,
                amount,
            },
        )
        .await
    }

    /// Transfers coins from one holder to another, with this id of the transfer.
    ///
    /// # Errors
    /// [`EngineCoinsError`] with the reason.
    pub async fn transfer(
        &self,
        id: u128,
        from: &str,
        to: &str,
        amount: i64,
    ) -> Result<Receipt, EngineCoinsError> {
        let (from, to) = (engine_account_id(from), engine_account_id(to));
        self.call(id, Call { kind: Kind::Transfer, from, to, amount }).await
    }

    async fn call(&self, id: u128, call: Call) -> Result<Receipt, EngineCoinsError> {
        let Call { kind, from, to, amount } = call;
        let rejected = |reason| CoinsError::Rejected(Rejection { kind, reason });
        if amount <= 0 {
            return Err(rejected(Reason::AmountMustBePositive).into());
        }
        let transfer = Transfer { id, ..transfer_of(call) };
        let outcomes = self.engine.create_transfers(vec![transfer.into()]).await?;
        let [outcome] = &outcomes[..] else {
            let why = format!("the engine has answered {} results for 1 event", outcomes.len());
            return Err(EngineError::OutcomeUnknown { why }.into());
        };
        match outcome.status {
            // It was created by this request, or by the same one before.
            CreateTransferStatus::Created | CreateTransferStatus::Exists => {}
            CreateTransferStatus::ExceedsCredits if kind == Kind::Deposit => {
                return Err(rejected(Reason::BalanceTooLarge).into());
            }
            status => {
                let reason = Reason::of(kind, status).unwrap_or(Reason::Other(status));
                return Err(rejected(reason).into());
            }
        }
        // The transfer is there; if its accounts cannot be read now, the outcome is still known.
        let [from_funds, to_funds] = self.funds_of([from, to]).await.unwrap_or_default();
        let balance = |id, funds: Option<Funds>| {
            funds.filter(|_| !self.is_world(id)).map(|funds| funds.balance)
        };
        Ok(Receipt {
            id,
            timestamp: outcome.timestamp,
            from_balance: balance(from, from_funds),
            to_balance: balance(to, to_funds),
        })
    }
}

/// Whether nothing has ever changed an account, which is the only one of these.
fn is_untouched(accounts: &[Account]) -> bool {
    accounts.iter().all(|account| {
        let Account { debits_posted, credits_posted, debits_pending, credits_pending, .. } =
            account;
        [debits_posted, credits_posted, debits_pending, credits_pending] == [&0; 4]
    })
}

/// Creates accounts that may be there already, and may have been closed since. Returns how many are new.
async fn create(engine: &dyn Engine, accounts: Vec<Account>) -> Result<usize, EngineCoinsError> {
    let wanted = accounts.clone();
    let mut created = 0;
    for (outcome, wanted) in engine.create_accounts(accounts).await?.into_iter().zip(wanted) {
        let (id, status) = (outcome.id, outcome.status);
        match status {
            CreateAccountStatus::Created => created += 1,
            CreateAccountStatus::Exists => {}
            CreateAccountStatus::ExistsWithDifferentFlags => {
                let found = engine.find(Query::LookupAccounts(vec![id])).await?.accounts();
                let closed = wanted.flags | AccountFlags::CLOSED;
                if found.first().is_none_or(|account| account.flags != closed) {
                    return Err(EngineCoinsError::OtherAccount { id, status });
                }
            }
            status => return Err(EngineCoinsError::OtherAccount { id, status }),
        }
    }
    Ok(created)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_up_to_28_bytes_are_in_user_data() {
        for name in ["a", "aaron", "a.b-c_d", &"x".repeat(16), &"y".repeat(28)] {
            let account = holder(name).expect("it is short enough");
            assert_eq!(name_in(&account).as_deref(), Some(name));
            let other = Account { id: account.id ^ 1, ..account };
            assert_eq!(name_in(&other), None, "{name}: another account with the same data");
        }
        let long = "z".repeat(29);
        assert_eq!(holder(&long), Err(EngineCoinsError::NameTooLong { bytes: 29 }));
    }
}
