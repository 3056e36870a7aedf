//! Serial replay: replays a trail on one thread and says whether the run that wrote it was equal to a serial one.
//!
//! It takes every entry in order of its timestamp, a chain of linked entries at the place of its first one, decides it
//! again by the model's rules on a ledger of its own that starts empty, and expects the same status and the same account versions; at the end it expects the same
//! accounts with the same balances. That one statement contains conservation, limits, no lost update, no missing and no
//! invented entry.

use std::collections::HashSet;
use std::fmt;

use foldhash::fast::FixedState;

use super::entry::Name;
use super::{Entry, EntryKind, Recorded, Trail};
use crate::model::amounts::grouped;
use crate::model::{AccountState, CreateTransferStatus, KnownTransfer, Past, TIMESTAMP_MAX};
use crate::model::{SerialLedger, Transfer, TransferAttempt, UserData, View};
use crate::model::{
    create_plain_transfer, decide_accounts, decide_transfers, transfer_is_consistent,
};

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
    /// An entry has a timestamp that no ledger gives.
    Time {
        /// How many entries were replayed before it.
        place: u64,
        /// The entry.
        entry: Entry,
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
        /// What the ledger says; none when the ledger has no such account.
        ledger: Option<AccountState>,
        /// What a serial run says; none when it has no such account.
        serial: Option<AccountState>,
    },
}

impl std::error::Error for Divergence {}

impl Divergence {
    /// The timestamp of the entry that differs; none where it is an account at the end.
    pub fn timestamp(&self) -> Option<u64> {
        match self {
            Self::Order { entry, .. } | Self::Time { entry, .. } | Self::Outcome { entry, .. } => {
                Some(entry.timestamp)
            }
            Self::Account { .. } => None,
        }
    }

    /// The id of the account that differs at the end; none where it is an entry.
    pub fn account_id(&self) -> Option<u128> {
        match self {
            Self::Account { ledger, serial } => ledger.or(*serial).map(|state| state.id),
            Self::Order { .. } | Self::Time { .. } | Self::Outcome { .. } => None,
        }
    }
}

impl fmt::Display for Divergence {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Order { place, entry, previous } => write!(
                formatter,
                "entry {}, {entry}: the entry before it has timestamp {previous}, so the two have no order",
                grouped(u128::from(*place) + 1),
            ),
            Self::Time { place, entry } => write!(
                formatter,
                "entry {}, {entry}: timestamps are 1 to {TIMESTAMP_MAX}",
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
            Self::Account { ledger, serial } => {
                let id = ledger.or(*serial).map_or(0, |state| state.id);
                write!(formatter, "account {} at the end: the ledger says ", Name(id))?;
                describe(formatter, ledger)?;
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

/// A replay under way. See the module's text for what it judges.
#[derive(Debug, Default)]
pub struct Replay {
    ledger: SerialLedger,
    replayed: u64,
    last_timestamp: u64,
    /// Timestamp of the latest plain transfer. Plain transfers are not kept in the serial ledger: their own entries say
    /// all that can be asked of them.
    last_plain: u64,
}

/// The serial ledger, and the plain transfers that have been replayed by now.
struct Replayed<'a> {
    ledger: &'a SerialLedger,
    trail: Option<&'a Trail>,
    last_plain: u64,
    now: u64,
}

impl View for Replayed<'_> {
    fn account(&self, id: u128) -> Option<AccountState> {
        self.ledger.account(id)
    }

    fn user_data(&self, id: u128) -> UserData {
        self.ledger.user_data(id)
    }

    fn transfer(&self, id: u128) -> Option<KnownTransfer> {
        self.ledger.transfer(id).or_else(|| {
            let recorded = self.trail?.made(id)?;
            (recorded.entry.timestamp < self.now).then(|| recorded.known_plain()).flatten()
        })
    }

    fn past_of_accounts(&self, timestamp: u64) -> Past {
        let past = self.ledger.past_of_accounts(timestamp);
        let plain = self.trail.and_then(|trail| trail.at_time(timestamp));
        let plain =
            plain.is_some_and(|entry| entry.timestamp < self.now && entry.made_a_transfer_then());
        Past { taken: past.taken || plain, ..past }
    }

    fn past_of_transfers(&self, timestamp: u64) -> Past {
        let past = self.ledger.past_of_transfers(timestamp);
        Past { last: past.last.max(self.last_plain), ..past }
    }
}

impl Replay {
    /// Replays a whole trail whose writers have stopped, and compares its end with `accounts`.
    ///
    /// `progress` is told the number of entries replayed so far, now and then. The number of entries.
    ///
    /// # Errors
    /// The first divergence.
    pub fn verify(
        trail: &Trail,
        accounts: impl Iterator<Item = AccountState>,
        progress: impl FnMut(u64),
    ) -> Result<u64, Box<Divergence>> {
        let mut replay = Self::default();
        replay.replay(trail, progress)?;
        replay.compare(accounts)?;
        Ok(replay.replayed)
    }

