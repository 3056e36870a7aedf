//! Trails in files: `run --trail`, `trail` and `verify`, by the real program.

use std::path::Path;

use crate::common::program::{Folder, ledgerlab, text};
use crate::common::scenario_cases::number;
use serde_json::Value;

/// Executes a run of 2,000 attempts by two workers into a file. Returns its report.
fn run_into(file: &str) -> Value {
    let options = ["--workers", "2", "--operations", "2000", "--seed", "7", "--accounts", "20"];
    let output = ledgerlab(
        &[&["run", "hft", "--json", "--overwrite", "--trail", file], &options[..]].concat(),
    );
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    serde_json::from_slice(&output.stdout).expect("it is a report")
}

fn read(file: &str) -> String {
    std::fs::read_to_string(file).expect("the file can be read")
}

fn write(file: &str, text: &str) {
    std::fs::write(file, text).expect("the file can be written");
}

/// Returns the exit code and standard error.
fn verify(arguments: &[&str]) -> (Option<i32>, String) {
    let output = ledgerlab(&[&["verify"], arguments].concat());
    let printed = [text(&output.stdout), text(&output.stderr)].concat();
    (output.status.code(), printed)
}

fn entries_of(report: &Value) -> u64 {
    number(&report["totals"]["trail_entries"]) as u64
}

#[test]
fn trail_file_of_a_run_is_verified() {
    let folder = Folder::new("verified");
    let file = folder.file("run.ndjson");
    let report = run_into(&file);
    let hash = report["trail_hash"].as_str().expect("it is text");
    let entries = entries_of(&report);
    assert_eq!(read(&file).lines().count() as u64, entries);
    let (code, printed) = verify(&[&file, "--trail-hash", hash]);
    let (thousands, rest) = (entries / 1_000, entries % 1_000);
    let expected = format!(
        "{file}: {thousands},{rest:03} entries are as sealed and equal to a serial run; trail hash {hash}\n"
    );
    assert_eq!((code, printed), (Some(0), expected));
    let other = "0".repeat(64);
    let (code, printed) = verify(&[&file, "--trail-hash", &other]);
    assert_eq!(code, Some(1));
    assert!(printed.ends_with(&format!(": its trail hash is {hash}, not {other}\n")), "{printed}");
}

#[test]
fn changed_file_reports_its_first_wrong_entry() {
    let folder = Folder::new("changed");
    let file = folder.file("run.ndjson");
    run_into(&file);
    let original = read(&file);
    let lines: Vec<&str> = original.lines().collect();
    let index =
        lines.iter().position(|line| line.contains("\"exceeds_credits\"")).expect("there is one");
    let of = |line: &str| serde_json::from_str::<Value>(line).expect("it is JSON");
    let (writer, record) =
        (of(lines[index])["writer"].clone(), number(&of(lines[index])["position"]));

    write(&file, &original.replacen("\"exceeds_credits\"", "\"created\"", 1));
    let (code, printed) = verify(&[&file]);
    assert_eq!(code, Some(1));
    let seal =
        format!("{file}: it differs from its seal: record {record} of writer {writer}, transfer ");
    assert!(printed.contains(&seal), "no {seal:?} in\n{printed}");
    assert!(printed.contains(": it is not what was sealed at this position\n"), "{printed}");
    let replay = format!("{file}: it differs from a serial run: entry ");
    assert!(printed.contains(&replay), "no {replay:?} in\n{printed}");
    assert!(printed.contains("; a serial run says exceeds_credits with versions"), "{printed}");

    let without = [&lines[..index], &lines[index + 1..]].concat().join("\n");
    write(&file, &without);
    let (code, printed) = verify(&[&file]);
    assert_eq!(code, Some(1));
    assert!(printed.contains("; a line is missing, repeated or out of order\n"), "{printed}");

    write(&file, &lines[..lines.len() - 1].join("\n"));
    let (code, printed) = verify(&[&file]);
    assert_eq!(code, Some(1));
    assert!(printed.contains(": 1 sealed record is missing at the end\n"), "{printed}");
    assert!(!printed.contains("serial run"), "what is left is equal to one:\n{printed}");

    let mut extra = of(lines.last().expect("there are lines"));
    for (field, step) in [("position", 1), ("timestamp", 1_000)] {
        extra[field] = (number(&extra[field]) + step).to_string().into();
    }
    extra["status"] = "cancelled".into();
    (extra["debit_version"], extra["credit_version"]) = (0.into(), 0.into());
    write(&file, &format!("{original}{extra}\n"));
    let (code, printed) = verify(&[&file]);
    assert_eq!(code, Some(1));
    assert!(printed.ends_with(": it was not sealed\n"), "{printed}");
    assert!(!printed.contains("serial run"), "what was cancelled changes nothing:\n{printed}");

    write(&file, &original);
    assert_eq!(verify(&[&file]).0, Some(0));
    let seal_file = format!("{file}.seal");
    let seal = read(&seal_file);
    write(&seal_file, &seal.replacen("\"records\":", "\"records\":1", 1));
    let (code, printed) = verify(&[&file]);
    assert_eq!(code, Some(1), "{printed}");
    assert!(printed.contains(&format!("{seal_file}: the seal was changed: ")), "{printed}");
}

