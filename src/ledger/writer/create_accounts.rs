//! Opening accounts.
//!
//! # Protocol
//! The imports are held, so accounts are opened one unit at a time; then the shards of the index that the ids belong to:
//! whoever was refused because one of these accounts was absent has left his timestamp there. Imported accounts depend on
//! every transfer there is, so they touch every account.

use super::{Writer, check_batch, marks};
use crate::ledger::concurrency::{AbortReason, AccountRef, Attempt, ConcurrencyProtocol, dispatch};
use crate::ledger::imports::Imports;
use crate::ledger::index::ShardGuards;
use crate::ledger::timeline::Timeline;
use crate::ledger::unit_view::{AccountPositions, UnitView};
use crate::ledger::{AccountOutcome, Ledger, LedgerError};
use crate::model::{Account, AccountState, Changes, Place, decide_accounts, units};
use crate::sync::WaitForever;
use crate::trail::{Entry, SegmentWriter};

impl Writer {
    /// Attempts to create an account.
    ///
    /// # Errors
    /// [`LedgerError`] when the ledger or its trail is full; nothing has changed then, and there is no entry.
    pub fn create_account(&mut self, account: &Account) -> Result<AccountOutcome, LedgerError> {
        Ok(self.create_accounts(std::slice::from_ref(account))?[0])
    }

    /// Attempts to create the accounts of a batch, in order. Linked ones are created together or not at all.
    ///
    /// # Errors
    /// [`LedgerError`] when the batch is too large, or the trail has no room for it: nothing has changed then, and there is
    /// no entry. When the ledger is full in the middle of a batch, what came before stands.
    pub fn create_accounts(
        &mut self,
        batch: &[Account],
    ) -> Result<Vec<AccountOutcome>, LedgerError> {
        check_batch(batch.len())?;
        self.reserve_records(batch.len() as u64 * 2)?;
        let mut outcomes = Vec::with_capacity(batch.len());
        for (unit, place) in units(batch) {
            dispatch!(self.ledger.protocol, W => self.account_unit::<W>(unit, place, &mut outcomes))?;
        }
        Ok(outcomes)
    }

    fn account_unit<W: ConcurrencyProtocol>(
        &mut self,
        unit: &[Account],
        place: Place,
        outcomes: &mut Vec<AccountOutcome>,
    ) -> Result<(), LedgerError> {
        let Self { ledger, segment_writer, timeline, contention, .. } = self;
        let mut imports = ledger.imports.lock();
        contention.waits += u64::from(imports.waited());
        let mut shards = ledger.index.lock_shards(unit.iter().map(|account| account.id));
        let floor = imports.last_timestamp().max(shards.last_timestamp());
        let numbers: Vec<u64> =
            (0..if place.imported { ledger.accounts.len() } else { 0 }).collect();
        let touch = |&number: &u64| ledger.accounts.touch(number);
        let touched: Vec<AccountRef<'_>> = numbers.iter().map(touch).collect();
        let mut attempt = Opening {
            ledger,
            segment_writer,
            timeline,
            unit,
            place,
            floor,
            imports: &mut imports,
            shards: &mut shards,
            places: AccountPositions::of(&numbers),
            room: Ok(()),
            times: Vec::new(),
            decided: Vec::new(),
            changes: Changes::default(),
        };
        let done = loop {
            let done =
                W::transact(&ledger.accounts, &touched, &WaitForever, contention, &mut attempt);
            // Only a protocol that ends waiting by itself comes here: it is tried again.
            if !matches!(done, Err(AbortReason::Interrupted(_))) {
                break done;
            }
        };
        let Opening { times, decided, room, .. } = attempt;
        if done.is_err() {
            return Err(room.err().unwrap_or(LedgerError::TimestampsExhausted));
        }
        let last = times[times.len() - 1];
        shards.release(last);
        imports.release(last);
        outcomes.extend(decided);
        self.publish_contention();
        Ok(())
    }
}

/// A unit of accounts that are to be opened.
struct Opening<'w, 'a> {
    ledger: &'w Ledger,
    segment_writer: &'w mut SegmentWriter,
    timeline: &'w mut Timeline,
    unit: &'w [Account],
    place: Place,
    floor: u64,
    imports: &'w mut Imports,
    shards: &'w mut ShardGuards<'a>,
    places: AccountPositions,
    /// Whether the ledger has cells for the accounts that were decided last.
    room: Result<(), LedgerError>,
    times: Vec<u64>,
    decided: Vec<AccountOutcome>,
    changes: Changes,
}

impl Attempt for Opening<'_, '_> {
    fn decide(&mut self, states: &mut [AccountState], floor: u64) -> Option<u64> {
        self.times = self.timeline.stamps(floor.max(self.floor), self.unit.len())?;
        let sight = UnitView {
            ledger: self.ledger,
            reserved: None,
            imports: Some(self.imports),
            places: &self.places,
            states,
            last_transfer: 0,
        };
        let mut next = self.times.iter().copied();
        let now = || next.next().expect("there is a time for each event");
        (self.decided, self.changes) = decide_accounts(&sight, self.unit, self.place, now);
        // Whoever opens accounts holds the imports, so there is as much room when it is done.
        self.room = self.ledger.accounts.check_room(self.changes.opened.len() as u64);
        self.times.last().copied().filter(|_| self.room.is_ok())
    }

    fn commit(&mut self) {
        for (at, (account, one)) in self.unit.iter().zip(&self.decided).enumerate() {
            let marks = marks(self.place, at + 1 == self.unit.len());
            self.segment_writer.write_both(Entry::of_account(account, self.times[at], one, marks));
        }
        self.segment_writer.publish();
        let last = self.times[self.times.len() - 1];
        for (state, user_data) in &self.changes.opened {
            let number = self.ledger.accounts.open(state, *user_data, last);
            let number = number.expect("the room was checked");
            self.shards.add(state.id, number, &self.ledger.accounts);
        }
        self.imports.apply(&self.changes);
    }
}