    /// How many entries it has replayed.
    pub fn replayed(&self) -> u64 {
        self.replayed
    }

    /// The accounts that the replay has arrived at, in order of creation.
    pub fn accounts(&self) -> &[AccountState] {
        self.ledger.account_states()
    }

    /// Replays a whole trail. It needs no ledger beside it, so it judges a trail that was read from a file, too.
    ///
    /// # Errors
    /// The first entry that a serial run decides otherwise.
    pub fn replay(
        &mut self,
        trail: &Trail,
        mut progress: impl FnMut(u64),
    ) -> Result<(), Box<Divergence>> {
        let mut entries = trail.in_order();
        let mut unit = Vec::new();
        let mut told = 0;
        while let Some(first) = entries.next() {
            if self.replayed - told >= PROGRESS_ENTRIES {
                told = self.replayed;
                progress(told);
            }
            if first.is_plain() {
                self.plain(&first)?;
                continue;
            }
            unit.clear();
            unit.push(first);
            while unit.last().is_some_and(|last| last.entry.is_linked()) {
                let Some(next) = entries.next_of_same_writer() else { break };
                unit.push(next);
            }
            self.unit(trail, &unit)?;
        }
        progress(self.replayed);
        Ok(())
    }

    /// Checks that an entry comes after the one before it.
    fn follow(&mut self, entry: &Entry) -> Result<(), Box<Divergence>> {
        if entry.timestamp > TIMESTAMP_MAX {
            return Err(Box::new(Divergence::Time { place: self.replayed, entry: *entry }));
        }
        if entry.timestamp <= self.last_timestamp {
            let (place, previous) = (self.replayed, self.last_timestamp);
            return Err(Box::new(Divergence::Order { place, entry: *entry, previous }));
        }
        self.last_timestamp = entry.timestamp;
        Ok(())
    }

    /// A transfer with nothing to it but two accounts and an amount, whose id was made for it: the common case.
    fn plain(&mut self, recorded: &Recorded<'_>) -> Result<(), Box<Divergence>> {
        let entry = recorded.entry;
        self.follow(entry)?;
        let TransferAttempt { transfer, .. } = entry.attempt(None);
        let recorded_status = entry.transfer_status();
        let (status, versions) = match recorded_status {
            // Its caller or the time ended it before it looked at anything: there is nothing to decide again.
            Some(status) if status.is_interruption() => (status, (0, 0)),
            _ => self.decide_plain(&transfer, entry.timestamp),
        };
        if status == CreateTransferStatus::Created {
            self.last_plain = entry.timestamp;
        }
        self.expect(recorded, status as u16, status.name(), versions)
    }

    fn decide_plain(
        &mut self,
        transfer: &Transfer,
        timestamp: u64,
    ) -> (CreateTransferStatus, (u64, u64)) {
        use CreateTransferStatus as S;
        if let Err(status) = transfer_is_consistent(transfer) {
            return (status, (0, 0));
        }
        let (debit_id, credit_id) = (transfer.debit_account_id, transfer.credit_account_id);
        let Some([debit, credit]) = self.ledger.both_mut(debit_id, credit_id) else {
            let debit = self.ledger.account(debit_id);
            let status =
                if debit.is_none() { S::DebitAccountNotFound } else { S::CreditAccountNotFound };
            return (status, (0, 0));
        };
        let moved = create_plain_transfer(transfer, timestamp, debit, credit);
        (moved.err().unwrap_or(S::Created), (debit.version, credit.version))
    }

