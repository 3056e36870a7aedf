//! Serial replay: decides every attempt of a trail again on one thread, and verifies that the run
//! that wrote it equals a serial run.
//!
//! It reads the entries in order of their timestamps, a chain of linked entries at the timestamp of
//! its first one. It decides each by the rules of the model on a serial ledger that starts empty,
//! and compares status and account versions. At the end it compares all accounts with their
//! balances. This implies conservation, limits, no lost update, and no missing or invented entry.

use super::audit_trail::Trail;
use super::divergence::Divergence;
use super::entry::{Entry, EntryKind};
use super::merge::EntryRef;
use super::prefix::TrailPrefix;
use crate::model::transfer_is_consistent;
use crate::model::{
    AccountState, Changes, CreateTransferStatus, ImportBounds, KnownTransfer, Outcome,
};
use crate::model::{SerialLedger, TIMESTAMP_MAX, Transfer, TransferAttempt, UserData, View};
use crate::model::{create_plain_transfer, decide_accounts, decide_transfers};
use crate::sync::{Interrupted, WaitForever, WaitPolicy};

/// Entries between two calls of the progress function.
const PROGRESS_ENTRIES: u64 = 1 << 16;

/// A replay in progress. See the module documentation for what it verifies.
#[derive(Debug, Default)]
pub struct Replay {
    ledger: SerialLedger,
    replayed: u64,
    last_timestamp: u64,
    /// Timestamp of the latest plain transfer. The serial ledger does not store plain transfers:
    /// their entries suffice.
    last_plain: u64,
}

/// Why a replay ended early.
#[derive(Debug)]
pub(crate) enum ReplayError {
    /// An entry differs in a serial run.
    Diverged(Box<Divergence>),
    /// It was interrupted.
    Interrupted(Interrupted),
}

impl From<Box<Divergence>> for ReplayError {
    fn from(divergence: Box<Divergence>) -> Self {
        Self::Diverged(divergence)
    }
}

impl From<Interrupted> for ReplayError {
    fn from(interrupted: Interrupted) -> Self {
        Self::Interrupted(interrupted)
    }
}

/// The view of the rules: the serial ledger, and the plain transfers replayed so far.
struct ReplayView<'a> {
    ledger: &'a SerialLedger,
    trail: Option<&'a Trail>,
    last_plain: u64,
    now: u64,
}

impl View for ReplayView<'_> {
    fn account(&self, id: u128) -> Option<AccountState> {
        self.ledger.account(id)
    }

    fn user_data(&self, id: u128) -> UserData {
        self.ledger.user_data(id)
    }

    fn transfer(&self, id: u128) -> Option<KnownTransfer> {
        self.ledger.transfer(id).or_else(|| {
            let recorded = self.trail?.find_by_id(id)?;
            (recorded.entry.timestamp < self.now).then(|| recorded.known_transfer()).flatten()
        })
    }

    fn pending_of(&self, existing: &Transfer) -> Option<Transfer> {
        self.transfer(existing.pending_id)?.created()
    }

    fn account_import_bounds(&self, timestamp: u64) -> ImportBounds {
        let bounds = self.ledger.account_import_bounds(timestamp);
        let plain = self.trail.and_then(|trail| trail.find_by_timestamp(timestamp));
        let plain = plain.is_some_and(|entry| {
            entry.timestamp < self.now && entry.created_transfer_at_its_timestamp()
        });
        ImportBounds { taken: bounds.taken || plain, ..bounds }
    }

    fn transfer_import_bounds(&self, timestamp: u64) -> ImportBounds {
        let bounds = self.ledger.transfer_import_bounds(timestamp);
        ImportBounds { last: bounds.last.max(self.last_plain), ..bounds }
    }
}

/// Replays a whole trail whose writers have stopped, and compares the result with `accounts`.
/// Returns the number of entries.
///
/// Calls `progress` from time to time with the number of entries replayed so far.
///
/// # Errors
/// The first divergence.
pub fn verify(
    trail: &Trail,
    accounts: impl Iterator<Item = AccountState>,
    progress: impl FnMut(u64),
) -> Result<u64, Box<Divergence>> {
    let mut replay = Replay::default();
    replay.replay(trail, progress)?;
    replay.compare(accounts)?;
    Ok(replay.replayed)
}

impl Replay {
    /// Returns the number of entries replayed.
    pub fn replayed(&self) -> u64 {
        self.replayed
    }

    /// Returns the accounts at the end of the replay, in order of creation.
    pub fn accounts(&self) -> &[AccountState] {
        self.ledger.account_states()
    }

