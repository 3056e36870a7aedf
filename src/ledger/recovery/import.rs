//! Building a ledger from a trail in a file: every entry is repeated as in recovery, and gets the links that a trail in
//! a file does not have.

use std::sync::{Arc, MutexGuard, PoisonError};

use super::loader::{ReadSoFar, check_follows};
use super::redo::{Redo, RedoFailure};
use crate::ledger::writer_state::WriterState;
use crate::ledger::{Ledger, LedgerConfig, LedgerError};
use crate::model::Transfer;
use crate::trail::{
    AccountChange, Entry, EntryKind, EntryLocation, EntryRef, PreviousChanges, TrailAccess,
};

/// Why an entry cannot be imported.
#[derive(Debug)]
pub(crate) enum ImportFailure {
    /// The ledger is full.
    Full(LedgerError),
    /// It does not fit what is before it: a clause without a full stop.
    Inconsistent(String),
}

impl From<LedgerError> for ImportFailure {
    fn from(error: LedgerError) -> Self {
        Self::Full(error)
    }
}

impl From<RedoFailure> for ImportFailure {
    fn from(failure: RedoFailure) -> Self {
        match failure {
            RedoFailure::Full(error) => Self::Full(error),
            RedoFailure::Inconsistent(what) => Self::Inconsistent(what.to_owned()),
        }
    }
}

/// Writes the entries of a trail to a new ledger, in order of their timestamps.
pub(crate) struct Importer<'a> {
    ledger: &'a Ledger,
    /// The states of the writers, the first one last.
    states: MutexGuard<'a, Vec<WriterState>>,
    read_so_far: Vec<ReadSoFar>,
    /// Whether the last entry of each writer is followed by another one of its chain.
    is_in_chain: Vec<bool>,
    redo: Redo<'a>,
    /// The timestamp of the last entry.
    last: u64,
}

