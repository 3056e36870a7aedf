//! The results of each operation.

use serde_json::json;

use super::{FOUR, apply, expect, statuses, transfer, transfers};

#[test]
fn each_operation_returns_all_fields() {
    let lines = apply(&[
        FOUR,
        &transfers(&[
            transfer(7, 1, 2, 100, r#","user_data_128":5,"user_data_64":"6","user_data_32":7"#),
            transfer(8, 2, 1, 30, r#","flags":["pending"],"timeout":60"#),
        ]),
        r#"{"op":"lookup_accounts","ids":[2,9,1]}"#,
        r#"{"op":"lookup_transfers","ids":["8",9]}"#,
        r#"{"op":"get_account_transfers","filter":{"account_id":1,"limit":9,"flags":["credits"]}}"#,
        r#"{"op":"get_account_balances","filter":{"account_id":1,"limit":9,"flags":["debits","credits","reversed"]}}"#,
        r#"{"op":"query_accounts","filter":{"code":10,"limit":1,"flags":["reversed"]}}"#,
        r#"{"op":"query_transfers","filter":{"user_data_32":7,"limit":9}}"#,
        r#"{"op":"query_transfers","filter":{}}"#,
        r#"{"op":"tick","seconds":60,"nanoseconds":1}"#,
        r#"{"op":"lookup_accounts","ids":[1]}"#,
    ]);
    let text = |number: u64| number.to_string();
    let created = |timestamp| json!({"status": "created", "timestamp": text(timestamp)});
    let account = |id: u32, sums: [u64; 4], flags: &[&str], timestamp: u64, version: u64| {
        let [debits_pending, debits_posted, credits_pending, credits_posted] = sums.map(text);
        json!({
            "id": id.to_string(), "debits_pending": debits_pending, "debits_posted": debits_posted,
            "credits_pending": credits_pending, "credits_posted": credits_posted, "user_data_128": "0",
            "user_data_64": "0", "user_data_32": 0, "reserved": 0, "ledger": 1, "code": 10, "flags": flags,
            "timestamp": text(timestamp), "version": text(version),
        })
    };
    let seven = json!({
        "id": "7", "debit_account_id": "1", "credit_account_id": "2", "amount": "100", "pending_id": "0",
        "user_data_128": "5", "user_data_64": "6", "user_data_32": 7, "timeout": 0, "ledger": 1, "code": 1,
        "flags": [], "timestamp": "5",
    });
    let eight = json!({
        "id": "8", "debit_account_id": "2", "credit_account_id": "1", "amount": "30", "pending_id": "0",
        "user_data_128": "0", "user_data_64": "0", "user_data_32": 0, "timeout": 60, "ledger": 1, "code": 1,
        "flags": ["pending"], "timestamp": "6",
    });
    let balances = |credits_pending: u32, timestamp: u32| {
        json!({
            "debits_pending": "0", "debits_posted": "100", "credits_pending": credits_pending.to_string(),
            "credits_posted": "0", "timestamp": timestamp.to_string(),
        })
    };
    let expected = [
        json!({"results": [created(1), created(2), created(3), created(4)]}),
        json!({"results": [created(5), created(6)]}),
        json!({"accounts": [
            account(2, [30, 0, 0, 100], &["history"], 2, 2), account(1, [0, 100, 30, 0], &["history"], 1, 2),
        ]}),
        json!({"transfers": [eight]}),
        json!({"transfers": [eight]}),
        json!({"balances": [balances(30, 6), balances(0, 5)]}),
        json!({"accounts": [account(4, [0; 4], &["credits_must_not_exceed_debits"], 4, 0)]}),
        json!({"transfers": [seven]}),
        json!({"transfers": []}),
        json!({"time": "60000000008"}),
        json!({"accounts": [account(1, [0, 100, 0, 0], &["history"], 1, 3)]}),
    ];
    for (place, (line, expected)) in lines.iter().zip(&expected).enumerate() {
        assert_eq!(line, expected, "line {}", place + 1);
    }
}

#[test]
fn ids_are_read_in_every_form_and_written_as_digits() {
    let uuid = "6ba7b810-9dad-11d1-80b4-00c04fd430c8";
    let number = 0x6ba7_b810_9dad_11d1_80b4_00c0_4fd4_30c8_u128.to_string();
    let batch = transfers(&[
        transfer(format!("\"{uuid}\""), 1, 2, 5, ""),
        transfer(&number, 1, 2, 5, ""),
        transfer("\"new\"", 1, 2, 5, ""),
        transfer("\"new\"", 1, 2, 5, ""),
    ]);
    let lines = apply(&[
        FOUR,
        &batch,
        r#"{"op":"create_accounts","events":[{"id":9,"ledger":1,"code":1},{"id":"new","ledger":1,"code":1}]}"#,
        &format!(r#"{{"op":"lookup_transfers","ids":["{uuid}"]}}"#),
    ]);
    assert_eq!(statuses(&lines[1]), ["created", "exists", "created", "created"]);
    assert_eq!(lines[3]["transfers"][0]["id"], json!(number));
    let results = lines[1]["results"].as_array().expect("it is a list");
    assert_eq!((results[0].get("id"), results[1].get("id")), (None, None));
    let ids: Vec<&str> = results[2..].iter().map(|one| one["id"].as_str().expect("text")).collect();
    assert!(ids[0] < ids[1], "ids ascend: {ids:?}");
    let account = lines[2]["results"][1]["id"].as_str().expect("text");
    assert_eq!(lines[2]["results"][0].get("id"), None);

    // An id that looks like a UUID of version 7 comes back as it was sent.
    let looks_like_uuid = 0x000c_e293_8f25_7fe4_b367_a2e5_48f9_0001_u128.to_string();
    let found = apply(&[
        FOUR,
        &transfers(&[transfer(&looks_like_uuid, 1, 2, 5, "")]),
        r#"{"op":"lookup_transfers","ids":["000ce293-8f25-7fe4-b367-a2e548f90001"]}"#,
    ]);
    assert_eq!(found[2]["transfers"][0]["id"], json!(looks_like_uuid));

    // The same lines give the same ids in every run, so a later script can use them.
    let lines = apply(&[
        FOUR,
        &batch,
        r#"{"op":"create_accounts","events":[{"id":9,"ledger":1,"code":1},{"id":"new","ledger":1,"code":1}]}"#,
        &format!(r#"{{"op":"lookup_transfers","ids":["{}","{}"]}}"#, ids[0], ids[1]),
        &format!(r#"{{"op":"lookup_accounts","ids":["{account}"]}}"#),
    ]);
    assert_eq!(lines[3]["transfers"][0]["id"], ids[0]);
    assert_eq!(lines[3]["transfers"][1]["id"], ids[1]);
    assert_eq!(lines[4]["accounts"][0]["id"], account);
}

#[test]
fn omitted_ids_are_generated_and_returned() {
    let asked = [("new", 1, 2), ("new", 1, 9), ("new", 2, 2), ("new", 2, 1)];
    let events = asked.map(|(id, from, to)| transfer(format!("\"{id}\""), from, to, 5, ""));
    let batch = transfers(&events);
    let lines = apply(&[FOUR, &batch]);
    let refused = ["credit_account_not_found", "accounts_must_be_different"];
    assert_eq!(statuses(&lines[1]), ["created", refused[0], refused[1], "created"]);
    let results = lines[1]["results"].as_array().expect("it is a list");
    let ids: Vec<&str> = results.iter().map(|one| one["id"].as_str().expect("text")).collect();
    assert!(ids.is_sorted() && ids[0] != ids[1], "ids ascend: {ids:?}");
    let lookup = format!(r#"{{"op":"lookup_transfers","ids":{}}}"#, json!(ids));
    let found = apply(&[FOUR, &batch, &lookup]);
    let found = found[2]["transfers"].as_array().expect("it is a list");
    let found: Vec<_> = found.iter().map(|one| (&one["id"], &one["timestamp"])).collect();
    let created = [0, 3].map(|at| (&results[at]["id"], &results[at]["timestamp"]));
    assert_eq!(found, created, "those that were created, by their ids and timestamps");
}

#[test]
fn retry_returns_the_first_timestamp_and_rejected_id_is_consumed() {
    let lines = apply(&[
        FOUR,
        &transfers(&[transfer(7, 1, 2, 5, ""), transfer(8, 3, 1, 5, "")]),
        &transfers(&[transfer(7, 1, 2, 5, ""), transfer(7, 1, 2, 6, ""), transfer(8, 3, 1, 5, "")]),
        r#"{"op":"create_accounts","events":[{"id":3,"ledger":1,"code":10,"flags":2},{"id":3,"ledger":2,"code":10,"flags":2}]}"#,
    ]);
    assert_eq!(statuses(&lines[1]), ["created", "exceeds_credits"]);
    assert_eq!(
        statuses(&lines[2]),
        ["exists", "exists_with_different_amount", "id_already_failed"]
    );
    assert_eq!(lines[2]["results"][0]["timestamp"], lines[1]["results"][0]["timestamp"]);
    assert_eq!(statuses(&lines[3]), ["exists", "exists_with_different_ledger"]);
    assert_eq!(lines[3]["results"][0]["timestamp"], "3");
}

#[test]
fn expected_versions_match_lookups() {
    expect(
        &[
            FOUR,
            &transfers(&[
                transfer(7, 1, 2, 5, r#","expected_debit_version":0,"expected_credit_version":0"#),
                transfer(8, 1, 2, 5, r#","expected_debit_version":0"#),
                transfer(9, 1, 2, 5, r#","expected_credit_version":2"#),
                transfer(
                    10,
                    1,
                    2,
                    5,
                    r#","expected_debit_version":1,"expected_credit_version":"1""#,
                ),
            ]),
        ],
        &[
            &["created"; 4],
            &[
                "created",
                "debit_account_version_mismatch",
                "credit_account_version_mismatch",
                "created",
            ],
        ],
    );
}

#[test]
fn chains_pending_transfers_and_imports_succeed() {
    let linked = r#","flags":["linked"]"#;
    let post = r#","flags":["post_pending_transfer"],"pending_id":20"#;
    let void = r#","flags":["void_pending_transfer"],"pending_id":21"#;
    expect(
        &[
            FOUR,
            &transfers(&[
                transfer(7, 1, 2, 5, linked),
                transfer(8, 2, 3, 5, linked),
                transfer(9, 3, 2, 9, ""),
            ]),
            &transfers(&[transfer(7, 1, 2, 5, linked), transfer(8, 2, 3, 5, "")]),
            &transfers(&[transfer(10, 1, 2, 5, ""), transfer(11, 1, 2, 5, linked)]),
            &transfers(&[
                transfer(20, 1, 2, 5, r#","flags":["pending"]"#),
                transfer(21, 1, 2, 5, r#","flags":["pending"],"timeout":1"#),
                transfer(22, 0, 0, 3, post),
            ]),
        ],
        &[
            &["created"; 4],
            &["linked_event_failed", "linked_event_failed", "exceeds_credits"],
            &["created", "created"],
            &["created", "linked_event_chain_open"],
            &["created", "created", "created"],
        ],
    );
    let lines = apply(&[
        FOUR,
        &transfers(&[transfer(21, 1, 2, 5, r#","flags":["pending"],"timeout":1"#)]),
        r#"{"op":"tick","nanoseconds":1000000000}"#,
        &transfers(&[transfer(23, 0, 0, 0, void)]),
        r#"{"op":"create_accounts","events":[{"id":8,"ledger":1,"code":1,"flags":["imported"],"timestamp":900}]}"#,
    ]);
    assert_eq!(statuses(&lines[3]), ["pending_transfer_expired"]);
    assert_eq!(lines[4], json!({"results": [{"status": "created", "timestamp": "900"}]}));
}
