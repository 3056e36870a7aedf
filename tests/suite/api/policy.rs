//! Which transfers a user may create at `/v1/transfers`, by their effect.

use axum::Router;
use serde_json::{Value, json};

use super::client::{Answer, ask, secret, send};

const OPERATOR: &str = "Bearer operator";
const AARON: &str = "Bearer 1";

/// Pending transfers that an operator has created.
const AARON_TO_BRYAN: u64 = 1_001;
const BRYAN_TO_AARON: u64 = 1_002;
const CLOSES_AARON: u64 = 1_003;
const CLOSES_BRYAN: u64 = 1_004;

async fn create(router: &Router, token: &str, events: Value) -> Answer {
    let body = json!({ "events": events }).to_string();
    send(router, "POST", "/v1/transfers", &[("authorization", token)], body).await
}

/// Two accounts of users with pending transfers between them. Returns the ids of aaron, bryan and
/// `@world`.
async fn ledger() -> (Router, [u64; 3]) {
    let (service, router) = secret();
    let [aaron, bryan] =
        ["aaron", "bryan"].map(|name| service.coins().id(name).expect("an account") as u64);
    let pending = |id, from, to, flags: Value| {
        json!({ "id": id, "debit_account_id": from, "credit_account_id": to,
            "amount": 100, "ledger": 1, "code": 9, "flags": flags })
    };
    let holds = json!([
        pending(AARON_TO_BRYAN, aaron, bryan, json!(["pending"])),
        pending(BRYAN_TO_AARON, bryan, aaron, json!(["pending"])),
    ]);
    let answer = create(&router, OPERATOR, holds).await;
    assert_eq!(answer.body["results"][1]["status"], "created", "{}", answer.text);
    (router, [aaron, bryan, 1])
}

/// A transfer of one coin from aaron to bryan, with other fields.
fn event(debit: u64, credit: u64, fields: Value) -> Value {
    let mut event = json!({ "id": "new", "debit_account_id": debit, "credit_account_id": credit,
        "amount": 1, "ledger": 1, "code": 9 });
    for (name, value) in fields.as_object().expect("an object") {
        event[name] = value.clone();
    }
    event
}

#[tokio::test]
async fn user_may_only_create_transfers_of_the_allowed_effects() {
    let (router, [aaron, bryan, world]) = ledger().await;
    let post = |id: u64, amount: u64| json!({ "pending_id": id, "flags": ["post_pending_transfer"], "amount": amount });
    let void =
        |id: u64| json!({ "pending_id": id, "flags": ["void_pending_transfer"], "amount": 0 });
    for (name, event, field) in [
        ("debits another's account", event(bryan, aaron, json!({})), "debit_account_id"),
        ("debits @world", event(world, aaron, json!({})), "debit_account_id"),
        ("credits @world", event(aaron, world, json!({})), "credit_account_id"),
        (
            "holds for @world",
            event(aaron, world, json!({"flags": ["pending"]})),
            "credit_account_id",
        ),
        ("has a deposit's code", event(aaron, bryan, json!({"code": 16})), "code"),
        ("has a withdrawal's code", event(aaron, bryan, json!({"code": 17})), "code"),
        ("has a payment's code", event(aaron, bryan, json!({"code": 19})), "code"),
        ("imports", event(aaron, bryan, json!({"flags": ["imported"], "timestamp": 1})), "flags"),
        ("closes", event(aaron, bryan, json!({"flags": ["pending", "closing_debit"]})), "flags"),
        (
            "depends on another's balance",
            event(aaron, bryan, json!({"flags": ["balancing_credit"]})),
            "flags",
        ),
        (
            "depends on another's version",
            event(aaron, bryan, json!({"expected_credit_version": 1})),
            "expected_credit_version",
        ),
        ("releases its own hold", event(aaron, bryan, void(AARON_TO_BRYAN)), "pending_id"),
        ("posts nothing of its hold", event(aaron, bryan, post(AARON_TO_BRYAN, 0)), "pending_id"),
        ("releases it without accounts", event(0, 0, void(AARON_TO_BRYAN)), "pending_id"),
        ("ends what does not exist", event(aaron, bryan, void(77)), "pending_id"),
    ] {
        for events in [json!([event]), json!([event_in_chain(aaron, bryan), event])] {
            let index = events.as_array().expect("a list").len() - 1;
            let answer = create(&router, AARON, events).await;
            assert_eq!(answer.status.as_u16(), 403, "a user {name}: {}", answer.text);
            assert_eq!(answer.body["field"], format!("events[{index}].{field}"), "{name}");
        }
    }
    for (name, event) in [
        ("transfers", event(aaron, bryan, json!({}))),
        ("has the code of transfers", event(aaron, bryan, json!({"code": 18}))),
        ("holds", event(aaron, bryan, json!({"flags": ["pending"]}))),
        ("balances its own debit", event(aaron, bryan, json!({"flags": ["balancing_debit"]}))),
        ("posts a hold for it", event(0, 0, post(BRYAN_TO_AARON, 60))),
    ] {
        let answer = create(&router, AARON, json!([event])).await;
        assert_eq!(
            answer.body["results"][0]["status"], "created",
            "a user {name}: {}",
            answer.text
        );
    }
}

