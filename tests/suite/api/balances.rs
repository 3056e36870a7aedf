//! Balances of a past moment, and those after each transfer of a batch.

use axum::Router;
use serde_json::{Value, json};

use super::client::{Answer, ask, secret, send};

const OPERATOR: [(&str, &str); 1] = [("authorization", "Bearer operator")];
const AUDITOR: [(&str, &str); 1] = [("authorization", "Bearer auditor")];
const AARON: [(&str, &str); 1] = [("authorization", "Bearer 1")];

async fn create(router: &Router, query: &str, events: Value) -> Answer {
    let body = json!({ "events": events }).to_string();
    send(router, "POST", &format!("/v1/transfers{query}"), &OPERATOR, body).await
}

fn pay(from: u128, to: u128, amount: u64, fields: Value) -> Value {
    let mut event = json!({ "id": "new", "debit_account_id": from.to_string(),
        "credit_account_id": to.to_string(), "amount": amount, "ledger": 1, "code": 9 });
    for (name, value) in fields.as_object().expect("an object") {
        event[name] = value.clone();
    }
    event
}

#[tokio::test]
async fn balance_of_a_past_moment_stays_what_it_was() {
    let (service, router) = secret();
    let [aaron, bryan] =
        ["aaron", "bryan"].map(|name| service.coins().id(name).expect("an account"));
    let balance = async |query: &str| {
        ask(&router, "GET", &format!("/v1/users/aaron/balance{query}"), &AARON).await.body
    };
    let figures = |answer: &Value| {
        let account = &answer["account"];
        ["debits_pending", "debits_posted", "credits_posted", "version"]
            .map(|name| account[name].as_str().expect("digits").parse::<u64>().expect("a number"))
    };
    let mut moments = Vec::new();
    for (event, expected) in [
        (pay(aaron, bryan, 100, json!({})), [0, 100, 1_000, 2]),
        (pay(aaron, bryan, 30, json!({"id": 7, "flags": ["pending"]})), [30, 100, 1_000, 3]),
        (pay(bryan, aaron, 50, json!({"id": 8})), [30, 100, 1_050, 4]),
        (
            json!({"id": 9, "pending_id": 7, "flags": ["post_pending_transfer"], "amount": 20}),
            [0, 120, 1_050, 5],
        ),
        (
            pay(aaron, bryan, 5, json!({"id": 10, "flags": ["pending"], "timeout": 1})),
            [5, 120, 1_050, 6],
        ),
        (
            json!({"id": 11, "pending_id": 10, "flags": ["void_pending_transfer"]}),
            [0, 120, 1_050, 7],
        ),
        (pay(aaron, bryan, 10_000, json!({})), [0, 120, 1_050, 7]),
    ] {
        let answer = create(&router, "", json!([event])).await;
        let at = answer.body["results"][0]["timestamp"].as_str().expect("digits").to_owned();
        moments.push((at, expected));
    }
    for (at, expected) in &moments {
        let answer = balance(&format!("?at={at}")).await;
        assert_eq!(figures(&answer), *expected, "at {at}: {answer}");
        assert_eq!(answer["timestamp"], json!(at));
    }
    let now = balance("").await;
    assert_eq!((&now["balance"], &now["available"]), (&json!("930"), &json!("930")));
    let held = balance(&format!("?at={}", moments[2].0)).await;
    assert_eq!((&held["balance"], &held["available"]), (&json!("950"), &json!("920")));
    let before: u64 = moments[0].0.parse().expect("a number");
    assert_eq!(balance(&format!("?at={}", before - 1)).await["balance"], "1000");

    // Nothing that comes later gets an earlier timestamp than a moment that was asked for.
    let now = balance("").await["timestamp"].as_str().expect("digits").parse::<u64>();
    let now = now.expect("a number");
    let after = create(&router, "", json!([pay(aaron, bryan, 1, json!({}))])).await;
    let at = after.body["results"][0]["timestamp"].as_str().expect("digits").parse::<u64>();
    assert!(at.expect("a number") > now);
    assert_eq!(balance(&format!("?at={now}")).await["balance"], "930");
}

