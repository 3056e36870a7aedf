//! Histories of a ledger on a simulated disk that fails, and what must be there afterwards.

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
fn every_flipped_bit_of_a_closed_store_is_located_or_without_meaning() {
    let machine = closed_machine(7, 400);
    let mut located = 0;
    let mut random = Xoshiro256PlusPlus::seed_from_u64(9);
    for round in 0..1_500 {
        let disk = machine.disk.crash(round);
        let names = crate::store::Files::list(&disk).expect("it works");
        let name = &names[random.next_u64() as usize % names.len()];
        let mut bytes = disk.contents(name).expect("it is there");
        let bit = random.next_u64() as usize % (bytes.len() * 8);
        bytes[bit / 8] ^= 1 << (bit % 8);
        disk.replace(name, bytes);
        match Machine::start(&disk, 1) {
            // Nothing may be missing: the flip was in bytes without meaning.
            Ok((opened_machine, opened)) => {
                assert_eq!(opened.segments, segments(&machine.ledger), "{name}, bit {bit}");
                check_ledger(&opened_machine.ledger);
            }
            Err(OpenError::Store(StoreError::Damaged(damage))) => {
                assert!(!damage.file.is_empty());
                located += 1;
            }
            Err(error) => panic!("{name}, bit {bit}: {error}"),
        }
    }
    assert!(located > 200, "{located} of 1,500 were located");
}

#[test]
fn truncated_and_swapped_files_of_a_closed_store_are_located() {
    let machine = closed_machine(8, 600);
    let disk = machine.disk.crash(1);
    let logs = ["00000001.log", "00000002.log"]
        .map(|name| (name, disk.contents(name).unwrap_or_else(|| panic!("{name} is missing"))));
    let mut located = 0;
    for cut in [0, 1, 4096, 5000, logs[0].1.len() - 1] {
        for (name, bytes) in &logs {
            let disk = machine.disk.crash(1);
            disk.replace(name, bytes[..cut.min(bytes.len() - 1)].to_vec());
            // All of it is there if only the zeros at the end of a page were cut off.
            assert_ne!(open_damaged(&disk, &machine), Some(false), "{name} cut at {cut}");
            located += u32::from(open_damaged(&disk, &machine).is_none());
        }
    }
    assert!(located >= 8, "{located} of 10 were located");
    let disk = machine.disk.crash(1);
    disk.replace(logs[0].0, logs[1].1.clone());
    disk.replace(logs[1].0, logs[0].1.clone());
    assert_eq!(open_damaged(&disk, &machine), None, "swapped");
}

