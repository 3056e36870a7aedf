//! `/v1`, the whole model over HTTP.

use axum::Router;
use serde_json::{Value, json};

use super::client::{Answer, ask, demo, send};

const OPERATOR: [(&str, &str); 1] = [("authorization", "Bearer operator")];
const AARON: [(&str, &str); 1] = [("authorization", "Bearer 1")];

async fn post(router: &Router, path: &str, body: &Value) -> Answer {
    send(router, "POST", path, &OPERATOR, body.to_string()).await
}

fn transfer(debit: &str, credit: &str, amount: u64) -> Value {
    json!({
        "id": "new", "debit_account_id": debit, "credit_account_id": credit, "amount": amount,
        "ledger": 1, "code": 1,
    })
}

/// Returns the ids of aaron's and bryan's accounts.
async fn both(router: &Router) -> [String; 2] {
    let mut ids = Vec::new();
    for token in ["1", "2"] {
        let me = ask(router, "GET", "/v1/me", &[("authorization", token)]).await.body;
        assert_eq!(me["role"], "user");
        ids.push(me["account_id"].as_str().expect("digits").to_owned());
    }
    ids.try_into().expect("there are two")
}

#[tokio::test]
async fn accounts_and_transfers_are_created_looked_up_and_queried() {
    let (service, router) = demo();
    let accounts = json!({ "events": [
        { "id": 1_000_001, "ledger": 7, "code": 10, "flags": ["history"] },
        { "id": 1_000_002, "ledger": 7, "code": 10 },
        { "id": 0, "ledger": 7, "code": 10 },
    ]});
    let created = post(&router, "/v1/accounts", &accounts).await;
    let results = created.body["results"].as_array().expect("a list");
    let statuses: Vec<_> = results.iter().map(|result| result["status"].clone()).collect();
    assert_eq!(statuses, ["created", "created", "id_must_not_be_zero"]);

    let event = |id: u64, amount: u64| {
        json!({ "id": id, "debit_account_id": 1_000_001, "credit_account_id": 1_000_002,
            "amount": amount, "ledger": 7, "code": 1 })
    };
    let batch = json!({ "events": [event(5, 30), event(5, 30), event(5, 31), event(6, 12)] });
    let created = post(&router, "/v1/transfers", &batch).await;
    let results = created.body["results"].as_array().expect("a list");
    let statuses: Vec<_> = results.iter().map(|result| result["status"].as_str()).collect();
    let expected = ["created", "exists", "exists_with_different_amount", "created"].map(Some);
    assert_eq!(statuses, expected);
    assert_eq!(
        results[0]["timestamp"], results[1]["timestamp"],
        "a retry is answered as the first"
    );

    let found = post(&router, "/v1/accounts/lookup", &json!({ "ids": [1_000_002, 9] })).await;
    let rows = found.body["accounts"].as_array().expect("a list");
    assert_eq!((rows.len(), &rows[0]["credits_posted"]), (1, &json!("42")));
    let filter = json!({ "filter": { "ledger": 7, "limit": 9 } });
    let found = post(&router, "/v1/transfers/query", &filter).await;
    assert_eq!(found.body["transfers"].as_array().map(Vec::len), Some(2));
    let filter = json!({ "filter": { "account_id": 1_000_001, "limit": 9, "flags": ["debits"] } });
    let found = post(&router, "/v1/accounts/balances", &filter).await;
    let balances = found.body["balances"].as_array().expect("a list");
    assert_eq!(balances.last().map(|row| &row["debits_posted"]), Some(&json!("42")));

    let one = ask(&router, "GET", "/v1/transfers/6", &OPERATOR).await;
    assert_eq!(one.body["transfers"][0]["amount"], "12");
    let none = ask(&router, "GET", "/v1/transfers/7", &OPERATOR).await;
    assert_eq!((none.status.as_u16(), &none.body["code"]), (404, &json!("not_found")));
    let result = ask(&router, "POST", "/v1/verify", &OPERATOR).await.body;
    assert_eq!(result["identical"], true, "{result}");
    let entries = service.coins().ledger().trail().count_entries();
    assert_eq!(result["entries"], entries.to_string());
}

