//! A session: opens accounts and moves coins on one thread.

use std::fmt;
use std::sync::Arc;

use super::balance_limit::BalanceChange;
use super::coin_ledger::{COINS_MAX, Coins, LEDGER, UNKNOWN, codes, world_id};
use super::names::check_name;
use super::rejection::{CoinsError, Kind, Reason, Rejection, UnrecordedRejection};
use crate::ledger::{Cancellation, LedgerConfig, LedgerError, TransferOutcome, Writer};
#[cfg(feature = "store")]
use crate::ledger::{IdSeed, Ledger};
use crate::model::{Account, AccountFlags, CreateAccountStatus, CreateTransferStatus, Transfer};
#[cfg(feature = "store")]
use crate::store::NoteKind;

/// A call that succeeded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Receipt {
    /// The id of the transfer in the ledger: a version 7 UUID.
    pub id: u128,
    /// The ledger's time, in nanoseconds.
    pub timestamp: u64,
    /// The sender's balance after the call; `None` for `@world`.
    pub from_balance: Option<u128>,
    /// The recipient's balance after the call; `None` for `@world`.
    pub to_balance: Option<u128>,
}

/// Opens accounts and moves coins on one thread. Calls take a [`Cancellation`], as the ledger's do.
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

/// A call, with ids instead of names.
#[derive(Clone, Copy, Debug)]
pub(super) struct Call {
    pub(super) kind: Kind,
    pub(super) from: u128,
    pub(super) to: u128,
    pub(super) amount: i64,
}

impl Coins {
    /// Opens a ledger of coins without holders, and one session for each writer of the ledger.
    ///
    /// # Errors
    /// [`LedgerError`] naming the field of `config` that is out of its range, or that leaves no capacity for
    /// `@world`.
    pub fn open(config: &LedgerConfig) -> Result<(Arc<Self>, Vec<CoinsSession>), LedgerError> {
        let (coins, writers) = Self::with_writers(config)?;
        let sessions = sessions(&coins, writers);
        Ok((coins, sessions))
    }

    /// Returns the coins of a ledger whose writers are all free, with the ids and `names` of its accounts, and one session for
    /// each writer. Calls of a session return before they are on the disk, because many callers share it: who answers them
    /// waits.
    ///
    /// # Errors
    /// [`LedgerError`] when it has no capacity for `@world`.
    #[cfg(feature = "store")]
    pub(crate) fn on_ledger(
        ledger: &Arc<Ledger>,
        names: &[(u128, String)],
        seed: IdSeed,
    ) -> Result<(Arc<Self>, Vec<CoinsSession>), LedgerError> {
        let count = ledger.trail().segments().len();
        let mut writers = (0..count).map(|_| ledger.writer()).collect::<Result<Vec<_>, _>>()?;
        // A host waits for the disk before it answers, and an opening must not wait for space on it.
        writers.iter_mut().for_each(|writer| writer.set_deferred(true));
        let (coins, writers) = Self::on(Arc::clone(ledger), writers, seed)?;
        for (id, name) in names {
            let is_restored = coins.names.restore(name, *id);
            debug_assert!(is_restored, "{name} had the id {id}");
        }
        let coins = Arc::new(coins);
        let sessions = sessions(&coins, writers);
        Ok((coins, sessions))
    }
}

/// Returns a session for each writer of the ledger.
fn sessions(coins: &Arc<Coins>, writers: Vec<Writer>) -> Vec<CoinsSession> {
    let session = |(number, writer)| CoinsSession { coins: Arc::clone(coins), writer, number };
    writers.into_iter().enumerate().map(session).collect()
}

/// Returns the note of a name.
#[cfg(feature = "store")]
fn name_note(id: u128, name: &str) -> Vec<u8> {
    [&id.to_le_bytes(), name.as_bytes()].concat()
}

/// Returns the id and the name of a note.
#[cfg(feature = "store")]
pub(crate) fn read_name_note(note: &[u8]) -> Option<(u128, String)> {
    let (id, name) = note.split_first_chunk()?;
    Some((u128::from_le_bytes(*id), std::str::from_utf8(name).ok()?.to_owned()))
}

