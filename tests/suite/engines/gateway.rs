//! The HTTP API of a service whose ledger a remote engine keeps.

use std::sync::Arc;

use axum::Router;
use axum::http::StatusCode;
use ledgerlab::api::{Role, Service, ServiceConfig, TokenHash, User, Users, router};
use ledgerlab::engine::Engine;
use serde_json::{Value, json};

use super::unreliable_engine::{Fate, UnreliableEngine};
use crate::api::client::{Answer, ask, send};

/// The demo's users on an engine. Their names are of one test alone, because a cluster forgets nothing.
pub(super) async fn gateway(engine: Arc<dyn Engine>) -> (Arc<Service>, Router) {
    let open = || {
        Service::open_on_engine(ServiceConfig::default(), engine, Users::demo(), || {
            1_700_000_000_000_000_000
        })
    };
    // It waits for the engine.
    let service = tokio::task::block_in_place(open).expect("the engine answers");
    (Arc::clone(&service), router(service))
}

const AARON: (&str, &str) = ("authorization", "1");

pub(super) async fn post(
    router: &Router,
    path: &str,
    headers: &[(&str, &str)],
    body: Value,
) -> Answer {
    let mut all = vec![AARON, ("content-type", "application/json")];
    all.extend(headers);
    send(router, "POST", path, &all, body.to_string()).await
}

async fn call(router: &Router, method: &str, path: &str) -> Answer {
    ask(router, method, path, &[AARON]).await
}

async fn balance(router: &Router, name: &str, token: &str) -> u64 {
    let path = format!("/account/coins?username={name}");
    let answer = ask(router, "GET", &path, &[("authorization", token)]).await;
    answer.body["Balance"].as_u64().unwrap_or_else(|| panic!("{answer:?}"))
}

