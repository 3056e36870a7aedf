//! Dry runs of a batch.

use axum::Router;
use ledgerlab::api::{Quotas, Service, ServiceConfig, Users, router};
use serde_json::{Value, json};

use super::client::{Answer, secret, send};

const OPERATOR: &str = "Bearer operator";
const AARON: &str = "Bearer 1";

async fn create(router: &Router, token: &str, query: &str, events: &Value) -> Answer {
    let body = json!({ "events": events }).to_string();
    send(router, "POST", &format!("/v1/transfers{query}"), &[("authorization", token)], body).await
}

fn statuses(answer: &Answer) -> Vec<String> {
    let results = answer.body["results"].as_array().expect("a list").iter();
    results.map(|one| one["status"].as_str().expect("text").to_owned()).collect()
}

/// Transfers of every kind, whose outcomes depend on those before them.
fn batch(aaron: u128, bryan: u128) -> Value {
    let [aaron, bryan] = [aaron, bryan].map(|id| id.to_string());
    let pay = |id: u64, amount: u64, flags: Value| {
        json!({ "id": id, "debit_account_id": aaron, "credit_account_id": bryan,
            "amount": amount, "ledger": 1, "code": 9, "flags": flags })
    };
    let end = |id: u64, pending_id: u64, flag: &str| json!({ "id": id, "pending_id": pending_id, "flags": [flag] });
    json!([
        pay(1, 400, json!([])),
        pay(1, 400, json!([])),
        pay(2, 700, json!([])),
        pay(2, 1, json!([])),
        pay(3, 500, json!(["pending"])),
        pay(4, 200, json!([])),
        end(5, 3, "void_pending_transfer"),
        end(6, 3, "void_pending_transfer"),
        pay(7, 100, json!(["linked"])),
        pay(8, 900, json!([])),
        pay(7, 1, json!([])),
        pay(9, 100, json!(["linked", "pending"])),
        end(10, 9, "post_pending_transfer"),
        pay(11, 9_999, json!(["balancing_debit"])),
        pay(12, 0, json!(["pending", "closing_debit"])),
        pay(13, 1, json!([])),
        end(14, 12, "void_pending_transfer"),
        pay(15, 1, json!(["linked"])),
    ])
}

#[tokio::test]
async fn dry_run_has_the_outcomes_of_the_batch_and_changes_nothing() {
    let (service, router) = secret();
    let [aaron, bryan] =
        ["aaron", "bryan"].map(|name| service.coins().id(name).expect("an account"));
    let events = batch(aaron, bryan);
    let ledger = service.coins().ledger();
    let before = (ledger.trail().len(), ledger.accounts().collect::<Vec<_>>());
    let expected = create(&router, OPERATOR, "?dry_run=true", &events).await;
    assert_eq!((ledger.trail().len(), ledger.accounts().collect::<Vec<_>>()), before);
    let again = create(&router, OPERATOR, "?dry_run=true", &events).await;
    assert_eq!(statuses(&again), statuses(&expected), "no id is used up");
    let found = create(&router, OPERATOR, "", &events).await;
    assert_eq!(statuses(&found), statuses(&expected));
    let kinds: std::collections::BTreeSet<_> = statuses(&found).into_iter().collect();
    assert!(kinds.len() > 7, "{kinds:?}");
    // What the ledger contains by now is part of the next one.
    let expected = create(&router, OPERATOR, "?dry_run=true", &events).await;
    let found = create(&router, OPERATOR, "", &events).await;
    assert_eq!(statuses(&found), statuses(&expected));
    assert!(statuses(&found).iter().any(|status| status == "exists"));
}

#[tokio::test]
async fn dry_run_of_an_import_and_of_a_chain() {
    let (service, router) = secret();
    let [aaron, bryan] =
        ["aaron", "bryan"].map(|name| service.coins().id(name).expect("an account").to_string());
    let created = service.coins().ledger().accounts().last().expect("an account").timestamp;
    let event = |id: u64, timestamp: u64| {
        json!({ "id": id, "debit_account_id": aaron, "credit_account_id": bryan, "amount": 1,
            "ledger": 1, "code": 9, "flags": ["imported"], "timestamp": timestamp })
    };
    let last = service.coins().ledger().trail().last_timestamp();
    let events =
        json!([event(1, last + 2), event(2, last + 1), event(3, created), event(4, last + 3)]);
    let expected = create(&router, OPERATOR, "?dry_run=true", &events).await;
    let found = create(&router, OPERATOR, "", &events).await;
    assert_eq!(statuses(&found), statuses(&expected));
    assert_eq!(
        statuses(&found)[..2],
        ["created", "imported_event_timestamp_must_not_regress"].map(str::to_owned)
    );

    let plain = |amount: u64| {
        json!({ "id": "new", "debit_account_id": aaron, "credit_account_id": bryan,
            "amount": amount, "ledger": 1, "code": 9 })
    };
    let events = json!([plain(1), plain(5_000)]);
    let answer = create(&router, AARON, "?dry_run=true&all_or_nothing=true", &events).await;
    assert_eq!(statuses(&answer), ["linked_event_failed", "exceeds_credits"]);
    assert!(answer.body["results"][0].get("id").is_none(), "no id was made: {}", answer.text);
}

#[tokio::test]
async fn dry_run_needs_the_rights_of_the_batch_and_tells_no_more() {
    let (service, router) = secret();
    let [aaron, bryan] =
        ["aaron", "bryan"].map(|name| service.coins().id(name).expect("an account").to_string());
    let event = |id: Value, from: &str, to: &str| {
        json!([{ "id": id, "debit_account_id": from, "credit_account_id": to, "amount": 1,
            "ledger": 1, "code": 9 }])
    };
    let foreign =
        create(&router, AARON, "?dry_run=true", &event(json!("new"), &bryan, &aaron)).await;
    assert_eq!(foreign.status.as_u16(), 403, "{}", foreign.text);
    // A transfer of an operator that does not concern aaron.
    create(&router, OPERATOR, "", &event(json!(2_001), "1", &bryan)).await;
    let answer =
        create(&router, AARON, "?dry_run=true", &event(json!(2_001), &aaron, &bryan)).await;
    assert_eq!(statuses(&answer), ["id_already_failed"]);
    for query in ["?dry_run=1", "?balances=yes"] {
        let answer = create(&router, AARON, query, &event(json!("new"), &aaron, &bryan)).await;
        assert_eq!(answer.status.as_u16(), 422, "{query}: {}", answer.text);
    }
}

#[tokio::test]
async fn dry_runs_count_towards_the_attempts_a_second() {
    let quotas = Quotas { attempts_per_second: 1, trail_percent: 100 };
    let config = ServiceConfig { quotas, ..ServiceConfig::default() };
    let service = Service::open(config, Users::demo(), || 1_700_000_000_000_000_000);
    let service = service.expect("it opens");
    let [aaron, bryan] =
        ["aaron", "bryan"].map(|name| service.coins().id(name).expect("an account").to_string());
    let router = router(service);
    let event = json!({ "id": "new", "debit_account_id": aaron, "credit_account_id": bryan,
        "amount": 1, "ledger": 1, "code": 9 });
    let many = Value::Array(vec![event.clone(); 8_189]);
    let first = create(&router, AARON, "?dry_run=true", &many).await;
    assert_eq!(first.status.as_u16(), 200);
    let next = create(&router, AARON, "?dry_run=true", &many).await;
    assert_eq!((next.status.as_u16(), &next.body["code"]), (429, &json!("too_many_attempts")));
}
