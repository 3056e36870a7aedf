//! Creating accounts.
//!
//! # Protocol
//! A writer locks the imports first, so accounts are created one unit at a time; then the index
//! shards of the ids. A transfer that was rejected because one of these accounts did not exist has
//! left its timestamp there. Imported accounts depend on every existing transfer, so they access
//! every account.

use super::handle::{AccountOutcome, Writer, check_batch, entry_flags};
use crate::ledger::account_set::AccountList;
use crate::ledger::concurrency::{AbortReason, Attempt, transact};
use crate::ledger::imports::Imports;
use crate::ledger::index::ShardGuards;
use crate::ledger::timestamp_generator::TimestampGenerator;
use crate::ledger::unit_view::{AccountPositions, UnitView};
use crate::ledger::writer_state::WriterState;
use crate::ledger::{Cancellation, Ledger, LedgerError};
use crate::model::{Account, AccountState, BatchPosition, Changes, decide_accounts, units};
use crate::trail::{AccountChange, Entry, SegmentWriter};

impl Writer {
    /// Attempts to create an account.
    ///
    /// # Errors
    /// [`LedgerError`] when the ledger or its trail is full. Nothing has changed then, and there is
    /// no entry.
    pub fn create_account(&mut self, account: &Account) -> Result<AccountOutcome, LedgerError> {
        Ok(self.create_accounts(std::slice::from_ref(account))?[0])
    }

    /// Attempts to create the accounts of a batch, in order, and returns an outcome for each.
    /// Linked accounts are created together or not at all.
    ///
    /// # Errors
    /// [`LedgerError`] when the batch is too large or the trail has no memory for it. Nothing has
    /// changed then, and there is no entry. When the ledger is full in the middle of a batch, the
    /// accounts before that are created.
    pub fn create_accounts(
        &mut self,
        batch: &[Account],
    ) -> Result<Vec<AccountOutcome>, LedgerError> {
        check_batch(batch.len())?;
        self.reserve_records(batch.len() as u64 * 2)?;
        let mut outcomes = Vec::with_capacity(batch.len());
        for (unit, batch_position) in units(batch) {
            self.account_unit(unit, batch_position, &mut outcomes)?;
        }
        self.finish()?;
        Ok(outcomes)
    }

    fn account_unit(
        &mut self,
        unit: &[Account],
        batch_position: BatchPosition,
        outcomes: &mut Vec<AccountOutcome>,
    ) -> Result<(), LedgerError> {
        let Self { ledger, state, .. } = self;
        let WriterState { segment_writer, timestamps, contention, .. } = state;
        let mut imports = ledger.imports.lock();
        contention.waits += u64::from(imports.waited());
        let mut shards = ledger.index.lock_shards(unit.iter().map(|account| account.id));
        let previous = imports.last_timestamp().max(shards.last_timestamp());
        let numbers: Vec<u64> =
            (0..if batch_position.imported { ledger.accounts.len() } else { 0 }).collect();
        let accounts: AccountList<'_> =
            numbers.iter().map(|&number| ledger.accounts.get(number)).collect();
        let mut attempt = AccountUnitAttempt {
            ledger,
            segment_writer,
            timestamps,
            unit,
            batch_position,
            previous,
            imports: &mut imports,
            shards: &mut shards,
            positions: AccountPositions::of(&numbers),
            free_cells: Ok(()),
            times: Vec::new(),
            outcomes: Vec::new(),
            changes: Changes::default(),
        };
        let (protocol, all, never) = (ledger.protocol, &ledger.accounts, Cancellation::never());
        let done = loop {
            let done = transact(protocol, all, &accounts, &never, contention, &mut attempt);
            // Only a protocol that bounds its waits is interrupted here. Try again.
            if !matches!(done, Err(AbortReason::Interrupted(_))) {
                break done;
            }
        };
        let AccountUnitAttempt { times, outcomes: of_unit, free_cells, .. } = attempt;
        if done.is_err() {
            return Err(free_cells.err().unwrap_or(LedgerError::TimestampsExhausted));
        }
        let last = times[times.len() - 1];
        shards.release(last);
        imports.release(last);
        outcomes.extend(of_unit);
        drop(accounts);
        self.publish_contention();
        Ok(())
    }
}

struct AccountUnitAttempt<'w, 'a> {
    ledger: &'w Ledger,
    segment_writer: &'w mut SegmentWriter,
    timestamps: &'w mut TimestampGenerator,
    unit: &'w [Account],
    batch_position: BatchPosition,
    /// The last timestamp that depended on the imports or the shards.
    previous: u64,
    imports: &'w mut Imports,
    shards: &'w mut ShardGuards<'a>,
    positions: AccountPositions,
    /// Whether the ledger has cells for the accounts decided last.
    free_cells: Result<(), LedgerError>,
    times: Vec<u64>,
    outcomes: Vec<AccountOutcome>,
    changes: Changes,
}

impl Attempt for AccountUnitAttempt<'_, '_> {
    fn decide(&mut self, states: &mut [AccountState], previous: u64) -> Option<u64> {
        let previous = previous.max(self.previous);
        self.times = self.timestamps.next_many_after(previous, self.unit.len())?;
        let view = UnitView {
            ledger: self.ledger,
            reserved: None,
            imports: Some(self.imports),
            positions: &self.positions,
            states,
            last_transfer: 0,
        };
        let mut next = self.times.iter().copied();
        let now = || next.next().expect("there is a timestamp for each event");
        (self.outcomes, self.changes) = decide_accounts(&view, self.unit, self.batch_position, now);
        // Creating accounts requires the imports, so no other writer takes these cells meanwhile.
        self.free_cells = self.ledger.accounts.check_free(self.changes.opened.len() as u64);
        self.times.last().copied().filter(|_| self.free_cells.is_ok())
    }

    fn commit(&mut self, _newest: &mut [AccountChange]) {
        for (at, (account, outcome)) in self.unit.iter().zip(&self.outcomes).enumerate() {
            let flags = entry_flags(self.batch_position, at + 1 == self.unit.len());
            let entry = Entry::of_account(account, self.times[at], outcome, flags);
            self.segment_writer.write_with_extension(entry);
        }
        self.segment_writer.publish();
        let last = self.times[self.times.len() - 1];
        for (state, user_data) in &self.changes.opened {
            let number = self.ledger.accounts.open(state, *user_data, last);
            let number = number.expect("free cells were checked");
            self.shards.add(state.id, number, &self.ledger.accounts);
        }
        self.imports.apply(&self.changes);
    }
}
