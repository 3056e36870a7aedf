//! A session: what one thread opens accounts and moves coins with.

use std::fmt;
use std::sync::Arc;

use super::balance_limit::BalanceChange;
use super::history::Kept;
use super::{COINS_MAX, Coins, CoinsError, Kind, LEDGER, NOBODY, Reason, Refusal, check_name};
use super::{codes, world_id};
use crate::ledger::{Cancellation, LedgerError, TransferOutcome, Writer};
use crate::model::{Account, AccountFlags, CreateAccountStatus, CreateTransferStatus, Transfer};

/// What a call that succeeded did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Receipt {
    /// The transfer in the ledger: a UUID of version 7.
    pub id: u128,
    /// When it was, in nanoseconds of the ledger's time.
    pub timestamp: u64,
    /// What the one whom the coins come from has, as it was seen right after; none for `@world`.
    pub from_balance: Option<i64>,
    /// What the one whom the coins go to has, as it was seen right after; none for `@world`.
    pub to_balance: Option<i64>,
}

/// What one thread opens accounts and moves coins with. Calls take an [`Cancellation`], as the ledger's
/// do.
pub struct CoinsSession {
    pub(super) coins: Arc<Coins>,
    pub(super) writer: Writer,
    pub(super) number: usize,
}

impl fmt::Debug for CoinsSession {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "CoinsSession({})", self.number)
    }
}

/// A call, with ids for names.
#[derive(Clone, Copy, Debug)]
struct Call {
    kind: Kind,
    from: u128,
    to: u128,
    amount: i64,
}

impl CoinsSession {
    pub(super) fn new(coins: &Arc<Coins>, writer: Writer, number: usize) -> Self {
        Self { coins: Arc::clone(coins), writer, number }
    }

    /// What it shares with the other sessions.
    pub fn coins(&self) -> &Arc<Coins> {
        &self.coins
    }

    /// Which of the sessions it is, counted from 0.
    pub fn number(&self) -> usize {
        self.number
    }

    /// Tells it the time in nanoseconds, as [`Writer::set_time`] does.
    ///
    /// # Errors
    /// As [`Writer::set_time`].
    pub fn set_time(&mut self, now_ns: u64) -> Result<(), LedgerError> {
        self.writer.set_time(now_ns)
    }

    /// How many times it found an account in the hands of another thread.
    pub fn waits(&self) -> u64 {
        self.writer.waits()
    }

    /// Opens an account with so many coins, which come from `@world`. The id of the account.
    ///
    /// # Errors
    /// [`CoinsError`]: the name, the coins, that somebody of this name has an account already, or
    /// that the ledger is full.
    pub fn open(&mut self, name: &str, coins: i64) -> Result<u128, CoinsError> {
        check_name(name)?;
        if coins < 0 {
            return Err(CoinsError::CoinsMustNotBeNegative { coins });
        }
        let full = || LedgerError::AccountsFull { accounts_max: self.coins.names.holders_max() };
        let id = self.coins.names.admit(name).ok_or_else(full)?;
        let account = Account {
            id,
            ledger: LEDGER,
            code: codes::HOLDER,
            flags: AccountFlags::DEBITS_MUST_NOT_EXCEED_CREDITS,
            ..Account::default()
        };
        if self.writer.create_account(&account)?.status != CreateAccountStatus::Created {
            return Err(CoinsError::HolderExists);
        }
        self.coins.names.count_holder();
        if coins > 0 {
            let (kind, from) = (Kind::Deposit, world_id(self.number));
            self.call(Call { kind, from, to: id, amount: coins }, &Cancellation::never())?;
        }
        Ok(id)
    }

    /// Gives somebody coins from `@world`. Checked in this order: cancelled, amount, holder,
    /// ceiling.
    ///
    /// # Errors
    /// [`CoinsError::Refused`], and [`CoinsError::Ledger`] when the trail is full.
    pub fn deposit(
        &mut self,
        name: &str,
        amount: i64,
        cancellation: &Cancellation<'_>,
    ) -> Result<Receipt, CoinsError> {
        let (from, to) = (world_id(self.number), self.id(name, 1));
        self.call(Call { kind: Kind::Deposit, from, to, amount }, cancellation)
    }

    /// Takes coins from somebody, back to `@world`. Checked in this order: cancelled, amount,
    /// holder, funds.
    ///
    /// # Errors
    /// [`CoinsError::Refused`], and [`CoinsError::Ledger`] when the trail is full.
    pub fn withdraw(
        &mut self,
        name: &str,
        amount: i64,
        cancellation: &Cancellation<'_>,
    ) -> Result<Receipt, CoinsError> {
        let (from, to) = (self.id(name, 0), world_id(self.number));
        self.call(Call { kind: Kind::Withdrawal, from, to, amount }, cancellation)
    }

