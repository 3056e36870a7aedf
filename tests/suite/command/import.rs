//! `ledgerlab import`: a ledger from an exported trail.

use std::path::Path;

use ledgerlab::trail::PreviousChanges;
use ledgerlab::{AccountFilter, AccountFilterFlags, Entry, EntryKind, Ledger};

use super::varied_ledger::{BEGIN_NS, config, create};
use super::words;
use crate::common::program::{Folder, ledgerlab, text};

/// Makes a ledger in a folder and exports it. Returns the paths of both.
fn exported(folder: &Folder) -> (String, String) {
    let (path, file) = (folder.file("ledger"), folder.file("trail.ndjson"));
    create(&path);
    let output = ledgerlab(&["export", &path, &file]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    (path, file)
}

/// Returns the records of each writer. The links of refused transfers say nothing, so they are left out.
fn records(ledger: &Ledger) -> Vec<Vec<Entry>> {
    let record = |entry: &Entry| match entry.kind {
        EntryKind::Transfer if entry.status_name() != Some("created") => {
            Entry { previous: PreviousChanges::default(), ..*entry }
        }
        _ => *entry,
    };
    let segments = ledger.trail().segments();
    segments
        .map(|segment| segment.chunks(0, segment.len()).flatten().map(record).collect())
        .collect()
}

#[test]
fn imported_ledger_equals_the_one_that_was_exported() {
    let folder = Folder::new("import");
    let (path, file) = exported(&folder);
    let copy = folder.file("copy");
    let imported = ledgerlab(&["import", &copy, &file]);
    assert_eq!(imported.status.code(), Some(0), "{}", text(&imported.stderr));
    assert!(words(&imported.stdout).contains("equal to a serial run"));
    let hash = |output: &[u8]| words(output).rsplit(' ').next().map(str::to_owned);
    for folder in [&path, &copy] {
        let verified = ledgerlab(&["verify", folder]);
        assert_eq!(verified.status.code(), Some(0), "{}", text(&verified.stderr));
        assert_eq!(hash(&verified.stdout), hash(&imported.stdout), "{folder}");
    }
    // What it exports again is the same to the last byte.
    let again = folder.file("again.ndjson");
    assert_eq!(ledgerlab(&["export", &copy, &again]).status.code(), Some(0));
    for end in ["", ".seal"] {
        let read = |file: &str| std::fs::read(format!("{file}{end}")).expect("it is there");
        assert!(read(&file) == read(&again), "the exports{end} differ");
    }

    let [one, other] =
        [&path, &copy].map(|path| Ledger::open_with(path, &config(3)).expect("nobody has it open"));
    assert!(one.accounts().eq(other.accounts()));
    assert_eq!(records(&one), records(&other));
    for account_id in 1..=4 {
        let flags = AccountFilterFlags::DEBITS | AccountFilterFlags::CREDITS;
        let filter = AccountFilter { account_id, limit: 8_000, flags, ..AccountFilter::default() };
        let history = one.get_account_transfers(&filter);
        assert_eq!(history, other.get_account_transfers(&filter));
        assert!(
            account_id == 3 || history.len() >= 40,
            "{} of account {account_id}",
            history.len()
        );
    }
    // Both go on in the same way: what was pending expires, and what was used is used.
    for ledger in [&one, &other] {
        let mut writer = ledger.writer().expect("it is free");
        let before = ledger.lookup_accounts(&[1])[0].debits_pending;
        writer.set_time(BEGIN_NS + 200_000_000_000_000).expect("there is room");
        let after = ledger.lookup_accounts(&[1])[0].debits_pending;
        assert_eq!(before - after, 9 * 40 + 9 * 4, "what has expired");
        let again = ledgerlab::Transfer::new(1, 2, 1).with_id(1_001);
        let outcome = writer.create_transfer(&again).expect("there is room");
        assert_ne!(outcome.status, ledgerlab::CreateTransferStatus::Created);
        ledger.verify().unwrap_or_else(|divergence| panic!("{divergence}"));
    }
    assert!(one.accounts().eq(other.accounts()));
}

#[test]
fn lines_that_are_wrong_are_named_and_leave_nothing_behind() {
    let folder = Folder::new("import-wrong");
    let (_, file) = exported(&folder);
    let whole = std::fs::read_to_string(&file).expect("it is there");
    let lines: Vec<&str> = whole.lines().collect();
    let replace = |at: usize, line: String| {
        let mut changed: Vec<String> = lines.iter().map(|line| (*line).to_owned()).collect();
        changed[at - 1] = line;
        changed.join("\n")
    };
    let line_of =
        |pattern: &str| 1 + lines.iter().position(|line| line.contains(pattern)).expect(pattern);
    let (created, posted) = (line_of("\"id\":\"1000\""), line_of("post_pending_transfer"));
    let cases: [(String, String); 8] = [
        (replace(7, "{".to_owned()), "line 7".to_owned()),
        (replace(9, lines[8].replace("\"kind\"", "\"knid\"")), "line 9".to_owned()),
        ([&lines[..11], &lines[12..]].concat().join("\n"), "line 12: found record".to_owned()),
        (
            replace(
                created,
                lines[created - 1].replace("\"debit_version\":\"", "\"debit_version\":\"9"),
            ),
            format!("line {created}: the transfer 1000"),
        ),
        (
            replace(posted, lines[posted - 1].replace("\"pending_id\":\"", "\"pending_id\":\"9")),
            format!("line {posted}: the transfer"),
        ),
        (
            replace(
                created,
                lines[created - 1].replace("\"user_data_64\":\"6\"", "\"user_data_64\":\"7\""),
            ),
            "it differs from its seal".to_owned(),
        ),
        (lines[..20].join("\n"), "it differs from its seal".to_owned()),
        (
            replace(3, lines[2].replace("\"writer\":0", "\"writer\":7")),
            "the seal has 3 writers, and not writer 7".to_owned(),
        ),
    ];
    for (at, (text_of_trail, expected)) in cases.into_iter().enumerate() {
        assert_ne!(text_of_trail.trim_end(), whole.trim_end(), "case {at} changes nothing");
        let (changed, copy) = (folder.file("changed.ndjson"), folder.file("copy"));
        std::fs::write(&changed, text_of_trail).expect("it can be written");
        std::fs::copy(format!("{file}.seal"), format!("{changed}.seal")).expect("it is there");
        let refused = ledgerlab(&["import", &copy, &changed]);
        let error = text(&refused.stderr);
        assert!(
            refused.status.code() == Some(2) || error.contains("differs"),
            "case {at}: {error}"
        );
        assert!(error.contains(&expected), "case {at}: {error}");
        assert!(!Path::new(&copy).exists(), "case {at} leaves a folder");
    }
}

#[test]
fn what_cannot_be_imported_is_refused_with_a_sentence() {
    let folder = Folder::new("import-refused");
    let (path, file) = exported(&folder);
    let csv = folder.file("trail.csv");
    assert_eq!(ledgerlab(&["export", &path, &csv]).status.code(), Some(0));
    let no_seal = folder.file("no-seal.ndjson");
    std::fs::copy(&file, &no_seal).expect("it is there");
    let copy = folder.file("copy");
    let cases: [(&[&str], &str); 5] = [
        (&["import", &path, &file], "it exists; a trail is imported to a new folder"),
        (&["import", &file, &file], "it exists; a trail is imported to a new folder"),
        (&["import", &copy, &csv], "export the ledger to a file that ends in .ndjson"),
        (&["import", &copy, &no_seal], "the seal cannot be opened"),
        (&["import", &copy, &file, "--trail-mib", "1"], "give more --trail-mib"),
    ];
    for (arguments, sentence) in cases {
        let refused = ledgerlab(arguments);
        assert_eq!(refused.status.code(), Some(2), "{arguments:?}: {}", text(&refused.stderr));
        assert!(text(&refused.stderr).contains(sentence), "{}", text(&refused.stderr));
        assert!(!Path::new(&copy).exists());
    }
    // One that was interrupted is no ledger, and begins anew.
    std::fs::create_dir(&copy).expect("it can be made");
    std::fs::write(format!("{copy}/ledger.incomplete"), "").expect("it can be written");
    std::fs::write(format!("{copy}/00000001.log"), [1; 9_000]).expect("it can be written");
    std::fs::write(format!("{copy}/00000002.log"), [2; 9_000]).expect("it can be written");
    assert!(Ledger::open(&copy).is_err());
    let seal = format!("{file}.seal");
    let imported = ledgerlab(&["import", &copy, &no_seal, "--seal", &seal]);
    assert_eq!(imported.status.code(), Some(0), "{}", text(&imported.stderr));
    assert_eq!(ledgerlab(&["verify", &copy]).status.code(), Some(0));
}