/// GoLedger's calls and the endpoints of accounts and transfers. `base` makes ids those of one test alone.
pub(super) async fn api_works(router: &Router, base: u128) {
    assert_eq!(
        (balance(router, "aaron", "1").await, balance(router, "bryan", "2").await),
        (1_000, 1_000)
    );
    for (path, body) in [
        (
            "/account/coins/add?username=aaron&amount=50",
            json!({"Code": 200, "Message": "Your coin balance has been updated.", "Balance": 1050, "Available": 1050}),
        ),
        (
            "/account/coins/withdraw?username=aaron&amount=50",
            json!({"Code": 200, "Message": "You have successfully withdrawn 50. Your original coin balance was 1050, now it is 1000", "Amount": 50, "Balance": 1000, "Available": 1000}),
        ),
        (
            "/account/coins/transfer?username=aaron&from=aaron&to=bryan&amount=100",
            json!({"Code": 200, "Message": "You have successfully transferred 100 to bryan. Your current balance is 900", "FromBalance": 900, "ToBalance": 1100}),
        ),
    ] {
        let answer = call(router, "POST", path).await;
        assert_eq!((answer.status, &answer.body), (StatusCode::OK, &body), "{path}");
    }
    for (path, status, message) in [
        (
            "/account/coins/withdraw?username=aaron&amount=5000",
            409,
            "insufficient funds or invalid amount",
        ),
        (
            "/account/coins/transfer?username=aaron&from=aaron&to=nobody&amount=1",
            404,
            "transfer failed: user not found, insufficient funds, or invalid parameters",
        ),
        (
            "/account/coins/transfer?username=aaron&from=aaron&to=aaron&amount=1",
            422,
            "transfer failed: user not found, insufficient funds, or invalid parameters",
        ),
        ("/account/coins/add?username=aaron&amount=0", 422, "amount must be positive"),
        (
            "/account/coins/add?username=aaron&amount=9223372036854775807",
            409,
            "user not found or invalid amount",
        ),
    ] {
        let answer = call(router, "POST", path).await;
        assert_eq!(
            (answer.status.as_u16(), answer.body["Message"].as_str()),
            (status, Some(message)),
            "{path}: {answer:?}"
        );
    }
    let me = call(router, "GET", "/v1/me").await.body;
    let own = me["account_id"].as_str().expect("an id").to_owned();
    let found = call(router, "GET", &format!("/v1/accounts/{own}")).await;
    assert_eq!((found.body["credits_posted"].as_str(), found.header("etag")), (Some("1050"), ""));
    let results = post(router, "/v1/transfers", &[], json!({"events": [{
        "id": "new", "debit_account_id": own, "credit_account_id": own, "amount": 1, "ledger": 1, "code": 1,
    }]}))
    .await;
    assert_eq!(results.body["results"][0]["status"], "accounts_must_be_different", "{results:?}");
    assert!(results.body["results"][0]["id"].as_str().is_some(), "the server has made an id");
    // The demo's users are operators only as far as the demo goes, so accounts are created by the service.
    let lookup = post(router, "/v1/accounts/lookup", &[], json!({"ids": [own]})).await;
    assert_eq!(lookup.body["accounts"][0]["version"], "0");
    let bryan = ask(router, "GET", "/v1/me", &[("authorization", "2")]).await.body["account_id"]
        .as_str()
        .expect("an id")
        .to_owned();
    let hold = base.to_string();
    let event = |id: u128, more: Value| {
        let mut event = json!({"id": id.to_string(), "ledger": 1, "code": 1});
        event
            .as_object_mut()
            .expect("it is one")
            .extend(more.as_object().expect("it is one").clone());
        json!({"events": [event]})
    };
    let pending = json!({"debit_account_id": own, "credit_account_id": bryan, "amount": 70, "flags": ["pending"]});
    let answer = post(router, "/v1/transfers", &[], event(base, pending)).await;
    assert_eq!(answer.body["results"][0]["status"], "created", "{answer:?}");
    let available = call(router, "GET", "/account/coins?username=aaron").await;
    assert_eq!(
        (&available.body["Balance"], &available.body["Available"]),
        (&json!(900), &json!(830))
    );
    // Only the creditor may post.
    let posting = json!({"pending_id": hold, "amount": 70, "flags": ["post_pending_transfer"]});
    let refused = post(router, "/v1/transfers", &[], event(base + 1, posting.clone())).await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN, "{refused:?}");
    let headers = [("authorization", "2"), ("content-type", "application/json")];
    let posted =
        send(router, "POST", "/v1/transfers", &headers, event(base + 1, posting).to_string()).await;
    assert_eq!(posted.body["results"][0]["status"], "created", "{posted:?}");
    let found = call(router, "GET", &format!("/v1/transfers/{}", base + 1)).await;
    assert_eq!(found.body["transfers"][0]["amount"], "70");
    let filter = json!({"filter": {"account_id": own, "limit": 2, "flags": ["debits", "credits", "reversed"]}});
    let history = post(router, "/v1/accounts/transfers", &[], filter).await;
    let ids: Vec<_> = history.body["transfers"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|one| one["id"].clone())
        .collect();
    assert_eq!(ids, [json!((base + 1).to_string()), json!(hold)]);
    let reversed = ask(
        router,
        "POST",
        &format!("/v1/transfers/{}/reverse", base + 1),
        &[("authorization", "2")],
    )
    .await;
    assert_eq!(reversed.status, StatusCode::OK, "{reversed:?}");
    let again = ask(
        router,
        "POST",
        &format!("/v1/transfers/{}/reverse", base + 1),
        &[("authorization", "2")],
    )
    .await;
    assert_eq!((again.status.as_u16(), &again.body["code"]), (409, &json!("already_reversed")));
    assert_eq!(call(router, "GET", "/readyz").await.text, "ok");
    let health = call(router, "GET", "/system/health").await;
    assert_eq!((health.status, &health.body["status"]), (StatusCode::OK, &json!("healthy")));
}