#[tokio::test]
async fn user_cannot_find_a_balance_by_amounts_that_overflow() {
    // `overflows_credits_posted` comes before `exceeds_credits`, so trying amounts near 2^128 told what
    // another user had received, to the coin, and a dry run left no trace of it.
    let (router, [aaron, bryan, _]) = ledger().await;
    let tried = async |fields: Value| {
        let event = event(aaron, bryan, fields);
        let body = json!({ "events": [event] }).to_string();
        let caller = [("authorization", AARON)];
        send(&router, "POST", "/v1/transfers?dry_run=true", &caller, body).await
    };
    for flags in [json!([]), json!(["pending"])] {
        for below in [0, 1_000, 10_000] {
            let amount = (u128::MAX - below).to_string();
            let answer = tried(json!({ "amount": amount, "flags": flags })).await;
            assert_eq!(answer.status.as_u16(), 403, "{}", answer.text);
            assert_eq!(answer.body["field"], "events[0].amount");
        }
        let amount = ((1u128 << 127) - 1).to_string();
        let answer = tried(json!({ "amount": amount, "flags": flags })).await;
        assert_eq!(answer.body["results"][0]["status"], "exceeds_credits", "{}", answer.text);
    }
    // That is how a user sends everything, and it tells nothing.
    let all = json!({ "amount": u128::MAX.to_string(), "flags": ["balancing_debit"] });
    let answer = tried(all).await;
    assert_eq!(answer.body["results"][0]["status"], "created", "{}", answer.text);
}

fn event_in_chain(debit: u64, credit: u64) -> Value {
    event(debit, credit, json!({"flags": ["linked"]}))
}

#[tokio::test]
async fn user_cannot_reopen_an_account() {
    let (router, [aaron, bryan, _]) = ledger().await;
    let close = |id: u64, debit, credit, flag| {
        json!([{ "id": id, "debit_account_id": debit, "credit_account_id": credit, "amount": 0,
            "ledger": 1, "code": 9, "flags": ["pending", flag] }])
    };
    for (id, debit, credit, flag) in [
        (CLOSES_AARON, aaron, bryan, "closing_debit"),
        (CLOSES_BRYAN, aaron, bryan, "closing_credit"),
    ] {
        let answer = create(&router, OPERATOR, close(id, debit, credit, flag)).await;
        let status = answer.body["results"][0]["status"].as_str().expect("a status").to_owned();
        for token in [AARON, "Bearer 2"] {
            let void = json!({ "pending_id": id, "flags": ["void_pending_transfer"], "amount": 0 });
            let answer = create(&router, token, json!([event(0, 0, void)])).await;
            assert_eq!(answer.status.as_u16(), 403, "{status} {flag}: {}", answer.text);
        }
    }
}

#[tokio::test]
async fn recipients_balance_is_hidden_from_a_user() {
    let (_, router) = secret();
    let path = |name: &str, to: &str| {
        format!("/account/coins/transfer?username={name}&from={name}&to={to}&amount=5")
    };
    let as_user =
        send(&router, "POST", &path("aaron", "bryan"), &[("authorization", "1")], "").await;
    let (own, other) = (&as_user.body["FromBalance"], &as_user.body["ToBalance"]);
    assert_eq!((as_user.status.as_u16(), own, other), (200, &json!(995), &Value::Null));
}

#[tokio::test]
async fn others_versions_are_hidden_in_a_users_trail() {
    let (router, [aaron, bryan, _]) = ledger().await;
    // Created, rejected, and posted without naming the accounts.
    let posted = json!({ "id": 2_000_001, "pending_id": BRYAN_TO_AARON, "amount": 5, "flags": ["post_pending_transfer"] });
    let events = json!([
        event(aaron, bryan, json!({ "amount": 1 })),
        event(aaron, bryan, json!({ "amount": 1_u64 << 40 })),
        event(aaron, bryan, json!({ "amount": 1, "expected_debit_version": 1_u64 << 40 })),
    ]);
    create(&router, AARON, events).await;
    let answer = create(&router, OPERATOR, json!([posted])).await;
    assert_eq!(answer.body["results"][0]["status"], "created", "{}", answer.text);
    let trail = async |token: &str, format: &str| {
        let path = format!("/v1/trail?account_id={aaron}&kind=transfer&format={format}");
        ask(&router, "GET", &path, &[("authorization", token)]).await.text
    };
    let read = |text: String| -> Vec<Value> {
        text.lines().map(|line| serde_json::from_str(line).expect("it is JSON")).collect()
    };
    let (own, all) = (read(trail(AARON, "ndjson").await), read(trail(OPERATOR, "ndjson").await));
    assert_eq!((own.len(), all.len()), (7, 7));
    let mut seen = 0;
    for (mut own, mut all) in own.into_iter().zip(all) {
        // The posting entry names no account: its debit account is bryan, as in the pending transfer.
        let debits_aaron = own["debit_account_id"] == json!(aaron.to_string());
        let others = if debits_aaron { "credit_version" } else { "debit_version" };
        assert_eq!(own[others], "0", "{own}");
        seen += u64::from(all[others] != "0");
        all[others] = "0".into();
        for row in [&mut own, &mut all] {
            if let Some(extension) = row["extension"].as_object_mut() {
                extension.remove(&format!("expected_{others}"));
            }
        }
        assert_eq!(own, all);
    }
    assert!(seen >= 5, "an operator sees them in {seen} entries");
    let csv = trail(AARON, "csv").await;
    let columns: Vec<_> = csv.lines().next().expect("a header").split(',').collect();
    let column = |name| columns.iter().position(|column| *column == name).expect("a column");
    let [debit, version] = ["debit_account_id", "debit_version"].map(column);
    for row in csv.lines().skip(1).map(|row| row.split(',').collect::<Vec<_>>()) {
        assert_eq!(row[debit] == aaron.to_string(), row[version] != "0", "{row:?}");
    }
}

