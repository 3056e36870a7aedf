//! Histories of a ledger on a simulated disk that fails, and what must be there afterwards.

mod backups;
mod damage;

use std::sync::Arc;

use rand_core::{Rng, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;

use super::OpenError;
use crate::ledger::{Ledger, LedgerConfig, LedgerError, Writer};
use crate::model::{Account, AccountFlags, AccountState, Transfer, TransferFlags};
use crate::store::simulated_disk::{Fault, SimulatedDisk};
use crate::store::{Committer, NoteKind, Step, StoreError, StoreStatus, back_up, repair};
use crate::trail::Entry;

const WRITERS: usize = 3;

const CONFIG: fn() -> LedgerConfig =
    || LedgerConfig { writers: WRITERS, trail_bytes: 16 << 20, ..LedgerConfig::default() };

/// A ledger on a simulated disk, and what it has acknowledged.
struct Machine {
    disk: SimulatedDisk,
    ledger: Arc<Ledger>,
    writers: Vec<Writer>,
    committer: Committer<SimulatedDisk>,
    random: Xoshiro256PlusPlus,
    /// Records of each writer, and notes, that a wait for the store has confirmed.
    acknowledged: (Vec<usize>, usize),
    notes: Vec<Vec<u8>>,
    time: u64,
    next_id: u128,
    pending: Vec<u128>,
}

/// What was on the disk when a ledger was opened.
struct Opened {
    segments: Vec<Vec<Entry>>,
    notes: Vec<Vec<u8>>,
}

fn segments(ledger: &Ledger) -> Vec<Vec<Entry>> {
    let records = |segment: &crate::sync::Log<Entry>| {
        segment.chunks(0, segment.len()).flatten().copied().collect()
    };
    ledger.trail().segments().map(records).collect()
}

impl Machine {
    fn start(disk: &SimulatedDisk, seed: u64) -> Result<(Self, Opened), OpenError> {
        let mut notes = Vec::new();
        let (ledger, committer, _) =
            Ledger::recover(disk.clone(), &CONFIG(), &mut |kind, note| {
                if kind != NoteKind::Name {
                    return Err(format!("no machine makes notes of the kind {kind:?}"));
                }
                notes.push(note.to_vec());
                Ok(())
            })?;
        let mut writers: Vec<Writer> =
            (0..WRITERS).map(|_| ledger.writer().expect("all are free")).collect();
        writers.iter_mut().for_each(|writer| writer.set_deferred(true));
        let segments = segments(&ledger);
        let time = ledger.trail().last_timestamp();
        let machine = Self {
            disk: disk.clone(),
            writers,
            committer,
            random: Xoshiro256PlusPlus::seed_from_u64(seed),
            acknowledged: (segments.iter().map(Vec::len).collect(), notes.len()),
            notes: notes.clone(),
            time,
            next_id: 1_000 + u128::from(time),
            pending: Vec::new(),
            ledger,
        };
        Ok((machine, Opened { segments, notes }))
    }

    fn below(&mut self, bound: u64) -> u64 {
        self.random.next_u64() % bound
    }

    fn account(&mut self) -> u128 {
        u128::from(self.below(6) + 1)
    }

    fn transfer(&mut self) -> Transfer {
        let (debit, credit) = (self.account(), self.account());
        let transfer = Transfer::new(debit, credit, u128::from(self.below(100)));
        self.next_id += 1;
        let with_id = transfer.with_id(self.next_id);
        let resolved = match self.pending.is_empty() {
            true => 0,
            false => self.pending[self.random.next_u64() as usize % self.pending.len()],
        };
        match self.below(10) {
            0..4 => transfer,
            4 | 5 => with_id,
            6 => {
                self.pending.push(self.next_id);
                let timeout = self.below(3) as u32;
                let closes = if self.below(4) == 0 {
                    TransferFlags::CLOSING_DEBIT
                } else {
                    TransferFlags::empty()
                };
                Transfer { flags: TransferFlags::PENDING | closes, timeout, ..with_id }
            }
            7 => Transfer::void(resolved).with_id(self.next_id),
            8 => Transfer::post(resolved).with_amount(u128::MAX).with_id(self.next_id),
            _ => Transfer { flags: TransferFlags::BALANCING_DEBIT, ..with_id },
        }
    }

    /// Sometimes makes a note, then makes some attempts with one of the writers.
    fn attempt(&mut self) -> Result<(), LedgerError> {
        let number = self.below(WRITERS as u64) as usize;
        if self.below(4) == 0 {
            let note = self.next_id.to_le_bytes().to_vec();
            let store = self.ledger.store().expect("it has one");
            store.note(NoteKind::Name, &note);
            self.notes.push(note);
        }
        if self.below(8) == 0 {
            self.time += 700_000_000;
            let time = self.time;
            return self.writers[number].set_time(time);
        }
        if self.below(12) == 0 {
            let flags = match self.below(3) {
                0 => AccountFlags::DEBITS_MUST_NOT_EXCEED_CREDITS,
                1 => AccountFlags::HISTORY,
                _ => AccountFlags::empty(),
            };
            let account = Account::new(self.account(), 1, 7).with_flags(flags);
            self.writers[number].create_account(&account)?;
            return Ok(());
        }
        let mut batch: Vec<Transfer> = (0..self.below(4) + 1).map(|_| self.transfer()).collect();
        if self.below(3) == 0 {
            let last = batch.len() - 1;
            batch[..last].iter_mut().for_each(|transfer| transfer.flags |= TransferFlags::LINKED);
        }
        self.writers[number].create_transfers(&batch)?;
        Ok(())
    }

    /// Lets the committer make a step, and notes what is acknowledged by it.
    fn commit(&mut self) -> Step {
        let store = self.ledger.store().expect("it has one");
        let (mark, lengths) = (store.mark(), segments(&self.ledger));
        let lengths: Vec<usize> = lengths.iter().map(Vec::len).collect();
        let step = self.committer.step();
        if self.ledger.store().expect("it has one").has_synced(&mark) {
            self.acknowledged = (lengths, self.notes.len());
        }
        step
    }

    /// Lives for `steps` steps. Returns whether the machine stopped or its disk failed before.
    fn live(&mut self, steps: u64) -> bool {
        for _ in 0..steps {
            match self.below(5) {
                0 => drop(self.commit()),
                1 if self.below(10) == 0 => self.committer.write_head(),
                _ => drop(self.attempt()),
            }
            let status = self.ledger.store().expect("it has one").status();
            if self.disk.is_stopped() || status == StoreStatus::Failed {
                return true;
            }
        }
        false
    }

    /// Checks what was found on the disk after this machine, and the ledger made of it.
    fn check(&self, opened: &Opened, after: &Ledger) {
        let before = segments(&self.ledger);
        for (writer, found) in opened.segments.iter().enumerate() {
            let acknowledged = self.acknowledged.0[writer];
            assert!(
                found.len() >= acknowledged,
                "writer {writer}: {} of {acknowledged} acknowledged records",
                found.len()
            );
            assert_eq!(found[..], before[writer][..found.len()], "writer {writer}");
        }
        assert!(opened.notes.len() >= self.acknowledged.1, "acknowledged notes are missing");
        assert_eq!(opened.notes[..], self.notes[..opened.notes.len()]);
        check_ledger(after);
    }
}

/// Checks that a recovered ledger is what serial replay makes of its trail, with its indices.
fn check_ledger(ledger: &Ledger) {
    ledger.verify().unwrap_or_else(|divergence| panic!("{divergence}"));
    let mut replay = crate::trail::Replay::default();
    replay.replay(ledger.trail(), |_| {}).expect("it agrees, as seen");
    for account in replay.accounts() {
        let filter = crate::AccountFilter {
            account_id: account.id,
            limit: 8_000,
            flags: crate::AccountFilterFlags::DEBITS | crate::AccountFilterFlags::CREDITS,
            ..crate::AccountFilter::default()
        };
        let by_links = ledger.get_account_transfers(&crate::AccountFilter {
            flags: filter.flags | crate::AccountFilterFlags::REVERSED,
            ..filter
        });
        let ids: Vec<u128> = by_links.iter().map(|transfer| transfer.id).collect();
        assert_eq!(ledger.lookup_transfers(&ids), by_links);
        let mut oldest_first = ledger.get_account_transfers(&filter);
        oldest_first.reverse();
        assert_eq!(oldest_first, by_links);
    }
}

/// A history: several lives of a ledger on one disk, of which the last one ends as `fault` says. Returns
/// the operations of the disk until then.
fn history(seed: u64, fault: Option<(u64, Fault)>) -> u64 {
    let mut disk = SimulatedDisk::new();
    let mut operations = 0;
    let mut last: Option<Machine> = None;
    for life in 0..4 {
        if let Some((operation, fault)) = fault
            && operation >= operations
        {
            disk.inject(operation - operations, fault);
        }
        let mut has_failed = false;
        match Machine::start(&disk, seed + life) {
            Ok((mut machine, opened)) => {
                if let Some(before) = &last {
                    before.check(&opened, &machine.ledger);
                }
                has_failed |= machine.live(40);
                if !has_failed && life % 2 == 0 {
                    machine.committer.close();
                    machine.acknowledged = (
                        segments(&machine.ledger).iter().map(Vec::len).collect(),
                        machine.notes.len(),
                    );
                    has_failed |=
                        machine.ledger.store().expect("it has one").status() == StoreStatus::Failed;
                    if has_failed {
                        // Its closing was not acknowledged.
                        machine.acknowledged = (vec![0; WRITERS], 0);
                    }
                }
                last = Some(machine);
            }
            // It stopped while it was opened: what was there before must be there still.
            Err(OpenError::Store(StoreError::Io { .. })) => has_failed = true,
            Err(error) => panic!("life {life}: {error}"),
        }
        operations += disk.operations();
        // The machine loses its power, or only the process ends: what it has not synced is there then, and must be
        // on the disk before it is shown.
        disk = match (seed + life) % 3 {
            0 => disk.kill(),
            _ => disk.crash(seed * 31 + life),
        };
        if has_failed {
            break;
        }
    }
    if seed.is_multiple_of(2) {
        let (machine, opened) =
            Machine::start(&disk, seed).unwrap_or_else(|error| panic!("{error}"));
        if let Some(before) = &last {
            before.check(&opened, &machine.ledger);
        }
        last = Some(machine);
        disk = disk.crash(seed);
    }
    let (machine, opened) = Machine::start(&disk, seed).unwrap_or_else(|error| panic!("{error}"));
    if let Some(before) = &last {
        before.check(&opened, &machine.ledger);
    }
    operations
}

#[test]
fn acknowledged_entries_survive_a_crash_at_every_operation() {
    for seed in 0..40 {
        let operations = history(seed, None);
        assert!(operations > 20, "seed {seed}: {operations} operations test nothing");
        for operation in 0..operations {
            let crashed =
                std::panic::catch_unwind(|| history(seed, Some((operation, Fault::Crash))));
            assert!(crashed.is_ok(), "seed {seed}, crash before operation {operation}");
        }
    }
}

#[test]
fn acknowledged_entries_survive_a_failure_of_every_operation() {
    for seed in 100..120 {
        let operations = history(seed, None);
        for operation in 0..operations {
            let failed =
                std::panic::catch_unwind(|| history(seed, Some((operation, Fault::Fails))));
            assert!(failed.is_ok(), "seed {seed}, failure of operation {operation}");
        }
    }
}

/// Opens what is on a disk after one life. It is either refused by name, or is a part of that life. Returns
/// whether it is all of it; `None` if it was refused.
fn open_damaged(disk: &SimulatedDisk, machine: &Machine) -> Option<bool> {
    match Machine::start(disk, 1) {
        Ok((opened_machine, opened)) => {
            let before = segments(&machine.ledger);
            for (writer, found) in opened.segments.iter().enumerate() {
                assert_eq!(found[..], before[writer][..found.len()], "writer {writer}");
            }
            check_ledger(&opened_machine.ledger);
            let mut both = opened.segments.iter().zip(&before);
            Some(both.all(|(found, before)| found.len() == before.len()))
        }
        Err(OpenError::Store(StoreError::Damaged(_) | StoreError::NotAStore { .. })) => None,
        Err(error) => panic!("{error}"),
    }
}

/// Returns a machine whose store was closed.
fn closed_machine(seed: u64, steps: u64) -> Machine {
    let (mut machine, _) = Machine::start(&SimulatedDisk::new(), seed).expect("it is new");
    assert!(!machine.live(steps));
    machine.committer.close();
    assert_eq!(machine.ledger.store().expect("it has one").status(), StoreStatus::Closed);
    machine
}

#[test]
fn full_disk_refuses_attempts_by_name_and_recovers() {
    for seed in 300..330 {
        let disk = SimulatedDisk::new();
        let (mut machine, _) = Machine::start(&disk, seed).expect("it is new");
        machine.live(30);
        while machine.commit() != Step::Idle {}
        disk.set_free(7_919 * (seed as usize % 10));
        let mut refused = false;
        for _ in 0..2_000 {
            refused |= machine.attempt() == Err(LedgerError::StoreNoSpace);
            machine.commit();
        }
        assert!(refused, "seed {seed}: the disk was never full");
        let store = || machine.ledger.store().expect("it has one");
        assert_eq!(store().status(), StoreStatus::NoSpace);
        let lengths: Vec<usize> = segments(&machine.ledger).iter().map(Vec::len).collect();
        assert_eq!(machine.acknowledged.0, lengths, "what was decided has found room");
        check_ledger(&machine.ledger);
        disk.set_free(1 << 30);
        while machine.commit() != Step::Idle {}
        machine.attempt().expect("there is room again");
        while machine.commit() != Step::Idle {}
        let disk = disk.crash(seed);
        let (after, opened) = Machine::start(&disk, seed).unwrap_or_else(|error| panic!("{error}"));
        machine.check(&opened, &after.ledger);
    }
}

#[test]
fn recovered_ledger_goes_on_where_it_was() {
    let machine = closed_machine(11, 300);
    let (after, _) = Machine::start(&machine.disk.crash(3), 4).expect("it was closed");
    let accounts = |ledger: &Ledger| -> Vec<AccountState> { ledger.accounts().collect() };
    assert_eq!(accounts(&after.ledger), accounts(&machine.ledger));
    let mut after = after;
    let last = machine.ledger.trail().last_timestamp();
    let ids: Vec<u128> = after.writers.iter_mut().map(Writer::new_id).collect();
    let mut writer = after.writers.pop().expect("there are three");
    // Every id that was used is used.
    let mut tried = 0;
    for entry in
        segments(&machine.ledger).iter().flatten().filter(|entry| entry.is_created_transfer())
    {
        let again = Transfer { timeout: 0, ..Transfer::new(1, 2, 1).with_id(entry.id) };
        let Ok(outcome) = writer.create_transfer(&again) else { continue };
        assert_ne!(outcome.status, crate::CreateTransferStatus::Created, "{entry}");
        assert!(outcome.timestamp <= last || outcome.status != crate::CreateTransferStatus::Exists);
        tried += 1;
    }
    assert!(tried > 20, "{tried} ids were tried");
    for id in ids {
        assert!(machine.ledger.lookup_transfers(&[id]).is_empty());
    }
    check_ledger(&after.ledger);
}

/// An opening whose clock was ahead can have shown ids of entries that a crash took back. A later opening whose clock came to the
/// same millisecond generated them again, for other transfers.
#[test]
fn ids_are_not_generated_again_after_the_clock_was_set_back() {
    const TIME: u64 = 1_700_000_000_000_000_000;
    let disk = SimulatedDisk::new();
    let (ledger, mut committer) = Ledger::open_files(disk.clone(), &CONFIG()).expect("it is new");
    let accounts = [1, 2].map(|id| Account::new(id, 1, 1));
    let mut writer = ledger.writer().expect("it is free");
    writer.set_deferred(true);
    writer.create_accounts(&accounts).expect("there is room");
    committer.close();
    let mut disk = disk.crash(1);
    let mut ids = std::collections::HashSet::new();
    for opening in 0..20 {
        let (ledger, committer) = Ledger::open_files(disk.clone(), &CONFIG()).expect("it is whole");
        let mut writer = ledger.writer().expect("it is free");
        writer.set_deferred(true);
        writer.set_time(TIME).expect("there is room");
        writer.create_transfer(&Transfer::new(1, 2, 1)).expect("there is room");
        let last = ledger.trail().in_order().last().expect("there is one").entry.id;
        assert!(ids.insert(last), "opening {opening}");
        // Nothing of it was committed.
        disk = disk.crash(opening);
        drop(committer);
    }
}
