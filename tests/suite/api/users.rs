//! Users that change while the service runs: `/v1/users`, tokens, deposits, and GoLedger's history.

use std::sync::{Arc, Mutex};

use axum::Router;
use ledgerlab::api::{Service, TokenHash, User, Users, UsersStore};
use serde_json::{Value, json};

use super::client::{Answer, ask, secret, send};

const OPERATOR: (&str, &str) = ("authorization", "Bearer operator");

async fn operate(router: &Router, method: &str, path: &str, body: Value) -> Answer {
    let body = if body.is_null() { String::new() } else { body.to_string() };
    send(router, method, path, &[OPERATOR], body).await
}

async fn me(router: &Router, token: &str) -> Answer {
    ask(router, "GET", "/v1/me", &[("authorization", &format!("Bearer {token}"))]).await
}

fn token(answer: &Answer) -> &str {
    answer.body["token"].as_str().expect("it has a token")
}

#[tokio::test]
async fn added_user_has_an_account_at_once_until_removed() {
    let (service, router) = secret();
    let olga = json!({"name": "olga", "role": "user", "coins": "70"});
    let added = operate(&router, "POST", "/v1/users", olga.clone()).await;
    assert_eq!((added.status.as_u16(), &added.body["stored"]), (201, &false.into()));
    let first = token(&added);
    assert_eq!(me(&router, first).await.body["name"], "olga");
    let path = "/account/coins?username=olga";
    let balance = ask(&router, "GET", path, &[("authorization", first)]).await;
    assert_eq!(balance.body["Balance"], 70);
    let again = operate(&router, "POST", "/v1/users", olga.clone()).await;
    assert_eq!((again.status.as_u16(), &again.body["code"]), (409, &"user_exists".into()));

    assert_eq!(operate(&router, "DELETE", "/v1/users/olga", Value::Null).await.status, 200);
    assert_eq!(me(&router, first).await.status.as_u16(), 401);
    assert_eq!(service.coins().balance("olga"), Ok(70), "the account stays");
    // Another person of the same name does not get the account unless the operator says so.
    let other = operate(&router, "POST", "/v1/users", olga).await;
    assert_eq!((other.status.as_u16(), &other.body["code"]), (409, &"account_exists".into()));
    let same = json!({"name": "olga", "role": "user", "coins": 9, "reuse_account": true});
    let same = operate(&router, "POST", "/v1/users", same).await;
    assert_eq!(same.status.as_u16(), 201, "{}", same.text);
    assert_ne!(token(&same), first);
    assert_eq!(service.coins().balance("olga"), Ok(70), "no coins are issued again");
    assert_eq!(service.coins().held(), service.coins().issued());
}

#[tokio::test]
async fn invalid_users_are_rejected_and_nothing_changes() {
    let (service, router) = secret();
    let before = service.coins().ledger().trail().count_entries();
    for (body, status, field) in [
        (json!({"name": "", "role": "user"}), 422, "name"),
        (json!({"name": "@world", "role": "user"}), 422, "name"),
        (json!({"name": "a b", "role": "user"}), 422, "name"),
        (json!({"name": "a", "role": "user", "coins": 1_u64 << 63}), 422, "coins"),
        (json!({"name": "a", "role": "user", "coins": -1}), 422, ""),
        (json!({"name": "a", "role": "king"}), 422, ""),
        (json!({"name": "a"}), 422, ""),
        (json!({"name": "a", "role": "user", "token": "1"}), 422, ""),
    ] {
        let answer = operate(&router, "POST", "/v1/users", body.clone()).await;
        assert_eq!(answer.status.as_u16(), status, "{body}: {}", answer.text);
        assert_eq!(answer.body["field"].as_str().unwrap_or_default(), field, "{body}");
    }
    let last = operate(&router, "DELETE", "/v1/users/operator", Value::Null).await;
    assert_eq!((last.status.as_u16(), &last.body["code"]), (409, &"last_operator".into()));
    assert_eq!(service.coins().ledger().trail().count_entries(), before);
    assert_eq!(service.users().all().len(), 4);
}

#[tokio::test]
async fn two_tokens_are_accepted_during_a_rotation() {
    let (_, router) = secret();
    let rotated = operate(&router, "POST", "/v1/users/aaron/token", Value::Null).await;
    assert_eq!(rotated.body["user"]["has_old_token"], true);
    let new = token(&rotated);
    for token in [new, "1"] {
        assert_eq!(me(&router, token).await.body["name"], "aaron");
        let path = "/account/coins?username=aaron";
        assert_eq!(ask(&router, "GET", path, &[("authorization", token)]).await.status, 200);
    }
    let removed = operate(&router, "DELETE", "/v1/users/aaron/token/old", Value::Null).await;
    assert_eq!(
        (&removed.body["user"]["has_old_token"], removed.body.get("token")),
        (&false.into(), None)
    );
    assert_eq!(me(&router, "1").await.status.as_u16(), 401);
    assert_eq!(me(&router, new).await.status.as_u16(), 200);
    let none = operate(&router, "DELETE", "/v1/users/aaron/token/old", Value::Null).await;
    assert_eq!(none.status.as_u16(), 404);
    // Of three tokens only the last two are accepted.
    let second = operate(&router, "POST", "/v1/users/aaron/token", Value::Null).await;
    let third = operate(&router, "POST", "/v1/users/aaron/token", Value::Null).await;
    let mut statuses = Vec::new();
    for token in [new, token(&second), token(&third)] {
        statuses.push(me(&router, token).await.status.as_u16());
    }
    assert_eq!(statuses, [401, 200, 200]);
}