    /// Replays a whole trail. It needs no ledger, so it also verifies a trail from a file.
    ///
    /// # Errors
    /// The first entry that differs in a serial run.
    pub fn replay(
        &mut self,
        trail: &Trail,
        progress: impl FnMut(u64),
    ) -> Result<(), Box<Divergence>> {
        match self.replay_prefix(&TrailPrefix::all(trail), &WaitForever, progress) {
            Ok(()) => Ok(()),
            Err(ReplayError::Diverged(divergence)) => Err(divergence),
            Err(ReplayError::Interrupted(why)) => WaitForever::finish(Err(why)),
        }
    }

    /// Replays a part of a trail, unless `policy` ends it.
    pub(crate) fn replay_prefix(
        &mut self,
        prefix: &TrailPrefix<'_>,
        policy: &impl WaitPolicy,
        mut progress: impl FnMut(u64),
    ) -> Result<(), ReplayError> {
        let result = self.replay_entries(prefix, policy, &mut progress);
        // A replay that ends early has replayed the entries before that.
        progress(self.replayed);
        result
    }

    fn replay_entries(
        &mut self,
        prefix: &TrailPrefix<'_>,
        policy: &impl WaitPolicy,
        progress: &mut impl FnMut(u64),
    ) -> Result<(), ReplayError> {
        let mut entries = prefix.in_order(0);
        let mut unit = Vec::new();
        let mut reported = 0;
        while let Some(first) = entries.next() {
            if self.replayed - reported >= PROGRESS_ENTRIES {
                reported = self.replayed;
                policy.check()?;
                progress(reported);
            }
            if first.is_plain() {
                self.replay_plain(&first)?;
                continue;
            }
            unit.clear();
            unit.push(first);
            while unit.last().is_some_and(|last| last.entry.is_linked()) {
                let Some(next) = entries.next_of_same_writer() else { break };
                unit.push(next);
            }
            self.replay_unit(prefix.trail, &unit)?;
        }
        Ok(())
    }

    /// Checks that an entry's timestamp is valid and later than the last one.
    #[inline(always)]
    fn check_order(&mut self, entry: &Entry) -> Result<(), Box<Divergence>> {
        if entry.timestamp > TIMESTAMP_MAX {
            return Err(Box::new(Divergence::Time { position: self.replayed, entry: *entry }));
        }
        if entry.timestamp <= self.last_timestamp {
            let (position, previous) = (self.replayed, self.last_timestamp);
            return Err(Box::new(Divergence::Order { position, entry: *entry, previous }));
        }
        self.last_timestamp = entry.timestamp;
        Ok(())
    }

    /// Replays a plain transfer: the common case. This function and those that it calls are inlined into
    /// the loop, which saves an eighth of its instructions.
    #[inline(always)]
    fn replay_plain(&mut self, recorded: &EntryRef<'_>) -> Result<(), Box<Divergence>> {
        let entry = recorded.entry;
        self.check_order(entry)?;
        let TransferAttempt { transfer, .. } = entry.attempt(None);
        let recorded_status = entry.transfer_status();
        let (status, versions) = match recorded_status {
            // Interrupted before it read anything: there is nothing to decide again.
            Some(status) if status.is_interruption() => (status, (0, 0)),
            _ => self.decide_plain(&transfer, entry.timestamp),
        };
        if status == CreateTransferStatus::Created {
            self.last_plain = entry.timestamp;
        }
        self.check(recorded, status as u16, status.name(), versions)
    }