impl CoinsSession {
    /// The ledger of coins, which all sessions share.
    pub fn coins(&self) -> &Arc<Coins> {
        &self.coins
    }

    /// The number of the session, from 0.
    pub fn number(&self) -> usize {
        self.number
    }

    /// Sets the ledger's time in nanoseconds, as [`Writer::set_time`] does.
    ///
    /// # Errors
    /// The same as [`Writer::set_time`].
    pub fn set_time(&mut self, now_ns: u64) -> Result<(), LedgerError> {
        self.writer.set_time(now_ns)
    }

    /// The number of times that the session waited for a latch of another thread.
    pub fn waits(&self) -> u64 {
        self.writer.waits()
    }

    /// Opens an account with `coins` coins from `@world`. Returns the id of the account.
    ///
    /// # Errors
    /// [`CoinsError`] if the name or the number of coins is invalid, if an account with this name exists
    /// already, or if the ledger is full.
    pub fn open(&mut self, name: &str, coins: i64) -> Result<u128, CoinsError> {
        check_name(name)?;
        if coins < 0 {
            return Err(CoinsError::CoinsMustNotBeNegative { coins });
        }
        let Self { coins: all, writer, .. } = self;
        // The account and the deposit: if the trail has no memory for both, neither is attempted.
        writer.reserve(2)?;
        let id = all.names.add_with(name, |id| {
            let account = Account {
                id,
                ledger: LEDGER,
                code: codes::HOLDER,
                flags: AccountFlags::DEBITS_MUST_NOT_EXCEED_CREDITS,
                ..Account::default()
            };
            // Any other status means that the id is taken.
            let outcome = writer.create_account(&account)?;
            let is_created = outcome.status == CreateAccountStatus::Created;
            #[cfg(feature = "store")]
            if is_created && let Some(store) = writer.ledger().store() {
                // Before anybody finds the name, so that nobody's transfer is stored without it.
                store.note_after(writer.mark(store), NoteKind::Name, &name_note(id, name));
            }
            Ok::<_, LedgerError>(is_created)
        });
        let id = id?.ok_or(CoinsError::HolderExists)?;
        self.deposit_first(id, coins)?;
        Ok(id)
    }

    /// Deposits the coins that an account is opened with.
    fn deposit_first(&mut self, id: u128, coins: i64) -> Result<(), CoinsError> {
        if coins > 0 {
            let (kind, from) = (Kind::Deposit, world_id(self.number));
            self.call(Call { kind, from, to: id, amount: coins }, &Cancellation::never())?;
        }
        Ok(())
    }

    /// Opens an account as [`CoinsSession::open`] does, unless there is one with this name. That one gets its first coins if
    /// the ledger was closed between its opening and that deposit: nothing has ever changed it then.
    ///
    /// # Errors
    /// The same as [`CoinsSession::open`].
    #[cfg(feature = "store")]
    pub(crate) fn open_or_complete(&mut self, name: &str, coins: i64) -> Result<(), CoinsError> {
        let Some(id) = self.coins.names.find(name) else { return self.open(name, coins).map(drop) };
        match self.coins.ledger.account(id) {
            Some(state) if state.version == 0 => self.deposit_first(id, coins),
            _ => Ok(()),
        }
    }

    /// Deposits coins from `@world`. The order of the checks is: cancellation, amount, holder, balance
    /// limit.
    ///
    /// # Errors
    /// [`CoinsError::Rejected`], and [`CoinsError::Ledger`] if the trail is full.
    pub fn deposit(
        &mut self,
        name: &str,
        amount: i64,
        cancellation: &Cancellation<'_>,
    ) -> Result<Receipt, CoinsError> {
        let (from, to) = (world_id(self.number), self.id(name, 1));
        self.call(Call { kind: Kind::Deposit, from, to, amount }, cancellation)
    }