#[tokio::test]
async fn others_transfers_are_not_told_by_their_ids() {
    let (router, [aaron, bryan, _]) = ledger().await;
    // A transfer that does not concern aaron, and one of bryan that was rejected.
    let (foreign, failed) = (2_001, 2_002);
    let to_bryan = event(1, bryan, json!({ "id": foreign, "timeout": 0, "amount": 7 }));
    create(&router, OPERATOR, json!([to_bryan])).await;
    let too_much = event(bryan, aaron, json!({ "id": failed, "amount": 1_000_000 }));
    let rejected = create(&router, "Bearer 2", json!([too_much])).await;
    assert_eq!(rejected.body["results"][0]["status"], "exceeds_credits");

    // Whatever aaron guesses of them, the answer is the same. It only says that the id is used.
    for id in [foreign, failed] {
        for fields in [
            json!({ "id": id }),
            json!({ "id": id, "amount": 7 }),
            json!({ "id": id, "flags": ["pending"], "timeout": 9 }),
            json!({ "id": id, "user_data_64": 5 }),
        ] {
            let answer = create(&router, AARON, json!([event(aaron, bryan, fields.clone())])).await;
            let status = &answer.body["results"][0]["status"];
            assert_eq!(status, "id_already_failed", "{fields}: {}", answer.text);
        }
        let answer = |id: u64| {
            let path = format!("/v1/transfers/{id}");
            let router = router.clone();
            async move {
                let headers = [("authorization", AARON)];
                let answer = super::client::ask(&router, "GET", &path, &headers).await;
                (answer.status, answer.text.replace(&id.to_string(), "ID"))
            }
        };
        assert_eq!(answer(id).await, answer(9_999).await, "as an id that nobody has used");
    }
    // Of the own transfers, and for an operator, the answer is exact.
    let own = event(aaron, bryan, json!({ "id": AARON_TO_BRYAN, "flags": ["pending"] }));
    let answer = create(&router, AARON, json!([own])).await;
    assert_eq!(answer.body["results"][0]["status"], "exists_with_different_amount");
    let other = event(1, bryan, json!({ "id": foreign, "amount": 8 }));
    let answer = create(&router, OPERATOR, json!([other])).await;
    assert_eq!(answer.body["results"][0]["status"], "exists_with_different_amount");
}

#[tokio::test]
async fn guessable_ids_can_be_used_up_and_generated_ids_cannot() {
    let (router, [aaron, bryan, _]) = ledger().await;
    let next = json!({ "id": 5_001 });
    let taken = create(&router, "Bearer 2", json!([event(bryan, aaron, next.clone())])).await;
    assert_eq!(taken.body["results"][0]["status"], "created");
    // They are each other's creditor and debtor, so aaron sees that transfer.
    let answer = create(&router, AARON, json!([event(aaron, bryan, next)])).await;
    let status = "exists_with_different_debit_account_id";
    assert_eq!(answer.body["results"][0]["status"], status);

    let first = create(&router, AARON, json!([event(aaron, bryan, json!({}))])).await;
    let id: u128 = first.body["results"][0]["id"]
        .as_str()
        .and_then(|digits| digits.parse().ok())
        .expect("the ledger generates an id");
    // The position of the entry begins at bit 34 of a generated id.
    for later in 5..8 {
        let id = (id + (later << 34)).to_string();
        let taken =
            create(&router, "Bearer 2", json!([event(bryan, aaron, json!({ "id": id }))])).await;
        assert_eq!((taken.status.as_u16(), &taken.body["code"]), (422, &json!("id_reserved")));
    }
    let answer = create(&router, AARON, json!([event(aaron, bryan, json!({}))])).await;
    assert_eq!(answer.body["results"][0]["status"], "created");
}