#[tokio::test]
async fn stale_version_fails_the_precondition() {
    let (service, router) = demo();
    let [aaron, bryan] = both(&router).await;
    let path = format!("/v1/accounts/{aaron}");
    let tag = ask(&router, "GET", &path, &AARON).await.header("etag").to_owned();
    assert!(tag.starts_with('"') && tag.ends_with('"'), "{tag}");
    let body = json!({ "events": [transfer(&aaron, &bryan, 10)] }).to_string();
    let headers = [AARON[0], ("if-match", tag.as_str())];
    let moved = send(&router, "POST", "/v1/transfers", &headers, body.clone()).await;
    assert_eq!(
        (moved.status.as_u16(), &moved.body["results"][0]["status"]),
        (200, &json!("created"))
    );
    let again = send(&router, "POST", "/v1/transfers", &headers, body.clone()).await;
    let status = &again.body["results"][0]["status"];
    assert_eq!((again.status.as_u16(), status), (412, &json!("debit_account_version_mismatch")));
    assert_eq!(service.coins().balance("aaron").expect("he has an account"), 990);
    for value in ["7", "\"7", "*, \"7\""] {
        let headers = [AARON[0], ("if-match", value)];
        let answer = send(&router, "POST", "/v1/transfers", &headers, body.clone()).await;
        assert_eq!(
            (answer.status.as_u16(), &answer.body["field"]),
            (400, &json!("If-Match")),
            "{value}"
        );
    }
    // A tag that no account has, an old version, a weak tag of the current one, and lists of these.
    let current = ask(&router, "GET", &path, &AARON).await.header("etag").to_owned();
    let weak = format!("W/{current}");
    for value in ["\"x\"", &*tag, &*weak, &*format!("{tag}, \"x\", {weak}")] {
        let headers = [AARON[0], ("if-match", value)];
        let answer = send(&router, "POST", "/v1/transfers", &headers, body.clone()).await;
        assert_eq!(answer.status.as_u16(), 412, "{value}");
    }
    assert_eq!(service.coins().balance("aaron").expect("he has an account"), 990);
    for is_list in [false, true] {
        let current = ask(&router, "GET", &path, &AARON).await.header("etag").to_owned();
        let value = if is_list { format!("{tag}, {current}") } else { "*".to_owned() };
        let headers = [AARON[0], ("if-match", value.as_str())];
        let answer = send(&router, "POST", "/v1/transfers", &headers, body.clone()).await;
        assert_eq!(answer.status.as_u16(), 200, "{value}");
        assert_eq!(answer.body["results"][0]["status"], "created", "{value}");
    }
    assert_eq!(service.coins().balance("aaron").expect("he has an account"), 970);
    let two = transfer(&aaron, &bryan, 1);
    let two = json!({ "events": [two.clone(), two] }).to_string();
    let answer = send(&router, "POST", "/v1/transfers", &headers, two).await;
    assert_eq!(answer.status.as_u16(), 400);
}