    #[inline(always)]
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
        let Some([debit, credit]) = self.ledger.pair_mut(debit_id, credit_id) else {
            let debit = self.ledger.account(debit_id);
            let status =
                if debit.is_none() { S::DebitAccountNotFound } else { S::CreditAccountNotFound };
            return (status, (0, 0));
        };
        let created = create_plain_transfer(transfer, timestamp, debit, credit);
        (created.err().unwrap_or(S::Created), (debit.version, credit.version))
    }

    /// Replays a unit: any other event, or a chain.
    fn replay_unit(&mut self, trail: &Trail, unit: &[EntryRef<'_>]) -> Result<(), Box<Divergence>> {
        let (first, last) = (&unit[0], &unit[unit.len() - 1]);
        self.check_order(first.entry)?;
        let mut times = unit.iter().map(|recorded| recorded.entry.timestamp);
        if !unit.is_sorted_by(|one, next| one.entry.timestamp < next.entry.timestamp) {
            let (position, entry) = (self.replayed, *last.entry);
            let previous = first.entry.timestamp;
            return Err(Box::new(Divergence::Order { position, entry, previous }));
        }
        if last.entry.timestamp > TIMESTAMP_MAX {
            return Err(Box::new(Divergence::Time { position: self.replayed, entry: *last.entry }));
        }
        if let Some(unexpected) = unit.iter().find(|one| one.entry.kind != first.entry.kind) {
            return Err(self.unexpected(unexpected, "an event of another kind in a chain"));
        }
        let now = || times.next().expect("there is a timestamp for each event");
        let batch_position = last.entry.batch_position();
        let view = ReplayView {
            ledger: &self.ledger,
            trail: Some(trail),
            last_plain: self.last_plain,
            now: first.entry.timestamp,
        };
        match first.entry.kind {
            EntryKind::Account => {
                let accounts: Vec<_> =
                    unit.iter().map(|one| one.entry.account(one.extension)).collect();
                let (outcomes, changes) = decide_accounts(&view, &accounts, batch_position, now);
                self.ledger.apply(changes);
                self.check_all(unit, outcomes, |status| (status as u16, status.name()))
            }
            EntryKind::Transfer => {
                let interrupted = first.entry.transfer_status();
                if let Some(status) = interrupted.filter(|status| status.is_interruption()) {
                    return unit.iter().try_for_each(|recorded| {
                        self.check(recorded, status as u16, status.name(), (0, 0))
                    });
                }
                let attempts: Vec<_> =
                    unit.iter().map(|one| one.entry.attempt(one.extension)).collect();
                let (outcomes, changes) = decide_transfers(&view, &attempts, batch_position, now);
                self.check_moved_amounts(unit, &changes)?;
                self.ledger.apply(changes);
                self.check_all(unit, outcomes, |status| (status as u16, status.name()))
            }
            EntryKind::Expiry => {
                let expired = self.ledger.expire(first.entry.id, first.entry.timestamp);
                let (status, name) = match expired {
                    Some(_) => (0, "expired"),
                    None => (u16::MAX, "nothing to expire"),
                };
                self.check(first, status, name, expired.unwrap_or_default())
            }
            EntryKind::Extension => Err(self.unexpected(first, "an extension without its entry")),
        }
    }

    /// Compares the amounts that balancing transfers have moved, where the entries have them.
    fn check_moved_amounts(
        &self,
        unit: &[EntryRef<'_>],
        changes: &Changes,
    ) -> Result<(), Box<Divergence>> {
        let moved = |recorded: &EntryRef<'_>| recorded.extension.map_or(0, |record| record.amount);
        let created = changes.transfers.iter().map(|created| created.state.transfer.amount);
        let mut both = unit.iter().zip(created);
        match both.find(|(recorded, amount)| ![0, *amount].contains(&moved(recorded))) {
            Some((differs, _)) => Err(self.unexpected(differs, "created, moving another amount")),
            None => Ok(()),
        }
    }

    /// Returns the divergence of a record that no run writes.
    fn unexpected(&self, recorded: &EntryRef<'_>, status: &'static str) -> Box<Divergence> {
        let (position, writer, entry) = (self.replayed, recorded.writer, *recorded.entry);
        Box::new(Divergence::Outcome { position, writer, entry, status, versions: (0, 0) })
    }

    /// Compares the entries of a unit with their outcomes in a serial run. `describe` returns the
    /// number and the name of a status.
    fn check_all<S>(
        &mut self,
        unit: &[EntryRef<'_>],
        outcomes: Vec<Outcome<S>>,
        describe: impl Fn(S) -> (u16, &'static str),
    ) -> Result<(), Box<Divergence>> {
        unit.iter().zip(outcomes).try_for_each(|(recorded, outcome)| {
            let (status, name) = describe(outcome.status);
            self.check(recorded, status, name, outcome.versions)
        })
    }

    /// Compares an entry with the outcome in a serial run.
    #[inline(always)]
    fn check(
        &mut self,
        recorded: &EntryRef<'_>,
        status: u16,
        name: &'static str,
        versions: (u64, u64),
    ) -> Result<(), Box<Divergence>> {
        let entry = recorded.entry;
        if status != entry.status || versions != (entry.debit_version, entry.credit_version) {
            let (position, writer) = (self.replayed, recorded.writer);
            let outcome =
                Divergence::Outcome { position, writer, entry: *entry, status: name, versions };
            return Err(Box::new(outcome));
        }
        self.replayed += 1;
        Ok(())
    }

    /// Compares a ledger's accounts with those at the end of the replay.
    ///
    /// # Errors
    /// The first account that differs, or that only one of the two has.
    pub fn compare(
        &self,
        accounts: impl Iterator<Item = AccountState>,
    ) -> Result<(), Box<Divergence>> {
        let all = self.ledger.account_states();
        let mut seen = vec![false; all.len()];
        for state in accounts {
            let number = self.ledger.number(state.id);
            let serial = number.map(|number| all[number]);
            if serial != Some(state) {
                return Err(Box::new(Divergence::Account { ledger: Some(state), serial }));
            }
            number.into_iter().for_each(|number| seen[number] = true);
        }
        match all.iter().zip(seen).find(|(_, seen)| !seen) {
            None => Ok(()),
            Some((&missing, _)) => {
                Err(Box::new(Divergence::Account { ledger: None, serial: Some(missing) }))
            }
        }
    }
}
