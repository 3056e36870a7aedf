//! Files that somebody or a disk has damaged, lost, swapped or forged.

use rand_core::{Rng, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;

use super::*;

/// Returns the number of cases of each campaign here: `LEDGERLAB_CASES`, or this many.
fn cases(usual: u64) -> u64 {
    std::env::var("LEDGERLAB_CASES").map_or(usual, |cases| {
        cases.parse().expect("LEDGERLAB_CASES is the number of cases of a campaign")
    })
}

/// The files of a store: their names and contents.
type StoreFiles = Vec<(String, Vec<u8>)>;

/// Damages files at random. Returns what it did.
type Damager = fn(&mut StoreFiles, &mut dyn FnMut(usize) -> usize) -> String;

fn flip_bit(files: &mut StoreFiles, below: &mut dyn FnMut(usize) -> usize) -> String {
    let at = below(files.len());
    let (name, bytes) = &mut files[at];
    let bit = below(bytes.len() * 8);
    bytes[bit / 8] ^= 1 << (bit % 8);
    format!("flipped bit {} of byte {} of {name}", bit % 8, bit / 8)
}

fn cut_off(files: &mut StoreFiles, below: &mut dyn FnMut(usize) -> usize) -> String {
    let at = below(files.len());
    let (name, bytes) = &mut files[at];
    // As often within a page as at its end.
    let length = below(bytes.len());
    let length = if below(2) == 0 { length } else { length / 4096 * 4096 };
    bytes.truncate(length);
    format!("cut {name} off at byte {length}")
}

fn swap(files: &mut StoreFiles, below: &mut dyn FnMut(usize) -> usize) -> String {
    let [one, other] = [below(files.len()), below(files.len())];
    let contents = |files: &StoreFiles, at: usize| files[at].1.clone();
    match below(3) {
        0 if one != other => {
            let both = (contents(files, one), contents(files, other));
            (files[other].1, files[one].1) = both;
            format!("swapped {} and {}", files[one].0, files[other].0)
        }
        1 if one != other => {
            files[other].1 = contents(files, one);
            format!("copied {} to {}", files[one].0, files[other].0)
        }
        _ => {
            let (name, bytes) = &mut files[one];
            let pages = bytes.len().div_ceil(4096);
            let [from, to] = [below(pages), below(pages)].map(|page| page * 4096);
            let [from_end, to_end] = [from, to].map(|at| (at + 4096).min(bytes.len()));
            let (moved, replaced) = (bytes[from..from_end].to_vec(), bytes[to..to_end].to_vec());
            let length = moved.len().min(replaced.len());
            bytes[to..to + length].copy_from_slice(&moved[..length]);
            bytes[from..from + length].copy_from_slice(&replaced[..length]);
            format!("swapped the pages at {from} and {to} of {name}")
        }
    }
}

/// Damages the files of a closed store in a folder again and again, and opens them: by the reader of folders, and by
/// recovery. Each time the damage is located, or the ledger is the same to the last record. Returns how often it was located.
fn campaign(seed: u64, cases: u64, damage: Damager) -> u64 {
    let machine = closed_machine(seed, 600);
    let expected = segments(&machine.ledger);
    let whole: StoreFiles = super::backups::files(&machine.disk);
    let folder = std::env::temp_dir().join(format!("ledgerlab-{seed}-{}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("it can be created");
    let write = |name: &str, bytes: &[u8]| {
        std::fs::write(folder.join(name), bytes).expect("it can be written");
    };
    whole.iter().for_each(|(name, bytes)| write(name, bytes));
    let mut random = Xoshiro256PlusPlus::seed_from_u64(seed);
    let mut located = 0;
    for _ in 0..cases {
        let mut files = whole.clone();
        let what = damage(&mut files, &mut |bound| random.next_u64() as usize % bound);
        let changed = || files.iter().zip(&whole).filter(|(now, before)| now != before);
        changed().for_each(|((name, bytes), _)| write(name, bytes));
        let disk = machine.disk.copy();
        files.iter().for_each(|(name, bytes)| disk.replace(name, bytes.clone()));

        let is_whole = match open_damaged(&disk, &machine) {
            Some(is_whole) => {
                assert!(is_whole, "{what}: something is missing");
                true
            }
            None => false,
        };
        let read = Ledger::read_files(
            crate::store::ReadOnlyFolder::new(&folder),
            &CONFIG(),
            None,
            &mut |_| {},
            &mut |_, _| Ok(()),
        );
        match read {
            Ok((ledger, _)) => {
                assert!(is_whole, "{what}: recovery refuses what a reader accepts");
                assert_eq!(segments(&ledger), expected, "{what}");
            }
            Err(OpenError::Store(StoreError::Damaged(damage))) => {
                assert!(!is_whole, "{what}: {damage}, but recovery accepts it");
                assert!(!damage.file.is_empty());
            }
            Err(error) => panic!("{what}: {error}"),
        }
        located += u64::from(!is_whole);
        changed().for_each(|(_, (name, bytes))| write(name, bytes));
    }
    std::fs::remove_dir_all(&folder).expect("it is a folder");
    println!("seed {seed}: {located} of {cases} were located, the rest was without meaning");
    located
}

#[test]
fn every_flipped_bit_of_a_closed_store_is_located_or_without_meaning() {
    let cases = cases(1_500);
    let located = campaign(7, cases, flip_bit);
    assert!(located > cases / 8, "{located} of {cases} were located");
}

/// Only the zeros that fill the last page of a block, and the older copy of the head, have no meaning.
#[test]
fn flipped_bit_is_located_unless_it_fills_a_page() {
    let machine = closed_machine(10, 300);
    let whole: StoreFiles = super::backups::files(&machine.disk);
    let mut random = Xoshiro256PlusPlus::seed_from_u64(10);
    for _ in 0..cases(1_500) {
        let mut files = whole.clone();
        files.retain(|(name, _)| name.ends_with(".log"));
        let before = files.clone();
        let what = flip_bit(&mut files, &mut |bound| random.next_u64() as usize % bound);
        let disk = machine.disk.copy();
        files.iter().for_each(|(name, bytes)| disk.replace(name, bytes.clone()));
        let mut both = files.iter().zip(&before).filter(|(now, before)| now != before);
        let ((_, now), (_, bytes)) = both.next().expect("one was changed");
        let at = now.iter().zip(bytes).position(|(now, before)| now != before).expect("it was");
        let page_end = (at + 1).next_multiple_of(4096).min(bytes.len());
        let fills = bytes[at..page_end].iter().all(|&byte| byte == 0);
        assert_eq!(open_damaged(&disk, &machine).is_some(), fills, "{what}");
    }
}

#[test]
fn truncated_and_swapped_files_of_a_closed_store_are_located() {
    let cases = cases(300);
    for (seed, damage) in [(8, cut_off as Damager), (9, swap)] {
        let located = campaign(seed, cases, damage);
        assert!(located > cases / 3, "{located} of {cases} were located");
    }
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

/// Found by fuzzing: logs that end with an entry without its extension, or within a chain, were opened. What was written next
/// was in the place of what is missing: the folder did not open again, or differed from a serial run.
#[test]
fn log_that_ends_within_an_attempt_is_refused() {
    use crate::trail::EntryFlags;
    let machine = closed_machine(18, 40);
    let (_, file, offset) = super::backups::blocks(&machine.disk).pop().expect("there are blocks");
    for (flags, entry_flags, expected) in [
        (0, EntryFlags::HAS_EXTENSION, "the log ends before the extension"),
        (1, EntryFlags::empty(), "the log ends within a chain of writer"),
    ] {
        let disk = machine.disk.copy();
        let mut bytes = disk.contents(&file).expect("it is there");
        let [records, runs, notes] = [64, 72, 76].map(|at| usize::from(bytes[offset + at]));
        assert!(records > 0, "the last block has notes only");
        let last = offset + 128 + 24 * runs + notes + 128 * (records - 1);
        // A refused transfer, which changes nothing.
        bytes[last + 110] = flags;
        bytes[last + 112] = crate::CreateTransferStatus::LinkedEventFailed as u8;
        bytes[last + 114] = 1;
        bytes[last + 115] = entry_flags.bits();
        disk.replace(&file, bytes);
        disk.forge();
        let refused = Machine::start(&disk, 1).err().map(|error| error.to_string());
        let refused = refused.expect("something is missing");
        assert!(refused.contains(expected), "{refused}");
    }
}

/// The links of the entries are no part of a seal, and replay does not read them.
#[test]
fn wrong_link_is_refused() {
    let machine = closed_machine(19, 400);
    let created = (crate::CreateTransferStatus::Created as u16).to_le_bytes();
    let mut refused = 0;
    for (_, file, offset) in super::backups::blocks(&machine.disk) {
        let disk = machine.disk.copy();
        let mut bytes = disk.contents(&file).expect("it is there");
        let [records, runs, notes] = [64, 72, 76].map(|at| usize::from(bytes[offset + at]));
        let first = offset + 128 + 24 * runs + notes;
        // A transfer that was created.
        let is_created = bytes[first + 114] == 1 && bytes[first + 112..first + 114] == created;
        if records == 0 || !is_created {
            continue;
        }
        bytes[first + 120] ^= 2;
        disk.replace(&file, bytes);
        disk.forge();
        let error = Machine::start(&disk, 1).err().expect("a link is wrong").to_string();
        assert!(error.contains("its link to the change of its account before it"), "{error}");
        refused += 1;
    }
    assert!(refused > 2, "{refused} were refused");
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