    /// Withdraws coins to `@world`. The order of the checks is: cancellation, amount, holder, funds.
    ///
    /// # Errors
    /// [`CoinsError::Rejected`], and [`CoinsError::Ledger`] if the trail is full.
    pub fn withdraw(
        &mut self,
        name: &str,
        amount: i64,
        cancellation: &Cancellation<'_>,
    ) -> Result<Receipt, CoinsError> {
        let (from, to) = (self.id(name, 0), world_id(self.number));
        self.call(Call { kind: Kind::Withdrawal, from, to, amount }, cancellation)
    }

    /// Transfers coins from one holder to another. The order of the checks is: cancellation, amount,
    /// same holder, sender, recipient, funds, balance limit.
    ///
    /// # Errors
    /// [`CoinsError::Rejected`], and [`CoinsError::Ledger`] if the trail is full.
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

    /// The writer of the ledger, for other operations. It does not enforce the balance limit.
    pub fn writer(&mut self) -> &mut Writer {
        &mut self.writer
    }

    /// The balance of a holder.
    ///
    /// # Errors
    /// [`CoinsError::HolderNotFound`] if no holder has this name.
    pub fn balance(&self, name: &str) -> Result<u128, CoinsError> {
        self.coins.balance(name)
    }

    /// The id of a name on one side of an attempt. All unknown names have the same one, which no account
    /// can have, so the ledger rejects the attempt and records it.
    pub(super) fn id(&self, name: &str, side: usize) -> u128 {
        self.coins.names.find(name).unwrap_or(UNKNOWN[side])
    }

    /// Returns the ids of two names. Equal names have the same id.
    pub(super) fn both(&self, from: &str, to: &str) -> (u128, u128) {
        let sender = self.id(from, 0);
        (sender, if from == to { sender } else { self.id(to, 1) })
    }

    fn call(&mut self, call: Call, cancellation: &Cancellation<'_>) -> Result<Receipt, CoinsError> {
        let Call { kind, from, to, amount } = call;
        if amount <= 0 {
            let cancelled = cancellation.is_cancelled();
            let reason = if cancelled { Reason::Cancelled } else { Reason::AmountMustBePositive };
            return Err(self.reject(kind, from, to, amount, reason));
        }
        let debit = (kind != Kind::Deposit).then_some((from, amount as u64));
        let credit = [(to, amount as u64)];
        let has_credit = kind != Kind::Withdrawal && from != to;
        let change = BalanceChange { debit, credits: if has_credit { &credit } else { &[] } };
        let Self { coins, writer, number } = self;
        let mut attempt = || writer.create_transfer_with(&transfer_of(call), cancellation);
        // A cancelled call needs no further checks.
        let outcome = if has_credit && !cancellation.is_cancelled() {
            coins.within_balance_limit(*number, change, &mut attempt)
        } else {
            Some(attempt())
        };
        match outcome {
            None => Err(self.reject(kind, from, to, amount, Reason::BalanceTooLarge)),
            Some(outcome) => self.receipt(call, outcome?),
        }
    }

    fn receipt(&self, call: Call, outcome: TransferOutcome) -> Result<Receipt, CoinsError> {
        if let Some(reason) = Reason::of(call.kind, outcome.status) {
            return Err(Rejection { kind: call.kind, reason }.into());
        }
        debug_assert_eq!(outcome.status, CreateTransferStatus::Created);
        let balance = |id| self.coins.holder_balance(id);
        Ok(Receipt {
            id: outcome.id,
            timestamp: outcome.timestamp,
            from_balance: balance(call.from),
            to_balance: balance(call.to),
        })
    }

    /// Rejects an attempt for a reason without a status of the ledger.
    pub(super) fn reject(
        &mut self,
        kind: Kind,
        from: u128,
        to: u128,
        amount: i64,
        reason: Reason,
    ) -> CoinsError {
        let (id, timestamp) = (self.writer.new_id(), self.writer.time());
        let rejection = UnrecordedRejection { id, kind, from, to, amount, timestamp, reason };
        self.coins.store_rejection(self.number, rejection);
        Rejection { kind, reason }.into()
    }
}

pub(super) fn transfer_of(call: Call) -> Transfer {
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
