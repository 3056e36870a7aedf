//! `--at TIME`: a ledger as it was.

use ledgerlab::ledger::Cancellation;
use ledgerlab::{Ledger, Seal};

use super::varied_ledger::{BEGIN_NS, config, create};
use super::words;
use crate::common::program::{Folder, ledgerlab, text};

/// At the timestamp of every entry, the ledger that is read is the one that was: a serial run, with the balances that the open
/// ledger remembers.
#[test]
fn ledger_is_read_as_it_was_at_every_entry() {
    let folder = Folder::new("past");
    let path = folder.file("ledger");
    let ledger = create(&path);
    ledger.store().expect("it has one").close().expect("the disk works");
    let mut units = Vec::new();
    let mut is_in_chain = false;
    for recorded in ledger.trail().in_order() {
        let entry = recorded.entry;
        let is_linked = entry.flags & 1 != 0
            && !entry.entry_flags().contains(ledgerlab::trail::EntryFlags::LAST);
        if !is_in_chain {
            units.push((entry.timestamp, entry.timestamp));
        }
        units.last_mut().expect("there is one").1 = entry.timestamp;
        is_in_chain = is_linked;
    }
    assert!(units.len() > 500, "{} units", units.len());
    let read = |at| Ledger::read_at(&path, at, &config(1)).expect("nothing is damaged");
    let mut entries = 0;
    for &(first, last) in units.iter().step_by(7) {
        let past = read(first);
        past.verify().unwrap_or_else(|divergence| panic!("at {first}: {divergence}"));
        assert!(past.trail().entries() > entries, "at {first}");
        entries = past.trail().entries();
        assert_eq!(past.trail().last_timestamp(), last);
        for id in 1..=4 {
            let expected = ledger.account_at(id, last, &Cancellation::never());
            assert_eq!(
                past.account(id),
                expected.expect("nobody cancels"),
                "account {id} at {first}"
            );
        }
    }
    let first = units[0].0;
    assert!(read(0).trail().is_empty() && read(first - 1).trail().is_empty());
    for at in [ledger.trail().last_timestamp(), u64::MAX >> 1] {
        assert_eq!(Seal::of(read(at).trail()), Seal::of(ledger.trail()));
    }
}

#[test]
fn tools_show_the_ledger_as_it_was() {
    let folder = Folder::new("past-tools");
    let path = folder.file("ledger");
    let ledger = create(&path);
    ledger.store().expect("it has one").close().expect("the disk works");
    drop(ledger);
    let fact = |at: &[&str], name: &str| {
        let output = ledgerlab(&[&["inspect", &path], at].concat());
        assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
        let words = words(&output.stdout);
        let (_, rest) = words.split_once(&format!("{name} ")).expect(name);
        rest.split(' ').next().expect("a word").to_owned()
    };
    // Of each second two stay pending, and the last two of either writer have yet to expire.
    assert_eq!(fact(&[], "pending transfers"), (2 * 40 + 4).to_string());
    let date = "2023-11-14T22:13:29.5Z";
    assert_eq!(fact(&["--at", date], "pending transfers"), (2 * 10 + 4).to_string());
    let nanoseconds = (BEGIN_NS + 9_500_000_000).to_string();
    assert_eq!(fact(&["--at", &nanoseconds], "pending transfers"), (2 * 10 + 4).to_string());
    assert_eq!(fact(&["--at", "0"], "accounts"), "0");
    assert_eq!(fact(&["--at", "1970-01-01T00:00:00Z"], "entries"), "0");
    assert_eq!(fact(&["--at", "2100-01-01T00:00:00+01:00"], "entries"), fact(&[], "entries"));

    // An export of the past is a trail like any other, and a ledger when it is imported.
    let file = folder.file("past.ndjson");
    let exported = ledgerlab(&["export", &path, &file, "--at", date]);
    assert_eq!(exported.status.code(), Some(0), "{}", text(&exported.stderr));
    let hash = |output: &[u8]| words(output).rsplit(' ').next().map(str::to_owned);
    let verified = ledgerlab(&["verify", &path, "--at", date]);
    assert_eq!(verified.status.code(), Some(0), "{}", text(&verified.stderr));
    assert!(text(&verified.stdout).contains("as it was at 1700000009500000000 ns"));
    assert_eq!(hash(&verified.stdout), hash(&ledgerlab(&["verify", &file]).stdout));
    let copy = folder.file("copy");
    let imported = ledgerlab(&["import", &copy, &file]);
    assert_eq!(imported.status.code(), Some(0), "{}", text(&imported.stderr));
    assert_eq!(hash(&imported.stdout), hash(&verified.stdout));

    for (arguments, sentence) in [
        (["verify", &file, "--at", "1"], "it is not the folder of a ledger"),
        (["inspect", &path, "--at", "yesterday"], "such as 2026-11-30T18:00:00Z"),
        (["inspect", &path, "--at", "9999-01-01T00:00:00Z"], "later than the last timestamp"),
    ] {
        let refused = ledgerlab(&arguments);
        assert_eq!(refused.status.code(), Some(2), "{arguments:?}");
        assert!(text(&refused.stderr).contains(sentence), "{}", text(&refused.stderr));
    }
}