#[test]
fn unreadable_and_unwritable_files_are_errors() {
    let folder = Folder::new("refused");
    let (file, odd) = (folder.file("run.ndjson"), folder.file("run.txt"));
    for (path, sentence) in [
        (odd.as_str(), "the file name of a trail must end in .ndjson or .csv: "),
        (&folder.file("none/run.ndjson"), " cannot be written: No such file or directory"),
    ] {
        let output = ledgerlab(&["run", "hft", "--preset", "goledger", "--trail", path]);
        assert_eq!(output.status.code(), Some(2));
        assert!(text(&output.stderr).contains(sentence), "{}", text(&output.stderr));
        assert_eq!(text(&output.stderr).lines().count(), 1);
        assert_eq!(text(&output.stdout), "", "the run is not made in vain");
    }
    let unsealed = format!("{file}.seal: the seal cannot be opened: No such file or directory");
    let (code, printed) = verify(&[&file]);
    assert!(code == Some(2) && printed.contains("run.ndjson: it cannot be opened: "), "{printed}");
    write(&file, "");
    let (code, printed) = verify(&[&file]);
    assert!(code == Some(2) && printed.contains(&unsealed), "{printed}");
    let (code, printed) = verify(&[&file, "--trail", &file]);
    assert!(
        code == Some(2) && printed.ends_with(": it is not a report; --trail requires a report\n"),
        "{printed}"
    );
    run_into(&file);
    for (content, sentence) in [
        ("{}", "line 1: writer is missing: the writer of the entry and its position"),
        ("\u{1}", "line 1 is not JSON: expected value at column 1"),
    ] {
        write(&file, content);
        for output in [ledgerlab(&["verify", &file]), ledgerlab(&["trail", &file])] {
            assert_eq!(output.status.code(), Some(2));
            assert_eq!(text(&output.stderr), format!("ledgerlab: {file}: {sentence}\n"));
        }
    }
    write(&format!("{file}.seal"), "{\"seal\":1,");
    let (code, printed) = verify(&[&file]);
    assert!(
        code == Some(2) && printed.contains("the seal cannot be read: EOF while parsing"),
        "{printed}"
    );
    for (options, sentence) in [
        (["--status", "creatd"], "status must be the name of a status, not \"creatd\""),
        (["--account", "x"], "account_id must be an id: a whole number ("),
        (["--limit", "many"], "limit must be a whole number, "),
        (["--kind", "extension"], "[possible values: account, transfer, expiry]"),
    ] {
        let output = ledgerlab(&[&["trail", &file], &options[..]].concat());
        assert_eq!(output.status.code(), Some(2));
        assert!(text(&output.stderr).contains(sentence), "{}", text(&output.stderr));
    }
    run_into(&file);
    for (options, sentence) in [
        (
            &["--from", "9", "--to", "8"][..],
            "timestamp_min must be at most timestamp_max (8), not 9",
        ),
        (&["--limit", "9000"], "limit must be 1 to 8189, not 9000"),
    ] {
        let output = ledgerlab(&[&["trail", &file], options].concat());
        assert_eq!(output.status.code(), Some(2));
        assert_eq!(text(&output.stderr), format!("ledgerlab: {sentence}\n"));
    }
}