    /// Anything else: an event by itself, or a chain.
    fn unit(&mut self, trail: &Trail, unit: &[Recorded<'_>]) -> Result<(), Box<Divergence>> {
        let (first, last) = (&unit[0], &unit[unit.len() - 1]);
        self.follow(first.entry)?;
        let mut times = unit.iter().map(|recorded| recorded.entry.timestamp);
        if !unit.is_sorted_by(|one, next| one.entry.timestamp < next.entry.timestamp) {
            let (place, entry) = (self.replayed, *last.entry);
            let previous = first.entry.timestamp;
            return Err(Box::new(Divergence::Order { place, entry, previous }));
        }
        if last.entry.timestamp > TIMESTAMP_MAX {
            return Err(Box::new(Divergence::Time { place: self.replayed, entry: *last.entry }));
        }
        if let Some(stray) = unit.iter().find(|one| one.entry.kind != first.entry.kind) {
            return Err(self.stray(stray, "an event of another kind in a chain"));
        }
        let now = || times.next().expect("one for each event");
        let place = last.entry.place();
        let view = Replayed {
            ledger: &self.ledger,
            trail: Some(trail),
            last_plain: self.last_plain,
            now: first.entry.timestamp,
        };
        match first.entry.kind {
            EntryKind::Account => {
                let accounts: Vec<_> =
                    unit.iter().map(|one| one.entry.account(one.extension)).collect();
                let (decided, changes) = decide_accounts(&view, &accounts, place, now);
                self.ledger.carry_out(changes);
                for (recorded, one) in unit.iter().zip(decided) {
                    self.expect(recorded, one.status as u16, one.status.name(), one.versions)?;
                }
            }
            EntryKind::Transfer => {
                let interrupted = first.entry.transfer_status();
                if let Some(status) = interrupted.filter(|status| status.is_interruption()) {
                    return unit.iter().try_for_each(|recorded| {
                        self.expect(recorded, status as u16, status.name(), (0, 0))
                    });
                }
                let attempts: Vec<_> =
                    unit.iter().map(|one| one.entry.attempt(one.extension)).collect();
                let (decided, changes) = decide_transfers(&view, &attempts, place, now);
                self.ledger.carry_out(changes);
                for (recorded, one) in unit.iter().zip(decided) {
                    self.expect(recorded, one.status as u16, one.status.name(), one.versions)?;
                }
            }
            EntryKind::Expiry => {
                let expired = self.ledger.expire(first.entry.id, first.entry.timestamp);
                let name = if expired.is_some() { "expired" } else { "nothing to expire" };
                let status = if expired.is_some() { 0 } else { u16::MAX };
                self.expect(first, status, name, expired.unwrap_or_default())?;
            }
            EntryKind::Extension => return Err(self.stray(first, "an extension without its entry")),
        }
        Ok(())
    }

    /// What to say of a record that no run writes.
    fn stray(&self, recorded: &Recorded<'_>, status: &'static str) -> Box<Divergence> {
        let (place, writer, entry) = (self.replayed, recorded.writer, *recorded.entry);
        Box::new(Divergence::Outcome { place, writer, entry, status, versions: (0, 0) })
    }

    /// Compares what was recorded with what a serial run says.
    fn expect(
        &mut self,
        recorded: &Recorded<'_>,
        status: u16,
        name: &'static str,
        versions: (u64, u64),
    ) -> Result<(), Box<Divergence>> {
        let entry = recorded.entry;
        if status != entry.status || versions != (entry.debit_version, entry.credit_version) {
            let (place, writer) = (self.replayed, recorded.writer);
            let outcome =
                Divergence::Outcome { place, writer, entry: *entry, status: name, versions };
            return Err(Box::new(outcome));
        }
        self.replayed += 1;
        Ok(())
    }

    /// Compares a ledger's accounts with those that the replay has arrived at.
    ///
    /// # Errors
    /// The first account that differs, or that only one of the two has.
    pub fn compare(
        &self,
        accounts: impl Iterator<Item = AccountState>,
    ) -> Result<(), Box<Divergence>> {
        let mut seen = HashSet::with_hasher(FixedState::default());
        for state in accounts {
            let serial = self.ledger.account(state.id);
            if serial != Some(state) {
                return Err(Box::new(Divergence::Account { ledger: Some(state), serial }));
            }
            seen.insert(state.id);
        }
        match self.ledger.account_states().iter().find(|state| !seen.contains(&state.id)) {
            None => Ok(()),
            Some(&missing) => {
                Err(Box::new(Divergence::Account { ledger: None, serial: Some(missing) }))
            }
        }
    }
}
