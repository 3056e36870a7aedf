//! The tools of a ledger stored in a folder.

use ledgerlab::{Account, AccountFlags, Ledger, Transfer};

use super::words;
use crate::common::program::{Folder, ledgerlab, text};

/// Stores a ledger with this many transfers in a folder. Returns the folder's path.
fn stored(folder: &Folder, name: &str, transfers: u64) -> String {
    let path = folder.file(name);
    let ledger = Ledger::open(&path).expect("it is new");
    let mut writer = ledger.writer().expect("it is free");
    // Linked, so that no commit can have one without the other.
    let linked = Account::new(1, 1, 1).with_flags(AccountFlags::LINKED);
    writer.create_accounts(&[linked, Account::new(2, 1, 1)]).expect("there is room");
    for id in 0..transfers {
        let transfer = Transfer::new(1, 2, 5).with_id(u128::from(id) + 100);
        writer.create_transfer(&transfer).expect("there is room");
    }
    path
}

/// Changes a byte of a file.
fn damage(path: &str, at: usize) {
    let mut bytes = std::fs::read(path).expect("it is there");
    bytes[at] ^= 1;
    std::fs::write(path, bytes).expect("it can be written");
}

#[test]
fn stored_ledger_is_verified_inspected_and_exported() {
    let folder = Folder::new("tools");
    let path = stored(&folder, "ledger", 30);
    let verified = ledgerlab(&["verify", &path]);
    assert_eq!(verified.status.code(), Some(0), "{}", text(&verified.stderr));
    let sentence = text(&verified.stdout);
    assert!(sentence.contains("their 32 entries are equal to a serial run"), "{sentence}");

    let inspected = words(&ledgerlab(&["inspect", &path]).stdout);
    for fact in
        ["format version 1", "entries 32", "closed yes", "accounts 2", "callers' transfer ids 30"]
    {
        assert!(inspected.contains(fact), "{fact}: {inspected}");
    }
    // While somebody has it open, as after a crash.
    let open = ledgerlab::Ledger::open(&path).expect("nobody has it");
    let inspected = words(&ledgerlab(&["inspect", &path]).stdout);
    assert!(inspected.contains("closed no: it is open now, or"), "{inspected}");
    drop(open);
    let blocks = ledgerlab(&["inspect", "--blocks", &path]);
    assert!(
        words(&blocks.stdout).starts_with("block file byte bytes records notes 1 1 0 4096 2 0")
    );

    let file = folder.file("trail.ndjson");
    let exported = ledgerlab(&["export", &path, &file]);
    assert_eq!(exported.status.code(), Some(0), "{}", text(&exported.stderr));
    let of_file = ledgerlab(&["verify", &file]);
    assert_eq!(of_file.status.code(), Some(0), "{}", text(&of_file.stderr));
    let hash = |output: &[u8]| words(output).rsplit(' ').next().map(str::to_owned);
    assert_eq!(hash(&of_file.stdout), hash(&verified.stdout));
}

#[test]
fn backup_grows_and_repairs_and_is_restored() {
    let folder = Folder::new("backups");
    let path = stored(&folder, "ledger", 10);
    let backup = folder.file("backup");
    let first = ledgerlab(&["backup", &path, &backup]);
    assert_eq!(first.status.code(), Some(0), "{}", text(&first.stderr));
    {
        // While it is open.
        let ledger = Ledger::open(&path).expect("nobody has it open");
        let mut writer = ledger.writer().expect("it is free");
        writer.create_transfer(&Transfer::new(1, 2, 7)).expect("there is room");
        let second = ledgerlab(&["backup", &path, &backup]);
        assert!(words(&second.stdout).contains("1 of them new"), "{}", text(&second.stdout));
    }
    damage(&format!("{path}/00000001.log"), 4096 + 300);
    let damaged = ledgerlab(&["verify", &path]);
    assert_eq!(damaged.status.code(), Some(1));
    assert!(text(&damaged.stderr).contains("block 2 (00000001.log, byte 4096)"));
    let repaired = ledgerlab(&["repair", &path, "--from", &backup]);
    assert_eq!(repaired.status.code(), Some(0), "{}", text(&repaired.stderr));
    assert!(words(&repaired.stdout).contains("Replaced block 2"), "{}", text(&repaired.stdout));
    assert_eq!(ledgerlab(&["verify", &path]).status.code(), Some(0));

    let restored = folder.file("restored");
    assert_eq!(ledgerlab(&["restore", &backup, &restored]).status.code(), Some(0));
    let ledger = Ledger::open(&restored).expect("it is a ledger");
    assert_eq!(ledger.lookup_accounts(&[2])[0].credits_posted, 57);
    drop(ledger);
    let again = ledgerlab(&["restore", &backup, &restored]);
    assert_eq!(again.status.code(), Some(2));
    assert!(text(&again.stderr).contains("restored to a new folder"), "{}", text(&again.stderr));
    // A restore whose mark was not removed is complete once its head is there, and its ledger may have been used.
    let mark = format!("{restored}/ledger.incomplete");
    std::fs::write(mark, "").expect("it can be written");
    let again = ledgerlab(&["restore", &backup, &restored]);
    assert_eq!(again.status.code(), Some(2), "{}", text(&again.stdout));
}

