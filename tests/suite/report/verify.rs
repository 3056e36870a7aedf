//! `ledgerlab verify` of a report: changes are located, and the report is compared with its trail.

use ledgerlab::scenarios::ALL;
use serde_json::{Value, json};

use super::{Folder, ledgerlab, one, report, short, text};

/// Returns the exit code, standard output and standard error.
fn verify(arguments: &[&str]) -> (Option<i32>, String, String) {
    let output = ledgerlab(&[&["verify"], arguments].concat());
    (output.status.code(), text(&output.stdout).to_owned(), text(&output.stderr).to_owned())
}

#[test]
fn report_matches_its_trail_in_every_scenario() {
    for scenario in ALL {
        let name = scenario.description().name;
        let folder = Folder::new(&format!("report/sound_{name}"));
        let trail = folder.file("run.ndjson");
        let original = report(&[short(scenario.description()), vec!["--trail", &trail]].concat());
        assert_eq!(original["passed"], true, "{name}");
        let file = folder.write("report.json", &original);
        let (code, examined, error) = verify(&[&file, "--trail", &trail]);
        assert_eq!((code, error.as_str()), (Some(0), ""), "{name}");
        let parts = ["fields", "totals", "statuses", "workers", "series", "accounts", "checks"];
        for part in parts.into_iter().chain(["trail hash", "trail", "replay", "balances"]) {
            assert!(examined.contains(&format!("  ok  {part}: ")), "{name} {part}\n{examined}");
        }
    }
}

/// Adds to a number.
fn add(number: &mut Value, more: i64) {
    let digits = number.as_str().and_then(|digits| digits.parse::<i64>().ok());
    *number = (digits.expect("it is a number") + more).to_string().into();
}