#[test]
fn trail_is_shown_in_pages_in_every_format() {
    let folder = Folder::new("shown");
    let file = folder.file("run.ndjson");
    run_into(&file);
    let all = read(&file);
    let of = |name: &str| all.lines().filter(|line| line.contains(&format!("\"{name}\""))).count();
    let show = |options: &[&str]| {
        let output = ledgerlab(&[&["trail", &file], options].concat());
        assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
        (text(&output.stdout).to_owned(), text(&output.stderr).to_owned())
    };
    let (whole, more) = show(&["--limit", "8189", "--format", "ndjson"]);
    assert_eq!((whole, more.as_str()), (all.clone(), ""));
    let (refused, _) = show(&["--status", "exceeds_credits", "--limit", "8189"]);
    assert_eq!(refused.lines().count(), of("exceeds_credits"));
    assert!(refused.lines().all(|line| line.contains(": exceeds_credits (record ")), "{refused}");

    let (first, more) = show(&["--kind", "account", "--limit", "5"]);
    let after = more.split_once("--after ").and_then(|(_, rest)| rest.split(' ').next());
    let after = after.expect("more accounts match");
    let (second, _) = show(&["--kind", "account", "--limit", "8189", "--after", after]);
    assert_eq!(first.lines().count() + second.lines().count(), of("account"));
    assert!(first.starts_with("account 1 at timestamp "), "{first}");

    let (latest, _) = show(&["--reverse", "--limit", "1", "--format", "ndjson"]);
    assert_eq!(latest.trim_end(), all.lines().last().expect("there are lines"));
    let id = latest.split("\"id\":\"").nth(1).and_then(|rest| rest.split('"').next());
    let (one, _) = show(&["--id", id.expect("it is a UUID"), "--format", "csv"]);
    let rows: Vec<&str> = one.split("\r\n").collect();
    assert!(rows[0].starts_with("writer,position,kind,status,timestamp,id,") && rows.len() == 3);
}

#[test]
fn existing_files_are_replaced_only_on_request() {
    let folder = Folder::new("overwritten");
    let file = folder.file("run.ndjson");
    let short = ["run", "hft", "--preset", "goledger", "--trail", &file];
    for taken in [file.clone(), format!("{file}.seal")] {
        write(&taken, "precious");
        let output = ledgerlab(&short);
        assert_eq!(output.status.code(), Some(2));
        let expected = format!("ledgerlab: {taken:?} exists already; --overwrite replaces it\n");
        assert_eq!(text(&output.stderr), expected);
        assert_eq!((text(&output.stdout), read(&taken).as_str()), ("", "precious"));
        std::fs::remove_file(&taken).expect("it is there");
    }
    write(&file, "precious");
    let output = ledgerlab(&[&short[..], &["--overwrite"]].concat());
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    assert_eq!(verify(&[&file]).0, Some(0));
    assert_eq!(folder.count(), 2, "nothing else is left");
}

#[cfg(unix)]
#[test]
fn run_has_not_passed_if_its_trail_cannot_be_written() {
    let folder = Folder::new("unwritten");
    let file = folder.file("run.ndjson");
    // The limit of a file's size, in blocks of at least 512 bytes, is that of a full disk here.
    let limited = "trap '' XFSZ; ulimit -f 4; exec \"$@\"";
    let program = env!("CARGO_BIN_EXE_ledgerlab");
    let output = std::process::Command::new("sh")
        .args([
            "-c", limited, "sh", program, "run", "hft", "--preset", "goledger", "--trail", &file,
        ])
        .output()
        .expect("the shell starts");
    assert_eq!(output.status.code(), Some(1));
    let (page, error) = (text(&output.stdout), text(&output.stderr));
    assert!(!page.contains("PASSED") && page.contains("\nFAILED: "), "{page}");
    assert!(page.contains(" cannot be written: "), "{page}");
    assert!(error.starts_with("ledgerlab: ") && error.contains(" cannot be written: "), "{error}");
    assert_eq!(folder.count(), 0, "no part of the trail is left");
}

#[cfg(target_os = "linux")]
#[test]
fn names_of_files_are_bytes() {
    use std::os::unix::ffi::OsStrExt;
    let folder = Folder::new("bytes");
    let file = folder.file("run");
    let file = std::ffi::OsStr::from_bytes(&[file.as_bytes(), b"\xff.ndjson"].concat()).to_owned();
    let run = |arguments: &[&str]| {
        let program = env!("CARGO_BIN_EXE_ledgerlab");
        let output = std::process::Command::new(program).args(arguments).arg(&file).output();
        let output = output.expect("the program starts");
        assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    };
    run(&["run", "hft", "--preset", "goledger", "--trail"]);
    assert!(Path::new(&file).exists());
    run(&["verify"]);
    run(&["trail"]);
}

#[test]
fn byte_order_mark_is_skipped() {
    let folder = Folder::new("mark");
    let file = folder.file("run.ndjson");
    run_into(&file);
    for name in [file.clone(), format!("{file}.seal")] {
        write(&name, &format!("\u{feff}{}", read(&name)));
    }
    let (code, printed) = verify(&[&file]);
    assert_eq!(code, Some(0), "{printed}");
    assert_eq!(ledgerlab(&["trail", &file]).status.code(), Some(0));
}

#[test]
fn table_has_a_row_per_entry() {
    let folder = Folder::new("table");
    let file = folder.file("run.csv");
    let report = run_into(&file);
    let rows = read(&file).split_terminator("\r\n").count() as u64;
    assert_eq!(rows - 1, entries_of(&report));
    assert!(!Path::new(&format!("{file}.seal")).exists(), "a table has no seal");
}