#[tokio::test]
async fn invalid_bodies_are_problems() {
    let (service, router) = demo();
    let before = service.coins().ledger().trail().count_entries();
    let many = format!("{{\"events\":[{}]}}", vec!["{}"; 8_190].join(","));
    let deep = format!("{{\"events\":{}{}}}", "[".repeat(1_000_000), "]".repeat(1_000_000));
    for (body, status, field) in [
        ("", 400, None),
        ("{", 400, None),
        ("[]", 422, None),
        ("{}", 422, Some("events")),
        (r#"{"events":[{"amount":-1}]}"#, 422, Some("events[0].amount")),
        (
            r#"{"events":[{"amount":"340282366920938463463374607431768211456"}]}"#,
            422,
            Some("events[0].amount"),
        ),
        (r#"{"events":[{"amuont":1}]}"#, 422, Some("events[0].amuont")),
        (r#"{"events":[{"id":1,"id":2}]}"#, 422, Some("events[0].id")),
        (r#"{"op":"tick","events":[]}"#, 422, Some("op")),
        (r#"{"ids":[1]}"#, 422, Some("ids")),
        (many.as_str(), 413, Some("events")),
        (deep.as_str(), 422, Some("events[0]")),
    ] {
        let answer = send(&router, "POST", "/v1/transfers", &OPERATOR, body.to_owned()).await;
        let shown: String = body.chars().take(60).collect();
        assert_eq!(answer.status.as_u16(), status, "{shown}: {}", answer.text);
        assert_eq!(answer.body["field"].as_str(), field, "{shown}: {}", answer.text);
        assert_eq!(answer.header("content-type"), "application/problem+json", "{shown}");
    }
    let answer = send(&router, "POST", "/v1/transfers", &OPERATOR, vec![b'{', 0xff]).await;
    assert_eq!((answer.status.as_u16(), &answer.body["code"]), (400, &json!("bad_body")));
    assert_eq!(service.coins().ledger().trail().count_entries(), before, "the ledger is unchanged");
}

#[tokio::test]
async fn trail_is_exported_whole_and_filtered() {
    let (service, router) = demo();
    let [aaron, bryan] = both(&router).await;
    // More than one page.
    for _ in 0..3 {
        let events = vec![transfer(&aaron, &bryan, 0); 5_000];
        let created = post(&router, "/v1/transfers", &json!({ "events": events })).await;
        assert_eq!(created.status.as_u16(), 200, "{}", created.text);
    }
    let entries = service.coins().ledger().trail().count_entries() as usize;
    assert!(entries > 15_000);
    let all = ask(&router, "GET", "/v1/trail", &OPERATOR).await;
    assert_eq!(all.header("content-type"), "application/x-ndjson");
    assert_eq!(all.text.lines().count(), entries);
    let csv = ask(&router, "GET", "/v1/trail?format=csv", &OPERATOR).await;
    assert_eq!(csv.text.lines().count(), entries + 1);
    assert_eq!(csv.text.matches("writer,position,kind").count(), 1);
    for (query, lines) in [
        ("limit=0", 0),
        ("limit=1", 1),
        ("limit=9000", 9_000),
        ("kind=transfer&status=created&limit=10", 10),
        ("status=exceeds_credits", 0),
    ] {
        let some = ask(&router, "GET", &format!("/v1/trail?{query}"), &OPERATOR).await;
        assert_eq!((some.status.as_u16(), some.text.lines().count()), (200, lines), "{query}");
    }
    for (query, field) in [
        ("kind=extension", Some("kind")),
        ("status=lost", Some("status")),
        ("limit=x", Some("limit")),
        ("format=xml", Some("format")),
        ("writer=400", None),
    ] {
        let wrong = ask(&router, "GET", &format!("/v1/trail?{query}"), &OPERATOR).await;
        assert_eq!((wrong.status.as_u16(), wrong.body["field"].as_str()), (422, field), "{query}");
    }
    let wrong = ask(&router, "GET", "/v1/trail?colour=red", &OPERATOR).await;
    assert_eq!((wrong.status.as_u16(), &wrong.body["field"]), (400, &json!("colour")));
}

#[tokio::test]
async fn snapshot_has_every_account_and_balances() {
    let (_, router) = demo();
    let taken = ask(&router, "GET", "/v1/snapshot", &OPERATOR).await.body;
    let rows = taken["accounts"].as_array().expect("a list");
    let number = |text: &Value| text.as_str().and_then(|text| text.parse::<u64>().ok());
    let sum = |field: &str| -> u64 {
        rows.iter().map(|row| number(&row[field]).expect("digits in a string")).sum()
    };
    assert_eq!((sum("debits_posted"), sum("credits_posted")), (2_000, 2_000));
    assert!(rows.iter().any(|row| row["name"] == "aaron" && row["credits_posted"] == "1000"));
}

#[tokio::test]
async fn ids_are_read_in_every_form_and_answered_as_digits() {
    let (_, router) = demo();
    let [aaron, bryan] = both(&router).await;
    // The second id has the bits of a UUID of version 7.
    let uuids = ["6ba7b810-9dad-11d1-80b4-00c04fd430c8", "000ce293-8f25-7fe4-b367-a2e548f90001"];
    for uuid in uuids {
        let number = u128::from_str_radix(&uuid.replace('-', ""), 16).expect("it is hexadecimal");
        let digits = number.to_string();
        let create = async |id: &str| {
            let event = transfer(&aaron, &bryan, 1).to_string().replace("\"new\"", id);
            let body = format!("{{\"events\":[{event}]}}");
            let answer = send(&router, "POST", "/v1/transfers", &AARON, body).await;
            answer.body["results"][0]["status"].clone()
        };
        assert_eq!(create(&digits).await, "created");
        for form in [digits.clone(), format!("\"{digits}\""), format!("\"{uuid}\"")] {
            assert_eq!(create(&form).await, "exists", "{form}");
            let ids = format!("{{\"ids\":[{form}]}}");
            let found = send(&router, "POST", "/v1/transfers/lookup", &AARON, ids).await;
            assert_eq!(found.body["transfers"][0]["id"], digits, "{form}");
        }
        for form in [&digits, uuid, &uuid.to_uppercase()] {
            let one = ask(&router, "GET", &format!("/v1/transfers/{form}"), &AARON).await;
            assert_eq!(one.body["transfers"][0]["id"], digits, "{form}: {}", one.text);
            let path = format!("/v1/trail?account_id={aaron}&id={form}&limit=1");
            let line = ask(&router, "GET", &path, &AARON).await;
            assert_eq!(line.body["id"], digits, "{form}: {}", line.text);
        }
        // Hexadecimal digits without hyphens could also be decimal digits, so they are in no form.
        for form in [uuid.replace('-', ""), format!("urn:uuid:{uuid}"), format!("+{digits}")] {
            let one = ask(&router, "GET", &format!("/v1/transfers/{form}"), &AARON).await;
            assert_eq!((one.status.as_u16(), &one.body["code"]), (422, &json!("bad_id")), "{form}");
        }
    }
}

#[tokio::test]
async fn type_of_a_number_does_not_depend_on_its_value() {
    let (_, router) = demo();
    let accounts = json!({ "events": [
        { "id": 1_000_001, "ledger": 7, "code": 10, "flags": ["history"] },
        { "id": u64::MAX.to_string(), "ledger": 7, "code": 10, "flags": ["history"] },
    ]});
    post(&router, "/v1/accounts", &accounts).await;
    let event = |id: u32, amount: u128, user_data: u64| {
        json!({ "id": id, "debit_account_id": 1_000_001, "credit_account_id": u64::MAX.to_string(), "ledger": 7,
            "amount": amount.to_string(), "user_data_64": user_data, "code": 1 })
    };
    let events = [event(1, 0, 0), event(2, (1 << 53) - 1, 5), event(3, 1 << 100, u64::MAX)];
    post(&router, "/v1/transfers", &json!({ "events": events })).await;
    let filter = json!({ "filter": { "ledger": 7, "limit": 9 } });
    let of_account =
        json!({ "filter": { "account_id": 1_000_001, "limit": 9, "flags": ["debits"] } });
    let mut lists = vec![];
    for (path, list, filter) in [
        ("/v1/transfers/query", "transfers", &filter),
        ("/v1/accounts/query", "accounts", &filter),
        ("/v1/accounts/balances", "balances", &of_account),
    ] {
        lists.push(post(&router, path, filter).await.body[list].clone());
    }
    lists.push(ask(&router, "GET", "/v1/snapshot", &OPERATOR).await.body["accounts"].clone());
    let trail = ask(&router, "GET", "/v1/trail?kind=transfer", &OPERATOR).await.text;
    let lines = trail.lines().map(|line| serde_json::from_str::<Value>(line).expect("it is JSON"));
    lists.push(lines.collect());
    let health = ask(&router, "GET", "/v1/health", &OPERATOR).await.body;
    lists.push(json!([health["components"]["trail"], { "timestamp": health["uptime_ns"] }]));
    let narrow = ["user_data_32", "reserved", "ledger", "code", "timeout", "writer"];
    let texts = ["kind", "status", "name", "message"];
    for row in lists.iter().flat_map(|list| list.as_array().expect("it is a list")) {
        for (field, value) in row.as_object().expect("it is an object") {
            let is_right = match value {
                Value::Number(_) => narrow.contains(&&**field),
                Value::String(text) => {
                    texts.contains(&&**field) || text.bytes().all(|byte| byte.is_ascii_digit())
                }
                _ => ["flags", "entry_flags", "extension", "name"].contains(&&**field),
            };
            assert!(is_right, "{field} in {row}");
        }
    }
}
