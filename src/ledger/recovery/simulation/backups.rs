//! Backups, restores and repairs.

use rand_core::{Rng, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;

use super::*;

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
    assert!(repaired.replaced.len() >= 3, "{repaired:?}");
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

/// Returns every file of a disk.
pub(super) fn files(disk: &SimulatedDisk) -> Vec<(String, Vec<u8>)> {
    let names = crate::store::Files::list(disk).expect("it works");
    let contents = |name: &String| disk.contents(name).expect("it is listed");
    names.iter().map(|name| (name.clone(), contents(name))).collect()
}

/// A closed store, a backup of it, an older backup, and a backup of a copy that went on by itself.
struct Copies {
    machine: Machine,
    /// The blocks of the older backup, which all of them share.
    shared: u64,
    /// Of the store itself, older, and with another history.
    backups: [SimulatedDisk; 3],
}

fn copies(seed: u64) -> Copies {
    let (mut machine, _) = Machine::start(&SimulatedDisk::new(), seed).expect("it is new");
    machine.live(150);
    let old = SimulatedDisk::new();
    let shared = back_up(&machine.disk, &old).expect("nothing is damaged").blocks;
    let (mut apart, _) = Machine::start(&old.copy(), seed + 1).expect("it is a store");
    apart.live(250);
    apart.committer.close();
    machine.live(250);
    machine.committer.close();
    let [same, diverged] = [SimulatedDisk::new(), SimulatedDisk::new()];
    back_up(&machine.disk, &same).expect("nothing is damaged");
    back_up(&apart.disk, &diverged).expect("nothing is damaged");
    Copies { machine, shared, backups: [same, old, diverged] }
}

/// Returns where the blocks of a store are: number, file and byte.
pub(super) fn blocks(disk: &SimulatedDisk) -> Vec<(u64, String, usize)> {
    let mut blocks = Vec::new();
    let mut on_block = |block: crate::store::BlockSummary| {
        blocks.push((block.number, format!("{:08}.log", block.file), block.offset as usize));
    };
    Ledger::read_files(disk.copy(), &CONFIG(), None, &mut on_block, &mut |_, _| Ok(()))
        .expect("it is whole");
    blocks
}

/// Changes a byte of the contents of the block at this place.
fn damage_block(disk: &SimulatedDisk, (_, file, offset): &(u64, String, usize)) {
    let mut bytes = disk.contents(file).expect("it is there");
    bytes[offset + 140] ^= 0xff;
    disk.replace(file, bytes);
}

/// A copy that was used after it was restored has other blocks with the same numbers at the same places. Such a block used to
/// replace a damaged one, and the blocks after it as well.
#[test]
fn block_of_a_diverged_backup_is_refused_and_changes_nothing() {
    let Copies { machine, shared, backups: [same, _, diverged] } = copies(21);
    let all = blocks(&machine.disk.copy());
    let (first_apart, last) = (shared as usize, all.len() - 1);
    assert!(last > first_apart + 4, "{last} blocks, {shared} of them shared");
    let cases: [&[usize]; 4] =
        [&[first_apart], &[first_apart - 1, first_apart], &[first_apart + 3], &[last]];
    for damaged in cases {
        let disk = machine.disk.copy();
        damaged.iter().for_each(|&at| damage_block(&disk, &all[at]));
        let before = files(&disk);
        let refused = repair(&disk, &diverged).expect_err("it has another history");
        assert!(
            matches!(refused, StoreError::AnotherBlock { .. } | StoreError::Damaged(_)),
            "{damaged:?}: {refused}"
        );
        assert_eq!(files(&disk), before, "{damaged:?}: something was changed");
        repair(&disk, &same).expect("it is its own");
        assert_eq!(open_damaged(&disk, &machine), Some(true));
    }
    let disk = machine.disk.copy();
    damage_block(&disk, &all[first_apart]);
    let refused = repair(&disk, &diverged).expect_err("it has another history").to_string();
    assert!(refused.contains(&format!("block {} (", shared + 1)), "{refused}");
    assert!(refused.contains("Nothing was changed"), "{refused}");
    // What both have is the same block.
    let disk = machine.disk.copy();
    damage_block(&disk, &all[2]);
    assert_eq!(repair(&disk, &diverged).expect("it is shared").replaced[0].block, 3);
    assert_eq!(open_damaged(&disk, &machine), Some(true));
}

/// Without the store's own head, only its own blocks prove those of a backup.
#[test]
fn head_of_a_diverged_backup_proves_nothing() {
    let Copies { machine, shared, backups: [same, old, diverged] } = copies(31);
    let all = blocks(&machine.disk.copy());
    let lost = || {
        let disk = machine.disk.copy();
        disk.replace("ledger.head", vec![7; 8192]);
        disk
    };
    for damaged in [vec![], vec![shared as usize], (shared as usize..all.len()).collect()] {
        let disk = lost();
        damaged.iter().for_each(|&at| damage_block(&disk, &all[at]));
        let before = files(&disk);
        let refused = repair(&disk, &diverged).expect_err("it has another history");
        assert!(matches!(refused, StoreError::AnotherBlock { .. }), "{damaged:?}: {refused}");
        assert_eq!(files(&disk), before, "{damaged:?}: something was changed");
    }
    for backup in [&same, &old] {
        let disk = lost();
        damage_block(&disk, &all[1]);
        let repaired = repair(&disk, backup).expect("it is its own");
        assert_eq!((repaired.replaced.len(), repaired.torn), (2, None));
        assert_eq!(open_damaged(&disk, &machine), Some(true));
    }
    let other = closed_machine(32, 50);
    let refused = repair(&lost(), &other.disk.crash(1));
    assert!(matches!(refused, Err(StoreError::AnotherLedger)), "{refused:?}");
}

#[test]
fn blocks_of_files_that_are_cut_off_or_missing_are_repaired() {
    let Copies { machine, backups: [same, ..], .. } = copies(41);
    let all = blocks(&machine.disk.copy());
    let (_, file, end) =
        all.iter().rfind(|(_, file, _)| file == "00000001.log").expect("it has one");
    assert!(all.iter().any(|(_, other, _)| other > file), "there is only one log file");
    for cut in [*end, *end / 2 / 4096 * 4096, 0] {
        let disk = machine.disk.copy();
        let bytes = disk.contents(file).expect("it is there");
        disk.replace(file, bytes[..cut].to_vec());
        let repaired = repair(&disk, &same).unwrap_or_else(|error| panic!("{cut}: {error}"));
        assert!(!repaired.replaced.is_empty());
        assert_eq!(repaired.replaced[0].offset, cut as u64, "{repaired:?}");
        assert_eq!(open_damaged(&disk, &machine), Some(true), "{cut}");
    }
    let disk = machine.disk.copy();
    crate::store::Files::remove(&disk, file).expect("it works");
    repair(&disk, &same).expect("the backup has all of it");
    assert_eq!(open_damaged(&disk, &machine), Some(true));
}

/// Whatever is damaged and whatever backup is given: the store is as it was before it was damaged, or nothing is changed.
#[test]
fn repair_restores_the_same_bytes_or_changes_nothing() {
    let mut random = Xoshiro256PlusPlus::seed_from_u64(51);
    let mut below = |bound: usize| random.next_u64() as usize % bound;
    let (mut repaired, mut refused) = (0, 0);
    for seed in 0..6 {
        let Copies { machine, backups, .. } = copies(60 + 10 * seed);
        let all = blocks(&machine.disk.copy());
        for round in 0..60 {
            let disk = machine.disk.copy();
            for _ in 0..=below(4) {
                damage_block(&disk, &all[below(all.len())]);
            }
            if below(4) == 0 {
                let (_, file, offset) = &all[below(all.len())];
                let bytes = disk.contents(file).expect("it is there");
                disk.replace(file, bytes[..*offset].to_vec());
            }
            let head_is_lost = below(5) == 0;
            if head_is_lost {
                disk.replace("ledger.head", vec![round as u8; 8192]);
            }
            let before = files(&disk);
            match repair(&disk, &backups[below(3)]) {
                Ok(summary) => {
                    repaired += 1;
                    // Without the head, nothing says that the last blocks are missing.
                    let is_whole = open_damaged(&disk, &machine).expect("it was repaired");
                    assert!(is_whole || head_is_lost, "{summary:?}");
                }
                Err(StoreError::AnotherBlock { .. } | StoreError::Damaged(_)) => {
                    refused += 1;
                    assert_eq!(files(&disk), before, "seed {seed}, round {round}");
                }
                Err(error) => panic!("seed {seed}, round {round}: {error}"),
            }
        }
    }
    assert!(repaired > 80 && refused > 80, "{repaired} repaired, {refused} refused");
}