#[tokio::test]
async fn users_are_listed_in_pages_without_tokens() {
    let (_, router) = secret();
    let mut names = Vec::new();
    let mut path = "/v1/users?limit=3".to_owned();
    loop {
        let page = operate(&router, "GET", &path, Value::Null).await;
        let users = page.body["users"].as_array().expect("a list").clone();
        names.extend(users.iter().map(|user| user["name"].as_str().expect("text").to_owned()));
        assert!(!page.text.contains(&TokenHash::of("1").to_string()), "{}", page.text);
        let Some(next) = page.body["next"].as_str() else { break };
        path = format!("/v1/users?limit=3&after={next}");
    }
    assert_eq!(names, ["aaron", "auditor", "bryan", "operator"]);
    for query in ["limit=0", "limit=8190", "limit=x", "colour=1", "after=a&after=b"] {
        let answer = operate(&router, "GET", &format!("/v1/users?{query}"), Value::Null).await;
        assert!([400, 422].contains(&answer.status.as_u16()), "{query}: {}", answer.text);
    }
}

/// Stores users in memory, or refuses to.
struct Memory(Mutex<Vec<User>>, bool);

impl UsersStore for Memory {
    fn store(&self, users: &Users) -> Result<(), String> {
        if self.1 {
            return Err("the disk is full".to_owned());
        }
        *self.0.lock().expect("no panic") = users.all().to_vec();
        Ok(())
    }
}

fn stored(service: &Service, is_full: bool) -> Arc<Memory> {
    let memory = Arc::new(Memory(Mutex::default(), is_full));
    service.set_users_store(Arc::clone(&memory) as Arc<dyn UsersStore>);
    memory
}

#[tokio::test]
async fn change_that_cannot_be_stored_has_no_effect() {
    let (service, router) = secret();
    stored(&service, true);
    let before = service.coins().ledger().trail().count_entries();
    for (method, path, body) in [
        ("POST", "/v1/users", json!({"name": "olga", "role": "user", "coins": 5})),
        ("DELETE", "/v1/users/aaron", Value::Null),
        ("POST", "/v1/users/aaron/token", Value::Null),
    ] {
        let answer = operate(&router, method, path, body).await;
        assert_eq!(
            (answer.status.as_u16(), &answer.body["code"]),
            (503, &"users_not_stored".into())
        );
        assert!(answer.body["detail"].as_str().is_some_and(|why| why.contains("disk is full")));
    }
    assert_eq!(service.users().all().len(), 4);
    assert_eq!(me(&router, "1").await.status.as_u16(), 200);
    assert_eq!(service.coins().ledger().trail().count_entries(), before, "no account was opened");
}

#[tokio::test]
async fn stored_users_have_hashes_of_their_tokens() {
    let (service, router) = secret();
    let memory = stored(&service, false);
    let olga = json!({"name": "olga", "role": "auditor", "coins": 0});
    let added = operate(&router, "POST", "/v1/users", olga).await;
    assert_eq!(added.body["stored"], true);
    let users = memory.0.lock().expect("no panic").clone();
    assert_eq!(users.len(), 5);
    assert_eq!(users[4].token, TokenHash::of(token(&added)));
}

#[tokio::test]
async fn replaced_users_keep_their_accounts() {
    let (service, router) = secret();
    let user = |name: &str, coins| User {
        name: name.to_owned(),
        role: ledgerlab::api::Role::User,
        token: TokenHash::of(name),
        old_token: None,
        coins,
    };
    service.coins().id("aaron").expect("an account");
    service.replace_users(|| Err("it is invalid".to_owned())).expect_err("it cannot be read");
    assert_eq!(me(&router, "1").await.status.as_u16(), 200, "the old users stay");
    let users = Users::new(vec![user("aaron", 5), user("new", 30)]).expect("valid");
    service.replace_users(|| Ok(users)).expect("the accounts can be opened");
    assert_eq!(me(&router, "1").await.status.as_u16(), 401);
    assert_eq!(me(&router, "aaron").await.status.as_u16(), 200);
    assert_eq!(service.coins().balance("aaron"), Ok(1_000), "not the file's initial balance");
    assert_eq!(service.coins().balance("new"), Ok(30));
}

