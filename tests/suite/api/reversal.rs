//! Reversal of a transfer.

use std::sync::Arc;

use axum::Router;
use ledgerlab::api::Service;
use serde_json::{Value, json};

use super::client::{Answer, ask, secret, send};

const OPERATOR: &str = "Bearer operator";
const AARON: &str = "Bearer 1";
const BRYAN: &str = "Bearer 2";

async fn create(router: &Router, token: &str, event: Value) -> Answer {
    let body = json!({ "events": [event] }).to_string();
    send(router, "POST", "/v1/transfers", &[("authorization", token)], body).await
}

async fn reverse(router: &Router, token: &str, id: &str) -> Answer {
    let path = format!("/v1/transfers/{id}/reverse");
    send(router, "POST", &path, &[("authorization", token)], "").await
}

fn of(answer: &Answer) -> (u16, &str) {
    (answer.status.as_u16(), answer.body["code"].as_str().unwrap_or_default())
}

fn ids(service: &Service) -> [String; 2] {
    ["aaron", "bryan"].map(|name| service.coins().id(name).expect("an account").to_string())
}

fn pay(id: u64, from: &str, to: &str, amount: u64) -> Value {
    json!({ "id": id, "debit_account_id": from, "credit_account_id": to, "amount": amount,
        "ledger": 1, "code": 9, "user_data_64": 3 })
}

fn balances(service: &Service) -> [u128; 2] {
    ["aaron", "bryan"].map(|name| service.coins().balance(name).expect("an account"))
}

#[tokio::test]
async fn transfer_is_reversed_once() {
    let (service, router) = secret();
    let [aaron, bryan] = ids(&service);
    create(&router, AARON, pay(7, &aaron, &bryan, 100)).await;
    assert_eq!(of(&reverse(&router, AARON, "7").await), (403, "forbidden"), "the payer may not");
    let answer = reverse(&router, BRYAN, "7").await;
    assert_eq!((answer.status.as_u16(), &answer.body["reversed_id"]), (200, &json!("7")));
    assert_eq!(balances(&service), [1_000, 1_000]);
    let id = answer.body["id"].as_str().expect("digits");
    let path = format!("/v1/transfers/{id}");
    let found = ask(&router, "GET", &path, &[("authorization", AARON)]).await;
    let found = &found.body["transfers"][0];
    for (field, value) in [
        ("debit_account_id", bryan.as_str()),
        ("credit_account_id", &aaron),
        ("amount", "100"),
        ("user_data_128", "7"),
        ("user_data_64", "3"),
    ] {
        assert_eq!(found[field], value, "{field}");
    }
    for token in [BRYAN, OPERATOR] {
        let again = reverse(&router, token, "7").await;
        assert_eq!(of(&again), (409, "already_reversed"));
        let detail = again.body["detail"].as_str().expect("text");
        assert!(detail.contains(id), "it names the reversal: {detail}");
    }
    assert_eq!(balances(&service), [1_000, 1_000]);
    // A reversal is a transfer, which its own payee may reverse.
    assert_eq!(reverse(&router, AARON, id).await.status.as_u16(), 200);
    assert_eq!(
        (balances(&service), of(&reverse(&router, BRYAN, "7").await).0),
        ([900, 1_100], 409)
    );
}

#[tokio::test]
async fn rejected_reversal_is_tried_with_the_next_id() {
    let (service, router) = secret();
    let [aaron, bryan] = ids(&service);
    create(&router, AARON, pay(7, &aaron, &bryan, 100)).await;
    create(&router, BRYAN, pay(8, &bryan, &aaron, 1_050)).await;
    for _ in 0..32 {
        assert_eq!(of(&reverse(&router, BRYAN, "7").await), (409, "exceeds_credits"));
    }
    assert_eq!(of(&reverse(&router, BRYAN, "7").await), (409, "reversal_ids_used_up"));
    // The payee cannot use up those of an operator.
    assert_eq!(of(&reverse(&router, OPERATOR, "7").await), (409, "exceeds_credits"));
    create(&router, AARON, pay(9, &aaron, &bryan, 500)).await;
    assert_eq!(reverse(&router, OPERATOR, "7").await.status.as_u16(), 200);
    assert_eq!(balances(&service), [1_550, 450]);
    for token in [BRYAN, OPERATOR] {
        let again = reverse(&router, token, "7").await;
        assert!(again.status.as_u16() == 409, "{}", again.text);
    }
    assert_eq!(balances(&service)[1], 450);
}