/// What only the embedded ledger has is refused by name.
async fn lacking_capabilities_are_refused_by_name(router: &Router) {
    let me =
        call(router, "GET", "/v1/me").await.body["account_id"].as_str().expect("an id").to_owned();
    let event = json!({"events": [{"id": 9, "debit_account_id": me, "credit_account_id": 1, "amount": 1, "ledger": 1, "code": 1}]});
    let versioned = json!({"events": [{"id": 9, "debit_account_id": me, "credit_account_id": 1, "amount": 1, "ledger": 1, "code": 1, "expected_debit_version": 1}]});
    for (answer, lacks) in [
        (
            call(router, "GET", &format!("/v1/accounts/{me}/balance")).await,
            "balances at one timestamp",
        ),
        (call(router, "GET", "/v1/users/aaron/balance").await, "balances at one timestamp"),
        (
            call(router, "GET", &format!("/v1/trail?account_id={me}")).await,
            "an audit trail of attempts",
        ),
        (call(router, "GET", "/v1/snapshot").await, "balances at one timestamp"),
        (call(router, "POST", "/v1/verify").await, "verification by replay"),
        (post(router, "/v1/transfers?dry_run=true", &[], event.clone()).await, "dry runs"),
        (
            post(router, "/v1/transfers?balances=true", &[], event.clone()).await,
            "balances at one timestamp",
        ),
        (post(router, "/v1/transfers", &[("if-match", "\"1\"")], event).await, "account versions"),
        (post(router, "/v1/transfers", &[], versioned).await, "account versions"),
    ] {
        assert_eq!(answer.status, StatusCode::NOT_IMPLEMENTED, "{answer:?}");
        assert_eq!(answer.body["code"], "not_supported_by_engine");
        let detail = answer.body["detail"].as_str().expect("a sentence");
        assert!(detail.ends_with(&format!("does not have {lacks}")), "{detail}");
    }
    let history = call(router, "GET", "/account/coins/history?username=aaron").await;
    assert_eq!((history.status, &history.body["Code"]), (StatusCode::NOT_IMPLEMENTED, &json!(501)));
}

#[tokio::test(flavor = "multi_thread")]
async fn api_works_on_another_engine() {
    let (service, router) = gateway(Arc::new(UnreliableEngine::reliable())).await;
    let coins = service.remote().expect("it is on an engine").coins();
    let names = coins.read_names().await.expect("it answers");
    let names: Vec<&str> = names.iter().map(|(_, name)| name.as_str()).collect();
    assert_eq!(names, ["aaron", "bryan", "auditor", "operator"]);
    api_works(&router, 1 << 40).await;
    lacking_capabilities_are_refused_by_name(&router).await;
}

/// Returns a router on an engine that treats its changes like this, from the first one after it was opened.
async fn unreliable(
    fate: impl Fn(u64) -> Fate + Send + Sync + 'static,
) -> (Arc<UnreliableEngine>, Router) {
    let engine = Arc::new(UnreliableEngine::new(fate));
    let (_, router) = gateway(Arc::clone(&engine) as Arc<dyn Engine>).await;
    engine.start_to_fail();
    (engine, router)
}

/// The fate of the first change, and of those that follow.
fn first(fate: Fate) -> impl Fn(u64) -> Fate {
    move |number| if number == 0 { fate } else { Fate::Answered }
}