#[tokio::test]
async fn operators_deposit_to_and_withdraw_from_named_users() {
    let (service, router) = secret();
    for (path, amount, balance) in
        [("deposits", json!(50), 1_050), ("withdrawals", json!("1050"), 0)]
    {
        let path = format!("/v1/users/aaron/{path}");
        let answer = operate(&router, "POST", &path, json!({"amount": amount})).await;
        assert_eq!(answer.status.as_u16(), 200, "{}", answer.text);
        assert_eq!(service.coins().balance("aaron"), Ok(balance));
        let told = answer.body["balance"].as_str().map(str::to_owned);
        assert_eq!(told.unwrap_or(answer.body["balance"].to_string()), balance.to_string());
    }
    for (path, amount, status, code) in [
        ("aaron/withdrawals", json!(1), 409, "insufficient_funds"),
        ("bryan/deposits", json!(i64::MAX), 409, "balance_too_large"),
        ("nobody/deposits", json!(1), 404, "not_found"),
        ("nobody/withdrawals", json!(1), 404, "not_found"),
        ("aaron/deposits", json!(0), 422, "bad_body"),
        ("aaron/deposits", json!(-1), 422, "bad_body"),
        ("aaron/deposits", json!("9223372036854775808"), 422, "bad_body"),
    ] {
        let path = format!("/v1/users/{path}");
        let answer = operate(&router, "POST", &path, json!({"amount": amount})).await;
        assert_eq!(answer.status.as_u16(), status, "{path} {amount}: {}", answer.text);
        assert_eq!(answer.body["code"], code, "{path} {amount}");
    }
    // A repeated request with a key deposits once.
    for _ in 0..2 {
        let headers = [OPERATOR, ("idempotency-key", "one")];
        let body = json!({"amount": 5}).to_string();
        let answer = send(&router, "POST", "/v1/users/bryan/deposits", &headers, body).await;
        assert_eq!(answer.status.as_u16(), 200);
    }
    assert_eq!(service.coins().balance("bryan"), Ok(1_005));
    assert_eq!(service.coins().held(), service.coins().issued());
}

#[tokio::test]
async fn history_has_goledgers_words_in_pages() {
    let (_, router) = secret();
    let aaron = [("authorization", "1")];
    for (path, body) in [("aaron/deposits", 5), ("aaron/withdrawals", 3)] {
        operate(&router, "POST", &format!("/v1/users/{path}"), json!({ "amount": body })).await;
    }
    for (to, amount) in
        [("bryan", "7"), ("bryan", "9999"), ("ghost", "1"), ("bryan", "0"), ("bryan", "-4")]
    {
        let path =
            format!("/account/coins/transfer?username=aaron&from=aaron&to={to}&amount={amount}");
        ask(&router, "POST", &path, &aaron).await;
    }
    let rows = |page: &Answer| page.body["Transactions"].as_array().expect("a list").clone();
    let whole = ask(&router, "GET", "/account/coins/history?username=aaron", &aaron).await;
    assert_eq!((&whole.body["Code"], &whole.body["Next"]), (&200.into(), &Value::Null));
    let all = rows(&whole);
    let words: Vec<String> = all
        .iter()
        .map(|row| {
            let text = |key: &str| row[key].as_str().unwrap_or("-").to_owned();
            format!(
                "{} {} {} {} {}",
                text("Type"),
                text("From"),
                text("To"),
                row["Amount"],
                text("Status")
            )
        })
        .collect();
    assert_eq!(
        words,
        [
            "TRANSFER aaron bryan -4 FAILED_INVALID_AMOUNT",
            "TRANSFER aaron bryan 0 FAILED_INVALID_AMOUNT",
            "TRANSFER aaron - 1 FAILED_TO_USER_NOT_FOUND",
            "TRANSFER aaron bryan 9999 FAILED_INSUFFICIENT_FUNDS",
            "TRANSFER aaron bryan 7 SUCCESS",
            "WITHDRAWAL aaron @world 3 SUCCESS",
            "DEPOSIT @world aaron 5 SUCCESS",
            "DEPOSIT @world aaron 1000 SUCCESS",
        ]
    );
    assert!(
        all[0]["Timestamp"].as_str().is_some_and(|time| time.starts_with("2023-11-14T22:13:2"))
    );
    for limit in [1, 3, 7] {
        let mut paged = Vec::new();
        let mut path = format!("/account/coins/history?username=aaron&limit={limit}");
        loop {
            let page = ask(&router, "GET", &path, &aaron).await;
            assert!(rows(&page).len() <= limit);
            paged.extend(rows(&page));
            let Some(next) = page.body["Next"].as_str() else { break };
            path = format!("/account/coins/history?username=aaron&limit={limit}&before={next}");
        }
        assert_eq!(paged, all, "pages of {limit}");
    }
    for query in ["limit=0", "limit=1001", "limit=x", "before=x", "before=1", "before=1-1-x"] {
        let path = format!("/account/coins/history?username=aaron&{query}");
        let answer = ask(&router, "GET", &path, &aaron).await;
        assert_eq!(answer.status.as_u16(), 422, "{query}: {}", answer.text);
    }
    let other = ask(&router, "GET", "/account/coins/history?username=bryan", &aaron).await;
    assert_eq!(other.status.as_u16(), 401);
}