/// A change, and a part of its error.
type Change = (fn(&mut Value), &'static str);

#[test]
fn changed_number_is_located() {
    let valid = one();
    assert_eq!(valid["accounts"]["complete"], true);
    let folder = Folder::new("report/changed");
    let changes: [Change; 17] = [
        (
            |report| add(&mut report["totals"]["attempts"], 1),
            "totals.attempts is 51, but accepted, refused and interrupted add up to 50",
        ),
        (|report| add(&mut report["totals"]["per_second"], 9), "totals.per_second is "),
        (|report| add(&mut report["totals"]["operations"], 1), "totals.operations"),
        (
            |report| add(&mut report["totals"]["by_status"]["created"], 1),
            "totals.attempts is 50, but the statuses add up to 51",
        ),
        (
            |report| report["totals"]["by_status"]["lost"] = 0.into(),
            "totals.by_status names \"lost\", which is not a status",
        ),
        (
            |report| add(&mut report["workers"][1]["accepted"], 1),
            "workers[1].attempts is 25, but its accepted, refused and interrupted add up to 26",
        ),
        (
            |report| add(&mut report["workers"][0]["operations"], 1),
            "totals.operations is 50, but the workers add up to 51",
        ),
        (
            |report| add(&mut report["workers"][1]["worker"], 1),
            "workers[1].worker is 3, but counted from 1 it is 2",
        ),
        (
            |report| add(&mut report["parameters"]["workers"], 1),
            "parameters.workers is 3, but the workers listed are 2",
        ),
        (
            |report| add(&mut report["series"]["accepted"][0], 1),
            "totals.accepted is 50, but the series adds up to 51",
        ),
        (
            |report| report["series"]["refused"] = json!([]),
            "series.refused has 0 intervals, but series.accepted has 1",
        ),
        (
            |report| add(&mut report["accounts"]["rows"][2]["credits_posted"], 1),
            "but the hash of the accounts listed is ",
        ),
        (
            |report| add(&mut report["accounts"]["count"], -1),
            "accounts.count is 4, but the accounts listed are 5",
        ),
        (
            |report| report["accounts"]["complete"] = false.into(),
            "accounts.complete is false, but 5 of 5 are listed",
        ),
        (|report| report["passed"] = false.into(), "passed is false, but all checks passed"),
        (
            |report| add(&mut report["checks"][0]["found"], 1),
            "the check conservation found 1,300,001, but the accounts hold 1300000",
        ),
        (
            |report| report["checks"][3]["found"] = "entry 7".into(),
            "the check replay is marked as passed, but it expected identical and found entry 7",
        ),
    ];
    for (change, sentence) in changes {
        let mut changed = valid.clone();
        change(&mut changed);
        let file = folder.write("report.json", &changed);
        let (code, _, error) = verify(&[&file]);
        assert_eq!(code, Some(1), "{sentence}");
        assert!(error.contains(sentence) && error.lines().count() == 1, "{sentence}\n{error}");
    }
}

#[test]
fn failed_run_is_not_verified_even_if_hidden() {
    let folder = Folder::new("report/failed");
    let load = ["--concurrency", "no-locks", "--accounts", "4", "--exchanges", "1"];
    let run = ["run", "hft", "--workers", "3", "--operations", "500000", "--json", "--quiet"];
    let mut original = report(&[&run[..], &load[..]].concat());
    let (code, examined, error) = verify(&[&folder.write("report.json", &original)]);
    assert_eq!(code, Some(1));
    assert!(examined.contains("  ok  checks: "), "{examined}");
    assert!(error.contains(": the report is valid, but its run failed: "), "{error}");
    for check in original["checks"].as_array_mut().expect("it is a list") {
        check["passed"] = true.into();
    }
    original["passed"] = true.into();
    let (code, _, error) = verify(&[&folder.write("hidden.json", &original)]);
    assert_eq!((code, error.lines().count()), (Some(1), 1), "{error}");
}

#[test]
fn unbalanced_sums_are_found_although_the_hash_fits() {
    let folder = Folder::new("report/unbalanced");
    for (field, sentence) in [
        ("credits_posted", "posted debits of all accounts are "),
        ("debits_pending", "pending debits of all accounts are 1, but pending credits are 0"),
    ] {
        let mut original = one();
        add(&mut original["accounts"]["rows"][2][field], 1);
        original["accounts"]["hash"] = hash_of(&original["accounts"]["rows"]).into();
        let (code, _, error) = verify(&[&folder.write("report.json", &original)]);
        assert_eq!(code, Some(1));
        assert!(error.contains(&format!(": {sentence}")), "no {sentence:?} in {error}");
        assert!(error.ends_with(", and no check reports it\n"), "{error}");
    }
}

#[test]
fn foreign_trail_is_found() {
    let folder = Folder::new("report/trails");
    let [trail, other] = ["run.ndjson", "other.ndjson"].map(|name| folder.file(name));
    let run = |seed, accounts, trail: &str| {
        let load = ["--seed", seed, "--accounts", accounts, "--operations", "500"];
        let run = ["run", "hft", "--json", "--workers", "2", "--overwrite", "--trail", trail];
        report(&[&run, &load[..]].concat())
    };
    let mut original = run("7", "20", &trail);
    run("8", "20", &other);
    let file = folder.write("report.json", &original);
    let hash = original["trail_hash"].as_str().expect("it is text").to_owned();
    assert_eq!(verify(&[&file, "--trail", &trail, "--trail-hash", &hash]).0, Some(0));

    let zeros = "0".repeat(64);
    let (code, _, error) = verify(&[&file, "--trail-hash", &zeros]);
    assert_eq!(code, Some(1));
    assert!(error.ends_with(&format!(": trail_hash is {hash}, not {zeros}\n")), "{error}");
    let (code, _, error) = verify(&[&file, "--trail", &other]);
    assert_eq!(code, Some(1));
    assert!(error.contains(".seal: its trail hash is ") && error.contains(&hash), "{error}");
    // Without a seal the report's own hash is compared.
    std::fs::remove_file(format!("{other}.seal")).expect("it can be removed");
    let (code, _, error) = verify(&[&file, "--trail", &other]);
    assert_eq!(code, Some(1));
    assert!(error.contains(&format!("but the report has {hash}")), "{error}");

    // The accounts agree with each other, but not with the trail.
    let rows = original["accounts"]["rows"].as_array_mut().expect("it is a list");
    rows[3]["name"] = "somebody".into();
    let all = rows.len();
    let (more, less) =
        (&mut rows[3]["credits_posted"].clone(), &mut rows[0]["debits_posted"].clone());
    add(more, 5);
    add(less, 5);
    (rows[3]["credits_posted"], rows[0]["debits_posted"]) = (more.clone(), less.clone());
    for figure in ["expected", "found"] {
        add(&mut original["checks"][0][figure], 5);
    }
    original["accounts"]["hash"] = hash_of(&original["accounts"]["rows"]).into();
    let changed = folder.write("changed.json", &original);
    assert_eq!(verify(&[&changed]).0, Some(0), "the report is consistent by itself");
    let (code, _, error) = verify(&[&changed, "--trail", &trail]);
    assert_eq!(code, Some(1));
    let sentence = ": the balance of @world in the replay differs from that in the report\n";
    assert!(error.ends_with(sentence), "{error}");
    assert_eq!(all, 37);

    let whole = run("7", "10001", &trail);
    assert_eq!(whole["accounts"]["complete"], false);
    let file = folder.write("large.json", &whole);
    let (code, examined, error) = verify(&[&file, "--trail", &trail]);
    assert_eq!((code, error.as_str()), (Some(0), ""));
    assert!(examined.contains("all 10,018 accounts have the hash of the replay"), "{examined}");
}

/// The hash as the report's schema describes it.
fn hash_of(rows: &Value) -> String {
    let mut hasher = blake3::Hasher::new();
    let fields = ["id", "debits_pending", "debits_posted", "credits_pending", "credits_posted"];
    for row in rows.as_array().expect("it is a list") {
        for field in fields {
            let number = row[field].as_str().and_then(|digits| digits.parse::<u128>().ok());
            hasher.update(&number.expect("it is a number").to_le_bytes());
        }
    }
    hasher.finalize().to_string()
}

#[test]
fn invalid_report_exits_with_2() {
    let folder = Folder::new("report/unreadable");
    let file = folder.file("report.json");
    let valid = one();
    let mut newer = valid.clone();
    newer["report"] = 6.into();
    let whole = valid.to_string();
    for (content, sentence) in [
        (whole[..300].to_owned(), "it is not JSON: EOF while parsing"),
        ("{\n\"a\": 1\n}".to_owned(), "it has no field \"report\", so it is not a report"),
        (newer.to_string(), "it is a report of version 6; this program reads versions 3 to 5"),
        (
            format!("{{\n{}", " ".repeat(33 << 20)),
            "a report has at most 33,554,432 bytes; this one has more",
        ),
        (format!("{{\"report\":3,\n\"a\":{}", "[".repeat(1_000)), "recursion limit exceeded"),
    ] {
        std::fs::write(&file, content).expect("the file can be written");
        let (code, examined, error) = verify(&[&file]);
        assert_eq!((code, examined.as_str()), (Some(2), ""), "{sentence}");
        assert!(error.contains(sentence) && error.lines().count() == 1, "{sentence}\n{error}");
    }
    let valid = folder.write("report.json", &valid);
    let none = folder.file("none.ndjson");
    for (arguments, sentence) in [
        (vec![none.as_str()], "it cannot be opened: "),
        (vec![&valid, "--trail", &none], "none.ndjson: it cannot be opened: "),
        (vec![&valid, "--seal", &none], "it is a report; --seal requires --trail"),
    ] {
        let (code, _, error) = verify(&arguments);
        assert_eq!(code, Some(2), "{sentence}");
        assert!(error.contains(sentence) && error.lines().count() == 1, "{sentence}\n{error}");
    }
}