#[tokio::test]
async fn past_balances_are_visible_as_accounts_are() {
    let (service, router) = secret();
    let [aaron, bryan] =
        ["aaron", "bryan"].map(|name| service.coins().id(name).expect("an account"));
    let status = async |path: String, caller: &[(&str, &str)]| {
        let answer = ask(&router, "GET", &path, caller).await;
        (answer.status.as_u16(), answer.text)
    };
    for (path, caller, expected) in [
        (format!("/v1/accounts/{aaron}/balance"), AARON, 200),
        (format!("/v1/accounts/{bryan}/balance"), AARON, 403),
        (format!("/v1/accounts/{bryan}/balance"), AUDITOR, 200),
        ("/v1/accounts/77/balance".to_owned(), AUDITOR, 404),
        ("/v1/users/bryan/balance".to_owned(), AARON, 403),
        ("/v1/users/nobody/balance".to_owned(), AARON, 403),
        ("/v1/users/bryan/balance".to_owned(), AUDITOR, 200),
        ("/v1/users/nobody/balance".to_owned(), AUDITOR, 404),
        ("/v1/users/aaron/balance?at=1".to_owned(), AARON, 404),
        ("/v1/users/aaron/balance?at=9223372036854775807".to_owned(), AARON, 422),
        ("/v1/users/aaron/balance?at=18446744073709551616".to_owned(), AARON, 422),
        ("/v1/users/aaron/balance?at=".to_owned(), AARON, 422),
        ("/v1/users/aaron/balance?at=%2B5".to_owned(), AARON, 422),
        ("/v1/users/aaron/balance?when=5".to_owned(), AARON, 400),
    ] {
        let (found, text) = status(path.clone(), &caller).await;
        assert_eq!(found, expected, "{path}: {text}");
    }
    let unknown = status("/v1/users/nobody/balance".to_owned(), &AARON).await;
    assert_eq!(unknown, status("/v1/users/bryan/balance".to_owned(), &AARON).await);
}

#[tokio::test]
async fn batch_answers_with_the_balances_after_each_transfer() {
    let (service, router) = secret();
    let [aaron, bryan] =
        ["aaron", "bryan"].map(|name| service.coins().id(name).expect("an account"));
    let events = json!([
        pay(aaron, bryan, 100, json!({"id": 7})),
        pay(aaron, bryan, 5_000, json!({})),
        pay(aaron, bryan, 30, json!({"id": 8, "flags": ["linked", "pending"]})),
        json!({"id": 9, "pending_id": 8, "flags": ["post_pending_transfer"], "amount": 10}),
        pay(aaron, 77, 1, json!({})),
        pay(aaron, bryan, 100, json!({"id": 7})),
    ]);
    let expected = [
        ("created", Some([(0, 100), (2, 1_100)])),
        ("exceeds_credits", Some([(0, 100), (2, 1_100)])),
        ("created", Some([(30, 100), (3, 1_100)])),
        ("created", Some([(0, 110), (4, 1_110)])),
        ("credit_account_not_found", None),
        ("exists", None),
    ];
    // A dry run answers the same, and changes nothing.
    for query in ["?balances=true&dry_run=true", "?balances=true"] {
        let answer = create(&router, query, events.clone()).await;
        let rows = answer.body["balances"].as_array().expect("a list");
        assert_eq!(rows.len(), expected.len(), "{query}");
        for (index, (status, accounts)) in expected.iter().enumerate() {
            let (result, row) = (&answer.body["results"][index], &rows[index]);
            assert_eq!(result["status"], *status, "{query} {index}");
            let Some([(pending, posted), (version, received)]) = accounts else {
                let is_dry_run = query.contains("dry_run");
                assert!(
                    is_dry_run || row.get("credit_account").is_none(),
                    "{query} {index}: {row}"
                );
                continue;
            };
            let (debit, credit) = (&row["debit_account"], &row["credit_account"]);
            assert_eq!(debit["name"], "aaron");
            let found = ["debits_pending", "debits_posted"].map(|name| debit[name].clone());
            assert_eq!(
                found,
                [json!(pending.to_string()), json!(posted.to_string())],
                "{query} {index}"
            );
            let found = ["version", "credits_posted"].map(|name| credit[name].clone());
            assert_eq!(
                found,
                [json!(version.to_string()), json!(received.to_string())],
                "{query} {index}"
            );
        }
    }
    let without = create(&router, "", events).await;
    assert!(without.body.get("balances").is_none());
}

#[tokio::test]
async fn user_sees_only_the_own_account_after_a_transfer() {
    let (service, router) = secret();
    let [aaron, bryan] =
        ["aaron", "bryan"].map(|name| service.coins().id(name).expect("an account"));
    let body = json!({ "events": [pay(aaron, bryan, 1, json!({}))] }).to_string();
    for query in ["?balances=true", "?balances=true&dry_run=true"] {
        let path = format!("/v1/transfers{query}");
        let answer = send(&router, "POST", &path, &AARON, body.clone()).await;
        let row = &answer.body["balances"][0];
        assert_eq!(row["debit_account"]["id"], aaron.to_string());
        assert!(row.get("credit_account").is_none(), "{row}");
    }
}

#[tokio::test]
async fn key_replays_the_balances_of_the_first_response() {
    let (service, router) = secret();
    let [aaron, bryan] =
        ["aaron", "bryan"].map(|name| service.coins().id(name).expect("an account"));
    let body = json!({ "events": [pay(aaron, bryan, 1, json!({}))] }).to_string();
    let headers = [OPERATOR[0], ("idempotency-key", "one")];
    let path = "/v1/transfers?balances=true";
    let first = send(&router, "POST", path, &headers, body.clone()).await;
    create(&router, "", json!([pay(aaron, bryan, 1, json!({}))])).await;
    let again = send(&router, "POST", path, &headers, body).await;
    assert_eq!(again.header("idempotency-replayed"), "true");
    assert_eq!(again.text, first.text);
}