#[tokio::test]
async fn what_moved_nothing_or_is_not_visible_is_not_reversed() {
    let (service, router) = secret();
    let [aaron, bryan] = ids(&service);
    let mut hold = pay(7, &aaron, &bryan, 100);
    hold["flags"] = json!(["pending"]);
    create(&router, AARON, hold.clone()).await;
    let pending = reverse(&router, BRYAN, "7").await;
    assert_eq!(of(&pending), (409, "pending_transfer"));
    assert!(pending.text.contains("void it"), "{}", pending.text);
    let post =
        json!({ "id": 8, "pending_id": 7, "flags": ["post_pending_transfer"], "amount": 60 });
    create(&router, BRYAN, post).await;
    assert_eq!(balances(&service), [940, 1_060]);
    assert_eq!(reverse(&router, BRYAN, "8").await.status.as_u16(), 200);
    assert_eq!(balances(&service), [1_000, 1_000]);
    hold["id"] = json!(9);
    create(&router, AARON, hold).await;
    let void = json!({ "id": 10, "pending_id": 9, "flags": ["void_pending_transfer"] });
    create(&router, BRYAN, void).await;
    assert_eq!(of(&reverse(&router, BRYAN, "10").await), (409, "void_transfer"));

    assert_eq!(of(&reverse(&router, OPERATOR, "77").await), (404, "not_found"));
    create(&router, OPERATOR, pay(11, "1", &bryan, 5)).await;
    assert_eq!(of(&reverse(&router, AARON, "11").await), (404, "not_found"), "another's transfer");
    assert_eq!(of(&reverse(&router, "Bearer auditor", "11").await), (403, "forbidden"));
    assert_eq!(of(&reverse(&router, BRYAN, "11").await), (403, "forbidden"), "it debits @world");
}

#[tokio::test]
async fn deposits_are_reversed_by_operators_as_withdrawals() {
    let (service, router) = secret();
    let amount = json!({ "amount": "250" }).to_string();
    let operator = [("authorization", OPERATOR)];
    let deposit = send(&router, "POST", "/v1/users/aaron/deposits", &operator, amount).await;
    let id = deposit.body["id"].as_str().expect("digits").to_owned();
    assert_eq!(of(&reverse(&router, AARON, &id).await), (403, "forbidden"));
    let answer = reverse(&router, OPERATOR, &id).await;
    assert_eq!((answer.status.as_u16(), balances(&service)[0]), (200, 1_000));
    let path = format!("/v1/transfers/{}", answer.body["id"].as_str().expect("digits"));
    let found = ask(&router, "GET", &path, &operator).await;
    assert_eq!(found.body["transfers"][0]["code"], 17, "a withdrawal");
}

#[tokio::test]
async fn users_cannot_take_the_ids_of_reversals() {
    let (service, router) = secret();
    let [aaron, bryan] = ids(&service);
    create(&router, AARON, pay(7, &aaron, &bryan, 100)).await;
    let reversed = reverse(&router, BRYAN, "7").await;
    let id = reversed.body["id"].as_str().expect("digits").to_owned();
    let mut event = pay(0, &aaron, &bryan, 1);
    // Another id of the same form.
    event["id"] = json!((id.parse::<u128>().expect("a number") ^ 1).to_string());
    let answer = create(&router, AARON, event.clone()).await;
    assert_eq!((of(&answer), &answer.body["field"]), ((403, "forbidden"), &json!("events[0].id")));
    assert_eq!(create(&router, OPERATOR, event).await.body["results"][0]["status"], "created");
}

/// Four threads reverse the same transfers at the same time. A check before the transfer would let some
/// of them through twice.
#[test]
fn of_concurrent_reversals_one_is_created() {
    const TRANSFERS: u64 = 40;
    let (service, router) = secret();
    let [aaron, bryan] = ids(&service);
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    for id in 1..=TRANSFERS {
        runtime.block_on(create(&router, AARON, pay(id, &aaron, &bryan, 3)));
    }
    let created: Vec<usize> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..4)
            .map(|_| {
                let (router, service) = (router.clone(), Arc::clone(&service));
                scope.spawn(move || {
                    let runtime =
                        tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
                    let mut created = 0;
                    for id in 1..=TRANSFERS {
                        let answer = runtime.block_on(reverse(&router, OPERATOR, &id.to_string()));
                        match of(&answer) {
                            (200, _) => created += 1,
                            (409, "already_reversed") => {}
                            _ => panic!("{}", answer.text),
                        }
                    }
                    drop(service);
                    created
                })
            })
            .collect();
        threads.into_iter().map(|thread| thread.join().expect("it does not panic")).collect()
    });
    assert_eq!(created.iter().sum::<usize>(), TRANSFERS as usize);
    assert_eq!(balances(&service), [1_000, 1_000]);
}

#[tokio::test]
async fn key_replays_a_reversal() {
    let (service, router) = secret();
    let [aaron, bryan] = ids(&service);
    create(&router, AARON, pay(7, &aaron, &bryan, 100)).await;
    let headers = [("authorization", BRYAN), ("idempotency-key", "one")];
    let path = "/v1/transfers/7/reverse";
    let first = send(&router, "POST", path, &headers, "").await;
    let again = send(&router, "POST", path, &headers, "").await;
    assert_eq!((first.status.as_u16(), &first.text), (200, &again.text));
    assert_eq!(again.header("idempotency-replayed"), "true");
}