/// A copy that was used after it was restored is no backup of the ledger.
#[test]
fn backup_with_another_history_repairs_nothing() {
    let folder = Folder::new("diverged");
    let path = stored(&folder, "ledger", 3);
    let (backup, apart) = (folder.file("backup"), folder.file("apart"));
    assert_eq!(ledgerlab(&["backup", &path, &backup]).status.code(), Some(0));
    assert_eq!(ledgerlab(&["restore", &backup, &apart]).status.code(), Some(0));
    for (path, amount) in [(&path, 7), (&apart, 8)] {
        let ledger = Ledger::open(path).expect("nobody has it open");
        let mut writer = ledger.writer().expect("it is free");
        for _ in 0..3 {
            writer.create_transfer(&Transfer::new(1, 2, amount)).expect("there is room");
        }
    }
    let log = format!("{path}/00000001.log");
    // The second of the blocks that only this one has.
    damage(&log, 5 * 4096 + 300);
    let damaged = std::fs::read(&log).expect("it is there");
    let refused = ledgerlab(&["repair", &path, "--from", &apart]);
    assert_eq!(refused.status.code(), Some(2), "{}", text(&refused.stdout));
    let error = text(&refused.stderr);
    assert!(error.contains("block 6 (00000001.log, byte 20480)"), "{error}");
    assert!(error.contains("Nothing was changed; name another backup"), "{error}");
    assert_eq!(std::fs::read(&log).expect("it is there"), damaged);
}

#[test]
fn run_is_kept_and_is_the_same_run() {
    let folder = Folder::new("stored-run");
    let data = folder.file("ledger");
    let run = ["run", "hft", "--workers", "1", "--operations", "2000", "--seed", "7"];
    let stored = ledgerlab(&[&run[..], &["--data", &data]].concat());
    assert_eq!(stored.status.code(), Some(0), "{}", text(&stored.stderr));
    let hash = |output: &[u8]| {
        let words = words(output);
        let (_, rest) = words.split_once("trail hash ").expect("it has one");
        rest.split(' ').next().expect("a word").to_owned()
    };
    let in_memory = ledgerlab(&run);
    assert_eq!(hash(&stored.stdout), hash(&in_memory.stdout));
    let verified = ledgerlab(&["verify", &data]);
    assert_eq!(verified.status.code(), Some(0), "{}", text(&verified.stderr));
    assert_eq!(hash(&verified.stdout), hash(&stored.stdout));
    assert!(words(&stored.stdout).contains("Stored"), "a check of its own");
    // The setup's 2,033 attempts did not wait for the disk one by one.
    let inspected = words(&ledgerlab(&["inspect", &data]).stdout);
    let (_, rest) = inspected.split_once("blocks ").expect("it has them");
    let blocks: u64 =
        rest.split(' ').next().unwrap_or_default().replace(',', "").parse().expect("a number");
    assert!(blocks < 1_000, "{blocks} blocks");

    let again = ledgerlab(&[&run[..], &["--data", &data]].concat());
    assert_eq!(again.status.code(), Some(2));
    assert!(text(&again.stderr).contains("there is a ledger already"), "{}", text(&again.stderr));
    let incorrect = ["--concurrency", "no-locks", "--data"];
    let refused = ledgerlab(&[&run[..], &incorrect, &[&folder.file("other")]].concat());
    assert_eq!(refused.status.code(), Some(2));
    assert!(text(&refused.stderr).contains("a correct concurrency control"));
}

#[test]
fn folders_that_are_no_ledger_are_refused_with_a_sentence() {
    let folder = Folder::new("no-ledger");
    let (ours, other) = (stored(&folder, "ours", 3), stored(&folder, "other", 3));
    let missing = folder.file("missing");
    let cases: [(&[&str], &str); 6] = [
        (&["inspect", &missing], "it has no ledger.head"),
        (&["backup", &missing, &ours], "it has no ledger.head"),
        (&["backup", &ours, &other], "it is a store of another ledger"),
        (&["repair", &ours, "--from", &other], "it is a store of another ledger"),
        (&["export", &ours, &folder.file("trail.txt")], ".ndjson or .csv"),
        (&["inspect", &ours, "--trail-mib", "1"], "give more --trail-mib"),
    ];
    for (arguments, sentence) in cases {
        let refused = ledgerlab(arguments);
        assert_eq!(refused.status.code(), Some(2), "{arguments:?}: {}", text(&refused.stderr));
        assert!(text(&refused.stderr).contains(sentence), "{}", text(&refused.stderr));
    }
    assert!(!std::path::Path::new(&missing).exists(), "a reader creates nothing");
}