impl Ledger {
    /// Creates an empty ledger, and lets `import` write the entries of a trail to it.
    pub(crate) fn import<E: From<LedgerError>>(
        config: &LedgerConfig,
        import: impl FnOnce(&mut Importer<'_>) -> Result<(), E>,
    ) -> Result<Arc<Self>, E> {
        let ledger = Self::with_config(config)?;
        ledger.fill(import)?;
        ledger.resume_writers(0);
        Ok(ledger)
    }

    fn fill<E: From<LedgerError>>(
        &self,
        import: impl FnOnce(&mut Importer<'_>) -> Result<(), E>,
    ) -> Result<(), E> {
        let states = self.free_writers.lock().unwrap_or_else(PoisonError::into_inner);
        let mut importer = Importer {
            read_so_far: vec![ReadSoFar::default(); states.len()],
            is_in_chain: vec![false; states.len()],
            states,
            redo: Redo::new(self),
            last: 0,
            ledger: self,
        };
        import(&mut importer)?;
        Ok(importer.redo.finish()?)
    }
}

impl Importer<'_> {
    /// Returns the position of the next record of a writer. `None` if there is no such writer.
    pub(crate) fn next_position(&self, writer: usize) -> Option<u64> {
        let state = self.states.len().checked_sub(writer + 1)?;
        Some(self.states.get(state)?.segment_writer.written())
    }

    /// Writes the next entry of the trail, with its extension, and repeats what it did.
    pub(crate) fn add(
        &mut self,
        writer: usize,
        mut entry: Entry,
        mut extension: Option<Entry>,
    ) -> Result<(), ImportFailure> {
        let Some(position) = self.next_position(writer) else {
            let why =
                format!("the seal has {} writers, and not writer {writer}", self.states.len());
            return Err(ImportFailure::Inconsistent(why));
        };
        if entry.timestamp <= self.last {
            return Err(ImportFailure::Inconsistent(format!(
                "its timestamp {} does not follow {}, that of the entry before; an exported trail is in order of \
                 timestamps",
                entry.timestamp, self.last
            )));
        }
        let mut so_far = self.read_so_far[writer];
        for record in std::iter::once(&entry).chain(&extension) {
            check_follows(record, &so_far.last).map_err(ImportFailure::Inconsistent)?;
            so_far.take(record, None);
        }
        if so_far.expects_extension() {
            let why = "its entry flags name an extension, and it has none".to_owned();
            return Err(ImportFailure::Inconsistent(why));
        }
        self.read_so_far[writer] = so_far;
        self.is_in_chain[writer] = entry.is_linked();
        self.last = entry.timestamp;
        let at = EntryLocation { writer, position };
        self.link(at, &mut entry, &mut extension);

        let state = self.states.len() - writer - 1;
        let segment_writer = &mut self.states[state].segment_writer;
        // It was accepted once, so it may use the reserve.
        let access = segment_writer.set_access(TrailAccess::Expiry);
        let reserved = segment_writer.reserve(1 + u64::from(extension.is_some()));
        segment_writer.set_access(access);
        reserved.map_err(LedgerError::from)?;
        segment_writer.restore(entry);
        extension.into_iter().for_each(|extension| segment_writer.restore(extension));
        segment_writer.publish();
        let recorded = self.ledger.trail.entry_at(at).expect("it was published");
        // Recovery has all entries when it applies one, and compares those of other kinds with the plain ones instead.
        if recorded.is_plain() && self.ledger.transfer_ids.find(recorded.entry.id).is_some() {
            return Err(ImportFailure::Inconsistent("its id was used before".to_owned()));
        }
        Ok(self.redo.redo(&recorded)?)
    }

    /// Checks that the trail can end here. The error is a clause.
    pub(crate) fn check_end(&self) -> Result<(), String> {
        match self.is_in_chain.iter().position(|is_in_chain| *is_in_chain) {
            None => Ok(()),
            Some(writer) => Err(format!("it ends within a chain of writer {writer}")),
        }
    }

    /// Links an entry to the changes of its accounts before it, and a post or a void to its pending transfer, as the writer
    /// did that made it. What is missing is noticed when the entry is repeated.
    fn link(&self, at: EntryLocation, entry: &mut Entry, extension: &mut Option<Entry>) {
        let trail = &self.ledger.trail;
        let find = |id| self.ledger.transfer_ids.find(id);
        let changed: Option<Transfer> = match entry.kind {
            EntryKind::Transfer if entry.is_created_transfer() => {
                let resolves = entry.attempt(extension.as_ref()).transfer;
                if resolves.resolves()
                    && let Some(pending) = find(resolves.pending_id)
                {
                    *extension = extension.map(|one| one.with_pending_at(pending.location()));
                }
                let EntryLocation { writer, position } = at;
                let recorded = EntryRef { writer, position, entry, extension: extension.as_ref() };
                recorded.created_transfer(trail)
            }
            EntryKind::Expiry => find(entry.id).and_then(|pending| pending.created_transfer(trail)),
            _ => None,
        };
        if let Some(transfer) = changed {
            let newest = |id| {
                let account = self.ledger.index.find(id, &self.ledger.accounts);
                account.map_or(AccountChange::default(), |account| account.cell.newest())
            };
            let [debit, credit] = [transfer.debit_account_id, transfer.credit_account_id];
            entry.previous = PreviousChanges::of(newest(debit), newest(credit));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::TransferFlags;
    use crate::trail::{EntryFlags, IdGenerator, IdSeed};

    #[test]
    fn imported_links_lead_through_the_history() {
        let (ledger, mut writers) =
            Ledger::with_writers(&LedgerConfig { writers: 2, ..LedgerConfig::default() })
                .expect("the numbers are within their bounds");
        let accounts = [1, 2].map(|id| crate::Account::new(id, 1, 1));
        writers[0].create_accounts(&accounts).expect("there is room");
        for id in 1..40 {
            let transfer = match id % 3 {
                0 => Transfer::post(id - 1).with_id(id).with_amount(u128::MAX),
                2 => Transfer {
                    flags: TransferFlags::PENDING,
                    ..Transfer::new(2, 1, id).with_id(id)
                },
                _ => Transfer::new(1, 2, id),
            };
            writers[id as usize % 2].create_transfer(&transfer).expect("there is room");
        }
        let config = LedgerConfig { writers: 2, ..LedgerConfig::default() };
        let imported = Ledger::import(&config, |importer| {
            for recorded in ledger.trail().in_order() {
                let without =
                    |record: &Entry| Entry { previous: PreviousChanges::default(), ..*record };
                let extension = recorded.extension.map(without);
                importer.add(recorded.writer, without(recorded.entry), extension)?;
            }
            Ok::<(), ImportFailure>(())
        });
        let imported = imported.expect("it follows from itself");
        imported.verify().expect("it is a serial run");
        for (one, other) in imported.trail().segments().zip(ledger.trail().segments()) {
            let records = |segment: &crate::sync::Log<Entry>| {
                segment.chunks(0, segment.len()).flatten().copied().collect::<Vec<Entry>>()
            };
            assert_eq!(records(one), records(other));
        }
        assert!(imported.accounts().eq(ledger.accounts()));
    }

    /// Found by fuzzing, with hashes that were made right: ids that are used twice, and pending transfers that are resolved
    /// twice, were recovered. What expired then could not be recovered again.
    #[test]
    fn entries_that_no_ledger_writes_are_refused() {
        let config = LedgerConfig::default();
        let (ledger, mut writers) = Ledger::with_writers(&config).expect("it is within its bounds");
        let writer = &mut writers[0];
        let accounts = [1, 2].map(|id| crate::Account::new(id, 1, 1));
        writer.create_accounts(&accounts).expect("there is room");
        writer.create_transfer(&Transfer::new(1, 2, 9)).expect("there is room");
        let pending = Transfer { flags: TransferFlags::PENDING, ..Transfer::new(1, 2, 9) };
        let transfers = [
            pending.with_id(10),
            pending.with_id(20),
            Transfer::new(1, 2, 9).with_id(30),
            Transfer::post(10).with_amount(9).with_id(11),
        ];
        writer.create_transfers(&transfers).expect("there is room");
        let records: Vec<(Entry, Option<Entry>)> = {
            let entries = ledger.trail().in_order();
            entries.map(|recorded| (*recorded.entry, recorded.extension.copied())).collect()
        };
        let ends = |last: &[(Entry, Option<Entry>)]| {
            let mut end = Ok(());
            let imported = Ledger::import(&config, |importer| {
                for &(entry, extension) in last {
                    importer.add(0, entry, extension)?;
                }
                end = importer.check_end();
                Ok::<(), ImportFailure>(())
            });
            imported.map(|_| end)
        };
        assert_eq!(ends(&records).expect("it follows"), Ok(()));
        let mut cut = records[..4].to_vec();
        cut[3].0.flags |= TransferFlags::LINKED.bits();
        cut[3].0.entry_flags &= !EntryFlags::LAST.bits();
        let end = ends(&cut).expect("it follows").expect_err("a chain is cut");
        assert_eq!(end, "it ends within a chain of writer 0");
        // Each follows the last entry, and differs from one that a ledger would write in one thing.
        let &(post, extension) = records.last().expect("there are entries");
        let next = |entry: Entry| Entry {
            timestamp: post.timestamp + 1,
            debit_version: post.debit_version + 1,
            credit_version: post.credit_version + 1,
            ..entry
        };
        let extension_of = |pending_id| {
            extension.map(|one| Entry { id: pending_id, timestamp: post.timestamp + 1, ..one })
        };
        let post = Entry { id: 12, ..next(post) };
        let expiry = |id| next(Entry::of_expiry(id, post.timestamp, (0, 0)));
        let cases = [
            (post, extension_of(20), None),
            (post, extension_of(10), Some("its pending transfer was resolved before")),
            (post, extension_of(30), Some("its pending transfer is missing")),
            (next(records[3].0), None, Some("its id was used before")),
            (next(records[5].0), None, Some("its id was used before")),
            // The id of the plain transfer, which encodes its place.
            (
                Entry { id: records[2].0.id, ..next(records[5].0) },
                None,
                Some("its id was used before"),
            ),
            (expiry(20), None, None),
            (expiry(10), None, Some("its pending transfer was resolved before")),
            (expiry(30), None, Some("its pending transfer is missing")),
        ];
        for (at, (entry, extension, expected)) in cases.into_iter().enumerate() {
            let imported = Ledger::import(&config, |importer| {
                let mut all = records.iter().copied().chain([(entry, extension)]);
                all.try_for_each(|(entry, extension)| importer.add(0, entry, extension))
            });
            match (imported, expected) {
                (Ok(ledger), None) => assert_eq!(ledger.trail().entries(), 8, "case {at}"),
                (Err(ImportFailure::Inconsistent(what)), Some(expected)) => {
                    assert_eq!(what, expected, "case {at}");
                }
                (other, expected) => panic!("case {at}: {other:?}, and not {expected:?}"),
            }
        }
        // The id of a plain transfer that comes later.
        let id = IdGenerator::new(0, IdSeed(0)).id_at(ledger.trail().len() + 1);
        let first = Entry { id, ..next(records[5].0) };
        let plain = Entry {
            id,
            timestamp: first.timestamp + 1,
            debit_version: first.debit_version + 1,
            credit_version: first.credit_version + 1,
            ..records[2].0
        };
        let imported = Ledger::import(&config, |importer| {
            let mut all = records.iter().copied().chain([(first, None), (plain, None)]);
            all.try_for_each(|(entry, extension)| importer.add(0, entry, extension))
        });
        let Err(ImportFailure::Inconsistent(what)) = imported else { panic!("it is imported") };
        assert_eq!(what, "its id was used before");
    }
}
