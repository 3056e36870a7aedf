//! The referee: replays a trail on one thread and says whether the run that wrote it was equal to a serial one.
//!
//! It takes every entry in order of its timestamp, decides it again by the model's rules on a book of its own that
//! starts empty, and expects the same status and the same account versions; at the end it expects the same
//! accounts with the same balances. That one statement contains conservation, limits, no lost update, no missing and no
//! invented entry.

use std::collections::HashMap;
use std::fmt;

use foldhash::fast::FixedState;

use super::entry::Name;
use super::{Entry, EntryKind, Trail};
use crate::model::amounts::grouped;
use crate::model::{AccountState, CreateAccountStatus, CreateTransferStatus};
use crate::model::{create_account, create_transfer, transfer_is_well_formed};

/// How many entries are replayed between two calls of the progress function.
const PROGRESS_ENTRIES: u64 = 1 << 16;

/// The first place where a run differs from a serial one.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Divergence {
    /// Two entries bear the same timestamp, or a writer's timestamps went back.
    Order {
        /// How many entries were replayed before it.
        place: u64,
        /// The entry.
        entry: Entry,
        /// The timestamp of the entry before it.
        previous: u64,
    },
    /// An attempt ended otherwise than a serial run ends it.
    Outcome {
        /// How many entries were replayed before it.
        place: u64,
        /// Which writer's segment it is in.
        writer: usize,
        /// The entry as it was recorded.
        entry: Entry,
        /// Status by a serial run.
        status: &'static str,
        /// Versions of the debit and the credit account after it, by a serial run.
        versions: (u64, u64),
    },
    /// An account's state at the end is not the one that its entries add up to.
    Account {
        /// What the book says; none when the book has no such account.
        book: Option<AccountState>,
        /// What a serial run says; none when it has no such account.
        serial: Option<AccountState>,
    },
}

impl std::error::Error for Divergence {}

impl fmt::Display for Divergence {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Order { place, entry, previous } => write!(
                formatter,
                "entry {}, {entry}: the entry before it has timestamp {previous}, so the two have no order",
                grouped(u128::from(*place) + 1),
            ),
            Self::Outcome { place, writer, entry, status, versions } => write!(
                formatter,
                "entry {} (writer {writer}), {entry}: recorded as {} with account versions {} and {}; \
                 a serial run says {status} with versions {} and {}",
                grouped(u128::from(*place) + 1),
                entry.status_name().unwrap_or("a status that does not exist"),
                entry.debit_version,
                entry.credit_version,
                versions.0,
                versions.1,
            ),
            Self::Account { book, serial } => {
                let id = book.or(*serial).map_or(0, |state| state.id);
                write!(formatter, "account {} at the end: the book says ", Name(id))?;
                describe(formatter, book)?;
                write!(formatter, "; a serial run says ")?;
                describe(formatter, serial)
            }
        }
    }
}

fn describe(formatter: &mut fmt::Formatter<'_>, state: &Option<AccountState>) -> fmt::Result {
    match state {
        None => write!(formatter, "there is none"),
        Some(state) => write!(
            formatter,
            "debits {}, credits {}, {} changes",
            grouped(state.debits_posted),
            grouped(state.credits_posted),
            grouped(state.version.into()),
        ),
    }
}

/// A book for one thread, as plain as can be: what the referee replays onto.
#[derive(Debug, Default)]
pub struct SerialBook {
    numbers: HashMap<u128, usize, FixedState>,
    accounts: Vec<AccountState>,
}

impl SerialBook {
    /// Its accounts, in order of their creation.
    pub fn accounts(&self) -> &[AccountState] {
        &self.accounts
    }

    fn account(&self, id: u128) -> Option<&AccountState> {
        self.numbers.get(&id).map(|&number| &self.accounts[number])
    }

    fn decide_account(&mut self, entry: &Entry) -> CreateAccountStatus {
        let account = entry.account();
        let status = create_account(&account, self.account(account.id));
        if status == CreateAccountStatus::Created {
            self.numbers.insert(account.id, self.accounts.len());
            self.accounts.push(AccountState::opened(&account, entry.timestamp));
        }
        status
    }