#[tokio::test(flavor = "multi_thread")]
async fn unknown_outcome_of_a_call_is_resolved_by_the_same_key() {
    for fate in [Fate::AnswerLost, Fate::RequestLost] {
        let (_, router) = unreliable(first(fate)).await;
        let path = "/account/coins/add?username=aaron&amount=50";
        let key = [AARON, ("idempotency-key", "one")];
        let unknown = ask(&router, "POST", path, &key).await;
        assert_eq!(unknown.status, StatusCode::GATEWAY_TIMEOUT, "{fate:?}: {unknown:?}");
        let message = unknown.body["Message"].as_str().expect("a sentence");
        assert!(
            message.contains("the outcome is unknown")
                && message.contains("the id of the transfer is "),
            "{message}"
        );
        let resolved = ask(&router, "POST", path, &key).await;
        assert_eq!(
            (resolved.status, &resolved.body["Balance"]),
            (StatusCode::OK, &json!(1_050)),
            "{fate:?}"
        );
        let again = ask(&router, "POST", path, &key).await;
        assert_eq!((&again.body, again.header("idempotency-replayed")), (&resolved.body, "true"));
        assert_eq!(balance(&router, "aaron", "1").await, 1_050, "{fate:?}: it was deposited once");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn unknown_outcome_of_a_batch_is_resolved_by_the_same_key_or_ids() {
    for (fate, with_key) in [
        (Fate::AnswerLost, true),
        (Fate::AnswerLost, false),
        (Fate::RequestLost, true),
        (Fate::RequestLost, false),
    ] {
        let (engine, router) = unreliable(first(fate)).await;
        let me = call(&router, "GET", "/v1/me").await.body["account_id"].clone();
        let bryan =
            ask(&router, "GET", "/v1/me", &[("authorization", "2")]).await.body["account_id"]
                .clone();
        let event = |id: Value| json!({"id": id, "debit_account_id": me, "credit_account_id": bryan, "amount": 3, "ledger": 1, "code": 1});
        let mut body = json!({"events": [event(json!("new")), event(json!(77))]});
        let key: &[_] = if with_key { &[("idempotency-key", "two")] } else { &[] };
        let unknown = post(&router, "/v1/transfers", key, body.clone()).await;
        assert_eq!(unknown.status, StatusCode::GATEWAY_TIMEOUT, "{unknown:?}");
        assert_eq!(unknown.body["code"], "outcome_unknown");
        let ids = unknown.body["ids"].as_array().expect("the new ids");
        assert_eq!(ids.len(), 1, "of the two, the server has made one");
        let made = ids[0].clone();
        let found = post(&router, "/v1/transfers/lookup", &[], json!({"ids": [made, 77]})).await;
        let executed = if fate == Fate::AnswerLost { 2 } else { 0 };
        assert_eq!(found.body["transfers"].as_array().map(Vec::len), Some(executed));
        if !with_key {
            body["events"][0]["id"] = made.clone();
        }
        let resolved = post(&router, "/v1/transfers", key, body).await;
        let statuses = |answer: &Answer| -> Vec<Value> {
            answer.body["results"]
                .as_array()
                .expect("results")
                .iter()
                .map(|one| one["status"].clone())
                .collect()
        };
        let own = if fate == Fate::RequestLost || with_key { "created" } else { "exists" };
        let callers = if fate == Fate::RequestLost { "created" } else { "exists" };
        assert_eq!(statuses(&resolved), [own, callers], "{fate:?} {with_key}");
        assert_eq!(engine.ledger().lookup_transfers(&[77]).len(), 1);
        assert_eq!(
            balance(&router, "aaron", "1").await,
            994,
            "{fate:?} {with_key}: each happened once"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn unreachable_engine_takes_nothing_and_is_told_by_the_probe() {
    let (_, router) =
        unreliable(|number| if number < 1 { Fate::Answered } else { Fate::Unreachable }).await;
    let path = "/account/coins/add?username=aaron&amount=50";
    assert_eq!(call(&router, "POST", path).await.status, StatusCode::OK);
    let refused = call(&router, "POST", path).await;
    assert_eq!(
        (refused.status, refused.header("retry-after")),
        (StatusCode::SERVICE_UNAVAILABLE, "1")
    );
    assert!(
        refused.body["Message"].as_str().is_some_and(|text| text.contains("nothing was sent")),
        "{refused:?}"
    );
    let ready = call(&router, "GET", "/readyz").await;
    assert_eq!((ready.status.as_u16(), &ready.body["code"]), (503, &json!("engine_unreachable")));
    assert_eq!(
        call(&router, "GET", "/livez").await.status,
        StatusCode::OK,
        "a restart would not help"
    );
    let health = call(&router, "GET", "/system/health").await;
    assert_eq!((health.status.as_u16(), &health.body["status"]), (503, &json!("unhealthy")));
    assert!(
        call(&router, "GET", "/metrics").await.text.contains("\nledgerlab_engine_reachable 0\n")
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_can_use_up_the_ids_of_anothers_key() {
    let (_, router) = gateway(Arc::new(UnreliableEngine::reliable())).await;
    let me = call(&router, "GET", "/v1/me").await.body["account_id"].clone();
    let bryan = [("authorization", "2"), ("content-type", "application/json")];
    let other = ask(&router, "GET", "/v1/me", &bryan).await.body["account_id"].clone();
    let event = |id: Value, from: &Value, to: &Value| json!({"events": [{"id": id, "debit_account_id": from, "credit_account_id": to, "amount": 1, "ledger": 1, "code": 1}]});
    let key = [("idempotency-key", "1")];
    let created = post(&router, "/v1/transfers", &key, event(json!("new"), &me, &other)).await;
    let id = created.body["results"][0]["id"].clone();
    let theirs =
        send(&router, "POST", "/v1/transfers", &bryan, event(id, &other, &me).to_string()).await;
    assert_eq!(
        (theirs.status, &theirs.body["field"]),
        (StatusCode::FORBIDDEN, &json!("events[0].id"))
    );
}

/// Reads get no answer from the moment at which a change is executed.
async fn without_reads_after_a_change() -> (Arc<UnreliableEngine>, Router) {
    let engine = Arc::new(UnreliableEngine::reliable());
    let (_, router) = gateway(Arc::clone(&engine) as Arc<dyn Engine>).await;
    engine.fail_reads_after_changes();
    (engine, router)
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_moved_is_no_error_when_the_balances_cannot_be_read() {
    for (path, body) in [
        (
            "/account/coins/add?username=aaron&amount=50",
            json!({"Code": 200, "Message": "Your coin balance has been updated.", "Balance": null, "Available": null}),
        ),
        (
            "/account/coins/withdraw?username=aaron&amount=50",
            json!({"Code": 200, "Message": "You have successfully withdrawn 50.", "Amount": 50, "Balance": null, "Available": null}),
        ),
        (
            "/account/coins/transfer?username=aaron&from=aaron&to=bryan&amount=50",
            json!({"Code": 200, "Message": "You have successfully transferred 50 to bryan.", "FromBalance": null, "ToBalance": null}),
        ),
    ] {
        let (engine, router) = without_reads_after_a_change().await;
        let answer = call(&router, "POST", path).await;
        assert_eq!((answer.status, &answer.body), (StatusCode::OK, &body), "{path}");
        let refused = call(&router, "GET", "/account/coins?username=aaron").await;
        assert_eq!(refused.status, StatusCode::GATEWAY_TIMEOUT, "reads fail");
        engine.fail_reads(false);
        assert_ne!(balance(&router, "aaron", "1").await, 1_000, "{path}");
    }
    let (_, router) = without_reads_after_a_change().await;
    let headers = [("authorization", "operator"), ("content-type", "application/json")];
    let body = json!({"amount": 5}).to_string();
    let answer = send(&router, "POST", "/v1/users/aaron/deposits", &headers, body).await;
    assert_eq!((answer.status, answer.body.get("balance")), (StatusCode::OK, None), "{answer:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn repeated_chain_is_reported_as_it_was_executed() {
    for (fate, named_first) in [
        (Fate::AnswerLost, false),
        (Fate::AnswerLost, true),
        (Fate::RequestLost, false),
        (Fate::RequestLost, true),
    ] {
        let (engine, router) = unreliable(first(fate)).await;
        let me = call(&router, "GET", "/v1/me").await.body["account_id"].clone();
        let bryan =
            ask(&router, "GET", "/v1/me", &[("authorization", "2")]).await.body["account_id"]
                .clone();
        let event = |id: Value| json!({"id": id, "debit_account_id": me, "credit_account_id": bryan, "amount": 3, "ledger": 1, "code": 1});
        let events = match named_first {
            false => [event(json!("new")), event(json!(88)), event(json!("new"))],
            true => [event(json!(88)), event(json!("new")), event(json!("new"))],
        };
        let body = json!({"events": events});
        let key = [("idempotency-key", "chain")];
        let path = "/v1/transfers?all_or_nothing=true";
        let unknown = post(&router, path, &key, body.clone()).await;
        assert_eq!(unknown.status, StatusCode::GATEWAY_TIMEOUT, "{unknown:?}");
        let resolved = post(&router, path, &key, body.clone()).await;
        let results = resolved.body["results"].as_array().expect("results").clone();
        let callers = if fate == Fate::AnswerLost { "exists" } else { "created" };
        let statuses = match named_first {
            false => ["created", callers, "created"],
            true => [callers, "created", "created"],
        };
        for (result, status) in results.iter().zip(statuses) {
            assert_eq!(result["status"], status, "{fate:?}: {results:?}");
        }
        assert_eq!(balance(&router, "aaron", "1").await, 991, "{fate:?}: it happened once");
        // The key is released by a server that forgets it, and the same key does not make another amount the one that was moved.
        let (_, other) = gateway(engine as Arc<dyn Engine>).await;
        let mut changed = body;
        changed["events"][2]["amount"] = json!(4);
        let answer = post(&other, path, &key, changed).await;
        assert_ne!(answer.body["results"][2]["status"], "created", "{answer:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_exists_is_never_reported_as_rejected() {
    let (engine, router) = without_reads_after_a_change().await;
    engine.fail_reads(false);
    let me = call(&router, "GET", "/v1/me").await.body["account_id"].clone();
    let bryan =
        ask(&router, "GET", "/v1/me", &[("authorization", "2")]).await.body["account_id"].clone();
    let event = json!({"events": [{"id": 7, "debit_account_id": me, "credit_account_id": bryan, "amount": 3, "ledger": 1, "code": 1}]});
    post(&router, "/v1/transfers", &[], event.clone()).await;
    engine.fail_reads(true);
    let again = post(&router, "/v1/transfers", &[], event).await;
    assert_eq!(again.body["results"][0]["status"], "exists", "{again:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn accounts_keep_their_balance_when_they_are_opened_again() {
    let engine = Arc::new(UnreliableEngine::reliable());
    let (service, router) = gateway(Arc::clone(&engine) as Arc<dyn Engine>).await;
    let user = |coins| User {
        name: "carol".to_owned(),
        role: Role::User,
        token: TokenHash::of("carol"),
        old_token: None,
        coins,
    };
    tokio::task::block_in_place(|| {
        service.add_user(user(0), false).expect("the name is free");
        service.remove_user("carol").expect("she is there");
        // Nothing has ever changed the account, so its opening is completed.
        service.add_user(user(500), false).expect("nothing has changed the account");
        service.remove_user("carol").expect("she is there");
        assert!(service.add_user(user(700), false).is_err(), "the account is there");
        service.add_user(user(700), true).expect("the account is reused");
    });
    assert_eq!(balance(&router, "carol", "carol").await, 500, "as it was");
    // Another server, or the same one after a restart. It also finds a closed account.
    let closing = json!({"events": [{
        "id": 5, "debit_account_id": call(&router, "GET", "/v1/me").await.body["account_id"], "credit_account_id": 1, "amount": 0,
        "ledger": 1, "code": 1, "flags": ["pending", "closing_debit"],
    }]});
    let headers = [("authorization", "operator"), ("content-type", "application/json")];
    let account = json!({"events": [{"id": 1, "ledger": 1, "code": 1}]}).to_string();
    send(&router, "POST", "/v1/accounts", &headers, account).await;
    let closed = send(&router, "POST", "/v1/transfers", &headers, closing.to_string()).await;
    assert_eq!(closed.body["results"][0]["status"], "created", "{closed:?}");
    let (_, again) = gateway(engine as Arc<dyn Engine>).await;
    assert_eq!(
        (balance(&again, "aaron", "1").await, balance(&again, "bryan", "2").await),
        (1_000, 1_000)
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn feed_of_another_engine_is_the_same() {
    let (_, router) = gateway(Arc::new(UnreliableEngine::reliable())).await;
    let feed = ask(&router, "GET", "/v1/changes?limit=2", &[("authorization", "auditor")]).await;
    let lines: Vec<Value> =
        feed.text.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    assert_eq!(lines.len(), 2, "{feed:?}");
    let after = lines[1]["timestamp"].as_str().expect("digits");
    let path = format!("/v1/changes?after={after}");
    let rest = ask(&router, "GET", &path, &[("authorization", "auditor")]).await;
    assert_eq!(
        rest.text.lines().count(),
        1,
        "the mint's transfer and two first deposits: {rest:?}"
    );
}