    /// Gives somebody's coins to somebody else. Checked in this order: cancelled, amount, self,
    /// sender, recipient, funds, ceiling.
    ///
    /// # Errors
    /// [`CoinsError::Refused`], and [`CoinsError::Ledger`] when the trail is full.
    pub fn transfer(
        &mut self,
        from: &str,
        to: &str,
        amount: i64,
        cancellation: &Cancellation<'_>,
    ) -> Result<Receipt, CoinsError> {
        let (from, to) = self.both(from, to);
        self.call(Call { kind: Kind::Transfer, from, to, amount }, cancellation)
    }

    /// What it writes the ledger with, for what the calls here have no words for. Whoever moves coins with it past the
    /// ceiling makes a holder richer than [`Coins::balance`](super::Coins::balance) can say.
    pub fn writer(&mut self) -> &mut Writer {
        &mut self.writer
    }

    /// How many coins somebody has.
    ///
    /// # Errors
    /// [`CoinsError::HolderNotFound`] when nobody of this name has an account.
    pub fn balance(&self, name: &str) -> Result<i64, CoinsError> {
        self.coins.balance(name)
    }

    /// The id of a name that an attempt mentions on this side: that of nobody, where nobody can
    /// have the name.
    pub(super) fn id(&self, name: &str, side: usize) -> u128 {
        self.coins.names.mention(name).unwrap_or(NOBODY[side])
    }

    /// The ids of two names; the same one where the names are the same.
    pub(super) fn both(&self, from: &str, to: &str) -> (u128, u128) {
        let sender = self.id(from, 0);
        (sender, if from == to { sender } else { self.id(to, 1) })
    }

    fn call(&mut self, call: Call, cancellation: &Cancellation<'_>) -> Result<Receipt, CoinsError> {
        let Call { kind, from, to, amount } = call;
        if amount <= 0 {
            let cancelled = cancellation.is_cancelled();
            let reason = if cancelled { Reason::Cancelled } else { Reason::AmountMustBePositive };
            return Err(self.keep(kind, from, to, amount, reason));
        }
        let giver = (kind != Kind::Deposit).then_some((from, amount as u64));
        let receiver = [(to, amount as u64)];
        let receives = kind != Kind::Withdrawal && from != to;
        let gift = BalanceChange { giver, receivers: if receives { &receiver } else { &[] } };
        let Self { coins, writer, number } = self;
        let mut give = || writer.create_transfer_with(&transfer_of(call), cancellation);
        // A call that was taken back is not looked into any further.
        let outcome = if receives && !cancellation.is_cancelled() {
            coins.within_balance_limit(*number, gift, &mut give)
        } else {
            Some(give())
        };
        match outcome {
            None => Err(self.keep(kind, from, to, amount, Reason::BalanceTooLarge)),
            Some(outcome) => self.receipt(call, outcome?),
        }
    }

    fn receipt(&self, call: Call, outcome: TransferOutcome) -> Result<Receipt, CoinsError> {
        if let Some(reason) = Reason::of(call.kind, outcome.status) {
            return Err(Refusal { kind: call.kind, reason }.into());
        }
        debug_assert_eq!(outcome.status, CreateTransferStatus::Created);
        let balance = |id| self.coins.holder_at(id);
        Ok(Receipt {
            id: outcome.id,
            timestamp: outcome.timestamp,
            from_balance: balance(call.from),
            to_balance: balance(call.to),
        })
    }

    /// Keeps a refusal that the ledger has no words for.
    pub(super) fn keep(
        &mut self,
        kind: Kind,
        from: u128,
        to: u128,
        amount: i64,
        reason: Reason,
    ) -> CoinsError {
        let (id, timestamp) = (self.writer.new_id(), self.writer.time());
        self.coins.keep(self.number, Kept { id, kind, from, to, amount, timestamp, reason });
        Refusal { kind, reason }.into()
    }
}

fn transfer_of(call: Call) -> Transfer {
    debug_assert!((1..=COINS_MAX).contains(&call.amount));
    Transfer {
        debit_account_id: call.from,
        credit_account_id: call.to,
        amount: call.amount as u128,
        ledger: LEDGER,
        code: match call.kind {
            Kind::Deposit => codes::DEPOSIT,
            Kind::Withdrawal => codes::WITHDRAWAL,
            Kind::Transfer => codes::TRANSFER,
        },
        ..Transfer::default()
    }
}