    fn decide_transfer(&mut self, entry: &Entry) -> (CreateTransferStatus, (u64, u64)) {
        let transfer = entry.transfer();
        if let Err(status) = transfer_is_well_formed(&transfer) {
            return (status, (0, 0));
        }
        let Some(&debit) = self.numbers.get(&transfer.debit_account_id) else {
            return (CreateTransferStatus::DebitAccountNotFound, (0, 0));
        };
        let Some(&credit) = self.numbers.get(&transfer.credit_account_id) else {
            return (CreateTransferStatus::CreditAccountNotFound, (0, 0));
        };
        let [debit, credit] = self
            .accounts
            .get_disjoint_mut([debit, credit])
            .expect("a well-formed transfer names two accounts, and numbers are places");
        let status = create_transfer(&transfer, debit, credit);
        (status, (debit.version, credit.version))
    }
}

/// A replay under way. See the module's text for what it judges.
#[derive(Debug, Default)]
pub struct Referee {
    book: SerialBook,
    replayed: u64,
    last_timestamp: u64,
}

impl Referee {
    /// Replays a whole trail whose writers have stopped and published, and compares its end with `accounts`.
    ///
    /// `progress` is told the number of entries replayed so far every 65,536 entries.
    ///
    /// # Errors
    /// The first divergence.
    pub fn judge(
        trail: &Trail,
        accounts: impl Iterator<Item = AccountState>,
        progress: impl FnMut(u64),
    ) -> Result<u64, Box<Divergence>> {
        let mut referee = Self::default();
        referee.replay(trail.in_order(), progress)?;
        referee.compare(accounts)?;
        Ok(referee.replayed)
    }

    /// Replays entries in the order given.
    ///
    /// # Errors
    /// The first entry that a serial run decides otherwise.
    pub fn replay<'a>(
        &mut self,
        entries: impl Iterator<Item = (usize, &'a Entry)>,
        mut progress: impl FnMut(u64),
    ) -> Result<(), Box<Divergence>> {
        for (writer, entry) in entries {
            self.step(writer, entry)?;
            if self.replayed.is_multiple_of(PROGRESS_ENTRIES) {
                progress(self.replayed);
            }
        }
        progress(self.replayed);
        Ok(())
    }

    fn step(&mut self, writer: usize, entry: &Entry) -> Result<(), Box<Divergence>> {
        let place = self.replayed;
        if entry.timestamp <= self.last_timestamp {
            let previous = self.last_timestamp;
            let order = Divergence::Order { place, entry: *entry, previous };
            return Err(Box::new(order));
        }
        let (number, status, versions) = match entry.kind {
            EntryKind::Account => {
                let status = self.book.decide_account(entry);
                (status as u16, status.name(), (0, 0))
            }
            EntryKind::Transfer => match CreateTransferStatus::from_number(entry.status) {
                // Its caller or the time ended it before it looked at anything: there is nothing to decide again.
                Some(status) if status.is_interruption() => (entry.status, status.name(), (0, 0)),
                _ => {
                    let (status, versions) = self.book.decide_transfer(entry);
                    (status as u16, status.name(), versions)
                }
            },
        };
        if number != entry.status || versions != (entry.debit_version, entry.credit_version) {
            let outcome = Divergence::Outcome { place, writer, entry: *entry, status, versions };
            return Err(Box::new(outcome));
        }
        self.last_timestamp = entry.timestamp;
        self.replayed += 1;
        Ok(())
    }

    /// Compares a book's accounts with those that the replay has arrived at.
    ///
    /// # Errors
    /// The first account that differs, or that only one of the two has.
    pub fn compare(
        &self,
        accounts: impl Iterator<Item = AccountState>,
    ) -> Result<(), Box<Divergence>> {
        let mut seen = vec![false; self.book.accounts.len()];
        for state in accounts {
            let number = self.book.numbers.get(&state.id).copied();
            let serial = number.map(|number| self.book.accounts[number]);
            if serial != Some(state) {
                return Err(Box::new(Divergence::Account { book: Some(state), serial }));
            }
            seen[number.expect("it was found")] = true;
        }
        match seen.iter().position(|seen| !seen) {
            None => Ok(()),
            Some(missing) => {
                let serial = Some(self.book.accounts[missing]);
                Err(Box::new(Divergence::Account { book: None, serial }))
            }
        }
    }
}
