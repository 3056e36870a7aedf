//! Amounts, sums and batches at their bounds, and full ledgers.

use ledgerlab::ledger::BATCH_MAX;
use serde_json::json;

use super::{FOUR, STANDS, apply, apply_bytes, apply_with, expect, statuses, transfer, transfers};

#[test]
fn amounts_are_exact_from_0_to_the_maximum() {
    let amounts = [0, 1, 1 << 64, 1 << 127, u128::MAX];
    for amount in amounts {
        for written in [amount.to_string(), format!("\"{amount}\"")] {
            let lines = apply(&[
                FOUR,
                &transfers(&[transfer(7, 1, 2, written, "")]),
                r#"{"op":"lookup_transfers","ids":[7]}"#,
                r#"{"op":"lookup_accounts","ids":[1,2]}"#,
            ]);
            assert_eq!(statuses(&lines[1]), ["created"]);
            let exact = json!(amount.to_string());
            assert_eq!(lines[2]["transfers"][0]["amount"], exact);
            assert_eq!(lines[3]["accounts"][0]["debits_posted"], exact);
            assert_eq!(lines[3]["accounts"][1]["credits_posted"], exact);
        }
    }
}

#[test]
fn overflow_has_a_status() {
    let greatest = u128::MAX;
    let pending = r#","flags":["pending"]"#;
    let posted = [
        transfer(7, 1, 2, greatest, ""),
        transfer(8, 1, 2, 1, ""),
        transfer(9, 4, 2, 1, ""),
        transfer(10, 2, 1, greatest, ""),
    ];
    let statuses = ["created", "overflows_debits_posted", "overflows_credits_posted", "created"];
    expect(&[FOUR, &transfers(&posted)], &[&["created"; 4], &statuses]);

    let held = [
        transfer(7, 1, 2, greatest, pending),
        transfer(8, 1, 2, 1, pending),
        transfer(9, 1, 2, 1, ""),
        transfer(10, 4, 2, 1, pending),
        transfer(11, 4, 2, 1, ""),
    ];
    let statuses = [
        "created",
        "overflows_debits_pending",
        "overflows_debits",
        "overflows_credits_pending",
        "overflows_credits",
    ];
    expect(&[FOUR, &transfers(&held)], &[&["created"; 4], &statuses]);
}

#[test]
fn batches_of_0_1_and_the_maximum() {
    let many: Vec<String> = (1..=BATCH_MAX).map(|id| transfer(id, 1, 2, 1, "")).collect();
    let chain = |events: usize| -> Vec<String> {
        let linked =
            |id| transfer(10_000 + id, 1, 2, 1, if id < events { r#","flags":1"# } else { "" });
        (1..=events).map(linked).collect()
    };
    let lines = apply(&[
        FOUR,
        &transfers(&[]),
        r#"{"op":"create_accounts","events":[]}"#,
        r#"{"op":"lookup_accounts","ids":[]}"#,
        &transfers(&many[..1]),
        &transfers(&many),
        &transfers(&chain(BATCH_MAX)),
        r#"{"op":"lookup_accounts","ids":[1]}"#,
    ]);
    assert_eq!(lines[1], json!({"results": []}));
    assert_eq!(lines[2], json!({"results": []}));
    assert_eq!(lines[3], json!({"accounts": []}));
    assert_eq!(statuses(&lines[4]), ["created"]);
    assert_eq!(statuses(&lines[5])[0], "exists");
    assert!(statuses(&lines[5])[1..].iter().all(|status| *status == "created"));
    assert_eq!(statuses(&lines[6]), ["created"; BATCH_MAX]);
    assert_eq!(lines[7]["accounts"][0]["debits_posted"], (2 * BATCH_MAX).to_string());
}

#[test]
fn full_ledger_says_why() {
    // The first line succeeds; a trail of one MiB has 8,192 positions.
    let events: Vec<String> = (1..=4000).map(|id| transfer(id, 1, 2, 1, "")).collect();
    let line = transfers(&events);
    let input = format!("{}\n{line}\n{line}\n{line}\n", FOUR.replace('\n', ""));
    let applied = apply_with(&["--verify", "--trail-mib", "1"], input.into());
    assert_eq!(applied.code, Some(1), "{}", applied.error);
    assert_eq!(applied.lines.len(), 2);
    let sentence = "ledgerlab: line 3: the trail has used up its 1 MiB (128 bytes an entry), or the system has no more \
                    memory; --trail-mib sets a higher limit";
    assert!(applied.error.starts_with(&format!("{sentence}{STANDS}\n")), "{}", applied.error);
    assert!(applied.error.ends_with("(4,004 entries replayed)\n"), "{}", applied.error);

    let last = format!(r#"{{"op":"tick","nanoseconds":{}}}"#, (1_u64 << 63) - 1);
    let input = format!("{last}\n{}\n{last}\n", FOUR.replace('\n', ""));
    let applied = apply_bytes(input);
    assert_eq!((applied.code, applied.lines.len()), (Some(1), 1));
    let sentence = "ledgerlab: line 2: the next timestamp would exceed the greatest one, 2^63 - 1; as nanoseconds since 1970, that is 2262-04-11\n";
    assert!(applied.error.starts_with(sentence), "{}", applied.error);
}