#[test]
fn lost_and_misdirected_writes_never_give_a_wrong_balance() {
    let mut located = 0;
    for seed in 200..204 {
        let (mut machine, _) = Machine::start(&SimulatedDisk::new(), seed).expect("it is new");
        machine.live(60);
        let operations = machine.disk.operations();
        for operation in 0..operations {
            for fault in [Fault::Lost, Fault::Misdirected] {
                let disk = SimulatedDisk::new();
                disk.inject(operation, fault);
                let Ok((mut machine, _)) = Machine::start(&disk, seed) else { continue };
                machine.live(60);
                machine.committer.close();
                located += u64::from(open_damaged(&disk.crash(seed), &machine).is_none());
            }
        }
    }
    assert!(located > 20, "{located} were located");
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

#[test]
fn backup_is_the_ledger_at_one_moment_and_grows() {
    let (mut machine, _) = Machine::start(&SimulatedDisk::new(), 12).expect("it is new");
    let backup = SimulatedDisk::new();
    let mut before = 0;
    for round in 0..6 {
        machine.live(80);
        let summary = back_up(&machine.disk, &backup).expect("nothing is damaged");
        assert_eq!(summary.blocks_before, before);
        before = summary.blocks;
        let (restored, opened) = Machine::start(&backup.copy(), round).expect("it is a store");
        for (writer, found) in opened.segments.iter().enumerate() {
            assert!(found.len() >= machine.acknowledged.0[writer], "writer {writer}");
        }
        check_ledger(&restored.ledger);
    }
    assert!(before > 30, "{before} blocks");
    // A store of another ledger is not a place for it.
    let other = closed_machine(13, 50);
    let refused = back_up(&machine.disk, &other.disk.crash(1));
    assert!(matches!(refused, Err(StoreError::AnotherLedger)), "{refused:?}");
    let empty = back_up(&SimulatedDisk::new(), &SimulatedDisk::new());
    assert!(matches!(empty, Err(StoreError::NoStore)), "{empty:?}");
    // The backup and the ledger that it is restored to go on apart.
    let (mut apart, _) = Machine::start(&backup.copy(), 9).expect("it is a store");
    apart.live(60);
    apart.committer.close();
    machine.live(60);
    back_up(&machine.disk, &backup).expect("it is its own");
    let refused = back_up(&apart.disk.copy(), &backup);
    assert!(matches!(refused, Err(StoreError::AnotherHistory { .. })), "{refused:?}");
}

/// Wherever a restore stops: the folder is refused, or it is the whole ledger. It never is a new one.
#[test]
fn interrupted_restore_is_refused_and_can_be_repeated() {
    let machine = closed_machine(16, 200);
    let operations = {
        let target = SimulatedDisk::new();
        back_up(&machine.disk.copy(), &target).expect("nothing is damaged");
        target.operations()
    };
    for operation in 0..operations {
        for seed in 0..4 {
            let target = SimulatedDisk::new();
            target.inject(operation, Fault::Crash);
            back_up(&machine.disk.copy(), &target).expect_err("it stops");
            let target = if seed == 0 { target.kill() } else { target.crash(seed) };
            let is_empty = crate::store::Files::list(&target).expect("it works").is_empty();
            match Machine::start(&target.copy(), 1) {
                Ok((_, opened)) if !is_empty => {
                    assert_eq!(opened.segments, segments(&machine.ledger), "operation {operation}");
                }
                Ok(_) => {}
                Err(OpenError::Store(StoreError::NotAStore { .. } | StoreError::Damaged(_))) => {}
                Err(error) => panic!("operation {operation}: {error}"),
            }
            back_up(&machine.disk.copy(), &target).expect("it is repeated");
            assert_eq!(open_damaged(&target, &machine), Some(true), "operation {operation}");
        }
    }
}

/// A head that is empty beside a log is damaged: it is not a new ledger, which would overwrite the log.
#[test]
fn empty_head_beside_a_log_is_refused() {
    let machine = closed_machine(17, 100);
    for head in [Vec::new(), vec![0; 4224], vec![0; 128]] {
        let disk = machine.disk.copy();
        disk.replace("ledger.head", head);
        let log = disk.contents("00000001.log");
        let refused = Machine::start(&disk, 1).err().map(|error| error.to_string());
        assert!(refused.is_some_and(|why| why.contains("it is empty, and there is a log")));
        assert_eq!(disk.contents("00000001.log"), log);
    }
}

#[test]
fn damaged_blocks_are_repaired_from_a_backup() {
    let machine = closed_machine(14, 600);
    let backup = SimulatedDisk::new();
    back_up(&machine.disk.crash(1), &backup).expect("nothing is damaged");
    let disk = machine.disk.crash(2);
    let mut random = Xoshiro256PlusPlus::seed_from_u64(3);
    for name in ["ledger.head", "00000001.log", "00000002.log"] {
        let mut bytes = disk.contents(name).expect("it is there");
        for _ in 0..6 {
            let at = random.next_u64() as usize % bytes.len();
            bytes[at] ^= 0xff;
        }
        if name == "ledger.head" {
            bytes[50] ^= 1;
            bytes[4096 + 50] ^= 1;
        }
        disk.replace(name, bytes);
    }
    let repaired = repair(&disk, &backup).expect("the backup has all of it");
    assert!(repaired.len() >= 3, "{repaired:?}");
    assert_eq!(open_damaged(&disk, &machine), Some(true));
    // What came after the backup cannot be repaired from it.
    let (mut later, _) = Machine::start(&disk, 5).expect("it is whole");
    later.live(100);
    later.committer.close();
    let disk = later.disk.crash(4);
    let names = crate::store::Files::list(&disk).expect("it works");
    let last = names.iter().rfind(|name| name.ends_with(".log")).expect("there are logs");
    let mut bytes = disk.contents(last).expect("it is there");
    let end = bytes.len();
    bytes[end - 4096..].fill(0);
    disk.replace(last, bytes);
    let refused = repair(&disk, &backup);
    assert!(matches!(refused, Err(StoreError::Damaged(_))), "{refused:?}");
}

/// A hash proves that a block is as it was written, and not by whom. Whatever a forger writes: it is refused
/// by name, or it is a ledger that can be read, replayed and written.
#[test]
fn forged_stores_are_refused_or_harmless() {
    let machine = closed_machine(15, 500);
    let mut random = Xoshiro256PlusPlus::seed_from_u64(4);
    let (mut refused, mut opened) = (0, 0);
    for round in 0..1_500 {
        let disk = machine.disk.copy();
        let name = ["00000001.log", "00000002.log"][random.next_u64() as usize % 2];
        let mut bytes = disk.contents(name).expect("it is there");
        for _ in 0..=random.next_u64() % 3 {
            // In the header, the runs or the records of a block, not in the zeros after it.
            let page = random.next_u64() as usize % (bytes.len() / 4096);
            let at = page * 4096 + random.next_u64() as usize % 700;
            bytes[at] = match random.next_u64() % 3 {
                0 => random.next_u64() as u8,
                1 => bytes[at] ^ 1 << (random.next_u64() % 8),
                _ => 0xff,
            };
        }
        disk.replace(name, bytes);
        disk.forge();
        match Machine::start(&disk, round) {
            Err(_) => refused += 1,
            Ok((mut machine, _)) => {
                opened += 1;
                let _ = machine.ledger.verify();
                let ids: Vec<u128> = machine.ledger.accounts().map(|state| state.id).collect();
                let _ = (machine.ledger.lookup_accounts(&ids), machine.ledger.snapshot());
                machine.live(10);
            }
        }
    }
    assert!(refused > 100 && opened > 100, "{refused} refused, {opened} opened");
}
