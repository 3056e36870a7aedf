//! Every endpoint with every role, the caller's own and another user's account, and every kind of
//! invalid token.

use super::client::{secret, send};
use super::openapi::guarded;

/// The status that each of the three roles gets.
struct Row {
    method: &'static str,
    path: &'static str,
    /// `OWN` stands for the id of the caller's account, `OTHER` for that of another user.
    body: &'static str,
    user: u16,
    auditor: u16,
    operator: u16,
}

const fn row(
    method: &'static str,
    path: &'static str,
    body: &'static str,
    [user, auditor, operator]: [u16; 3],
) -> Row {
    Row { method, path, body, user, auditor, operator }
}

const ROWS: &[Row] = &[
    row("GET", "/v1/me", "", [200, 200, 200]),
    row("GET", "/v1/accounts/OWN", "", [200, 200, 200]),
    row("GET", "/v1/accounts/OTHER", "", [403, 200, 200]),
    row("GET", "/v1/accounts/OWN/balance", "", [200, 200, 200]),
    row("GET", "/v1/accounts/OTHER/balance?at=1", "", [403, 404, 404]),
    row("POST", "/v1/accounts", r#"{"events":[]}"#, [403, 403, 200]),
    row("POST", "/v1/accounts/lookup", r#"{"ids":[OWN]}"#, [200, 200, 200]),
    row("POST", "/v1/accounts/lookup", r#"{"ids":[OWN,OTHER]}"#, [403, 200, 200]),
    row("POST", "/v1/accounts/query", r#"{"filter":{"limit":1}}"#, [403, 200, 200]),
    row("POST", "/v1/accounts/transfers", FILTER_OWN, [200, 200, 200]),
    row("POST", "/v1/accounts/transfers", FILTER_OTHER, [403, 200, 200]),
    row("POST", "/v1/accounts/balances", FILTER_OWN, [200, 200, 200]),
    row("POST", "/v1/accounts/balances", FILTER_OTHER, [403, 200, 200]),
    row("POST", "/v1/transfers", MOVE_OWN, [200, 403, 200]),
    row("POST", "/v1/transfers", MOVE_OTHER, [403, 403, 200]),
    row("POST", "/v1/transfers", IMPORT_OWN, [403, 403, 200]),
    row("POST", "/v1/transfers/lookup", r#"{"ids":[]}"#, [200, 200, 200]),
    row("POST", "/v1/transfers/query", r#"{"filter":{"limit":1}}"#, [403, 200, 200]),
    row("GET", "/v1/transfers/1", "", [404, 404, 404]),
    row("POST", "/v1/transfers?dry_run=true", MOVE_OWN, [200, 403, 200]),
    row("POST", "/v1/transfers?dry_run=true", MOVE_OTHER, [403, 403, 200]),
    row("POST", "/v1/transfers/1/reverse", "", [404, 404, 404]),
    row("GET", "/v1/trail", "", [403, 200, 200]),
    row("GET", "/v1/trail?account_id=OWN", "", [200, 200, 200]),
    row("GET", "/v1/trail?account_id=OTHER", "", [403, 200, 200]),
    row("GET", "/v1/snapshot", "", [403, 200, 200]),
    row("GET", "/v1/changes", "", [403, 200, 200]),
    row("POST", "/v1/verify", "", [403, 200, 200]),
    row("GET", "/v1/health", "", [403, 200, 200]),
    row("GET", "/v1/scenarios", "", [200, 200, 200]),
    row("GET", "/v1/runs", "", [403, 200, 200]),
    row("POST", "/v1/runs", r#"{"scenario":"hft"}"#, [403, 403, 501]),
    row("GET", "/v1/runs/1", "", [403, 404, 404]),
    row("POST", "/v1/runs/1/cancel", "", [403, 403, 404]),
    row("GET", "/v1/runs/1/events", "", [403, 404, 404]),
    row("GET", "/v1/runs/1/report", "", [403, 404, 404]),
    row("POST", "/v1/tickets", "", [403, 501, 501]),
    row("GET", "/v1/users", "", [403, 200, 200]),
    row("POST", "/v1/users", r#"{"name":"aaron","role":"user"}"#, [403, 403, 409]),
    row("GET", "/v1/users/bryan/balance", "", [403, 200, 200]),
    row("DELETE", "/v1/users/nobody", "", [403, 403, 404]),
    row("POST", "/v1/users/nobody/token", "", [403, 403, 404]),
    row("DELETE", "/v1/users/nobody/token/old", "", [403, 403, 404]),
    row("POST", "/v1/users/bryan/deposits", r#"{"amount":1}"#, [403, 403, 200]),
    row("POST", "/v1/users/bryan/withdrawals", r#"{"amount":1}"#, [403, 403, 200]),
    row("GET", "/metrics", "", [403, 200, 200]),
];

const FILTER_OWN: &str = r#"{"filter":{"account_id":OWN,"limit":5,"flags":["debits","credits"]}}"#;
const FILTER_OTHER: &str =
    r#"{"filter":{"account_id":OTHER,"limit":5,"flags":["debits","credits"]}}"#;
const MOVE_OWN: &str = r#"{"events":[{"id":"new","debit_account_id":OWN,"credit_account_id":OTHER,"amount":1,"ledger":1,"code":1}]}"#;
const MOVE_OTHER: &str = r#"{"events":[{"id":"new","debit_account_id":OTHER,"credit_account_id":OWN,"amount":1,"ledger":1,"code":1}]}"#;
const IMPORT_OWN: &str = r#"{"events":[{"id":"new","debit_account_id":OWN,"credit_account_id":OTHER,"amount":1,"ledger":1,"code":1,"flags":["imported"],"timestamp":1}]}"#;

#[test]
fn every_protected_endpoint_is_in_the_table() {
    for (method, path) in guarded() {
        let fits = |asked: &str| {
            let asked = asked.split('?').next().unwrap_or_default();
            let pairs = asked.split('/').zip(path.split('/'));
            asked.split('/').count() == path.split('/').count()
                && pairs
                    .into_iter()
                    .all(|(word, documented)| word == documented || documented.starts_with('{'))
        };
        let is_in = |row: &&Row| row.method == method && fits(row.path);
        assert!(ROWS.iter().any(|row| is_in(&row)), "{method} {path} is not in the table");
    }
}

#[tokio::test]
async fn every_endpoint_enforces_every_role() {
    let (service, router) = secret();
    let id = |name: &str| service.coins().id(name).expect("the user has an account").to_string();
    let tokens = [("aaron", "1"), ("auditor", "auditor"), ("operator", "operator")];
    for row in ROWS {
        for ((name, token), expected) in tokens.iter().zip([row.user, row.auditor, row.operator]) {
            let fill = |text: &str| text.replace("OWN", &id(name)).replace("OTHER", &id("bryan"));
            let bearer = format!("Bearer {token}");
            let headers = [("authorization", bearer.as_str())];
            let answer = send(&router, row.method, &fill(row.path), &headers, fill(row.body)).await;
            let found = answer.status.as_u16();
            assert_eq!(
                found, expected,
                "{} {} {} as {name}: {}",
                row.method, row.path, row.body, answer.text
            );
            if found == 403 {
                assert_eq!(answer.body["code"], "forbidden");
                assert_eq!(answer.header("content-type"), "application/problem+json");
            }
        }
    }
}

#[tokio::test]
async fn unknown_tokens_are_rejected_everywhere() {
    let (service, router) = secret();
    let before = service.coins().ledger().trail().count_entries();
    let wrong: [&[(&str, &str)]; 6] = [
        &[],
        &[("authorization", "Bearer 3")],
        &[("authorization", "Basic YWFyb246MQ==")],
        &[("authorization", "Bearer")],
        &[("authorization", "")],
        &[("authorization", "1"), ("authorization", "2")],
    ];
    for row in ROWS {
        for headers in wrong {
            let path = row.path.replace("OWN", "1").replace("OTHER", "2");
            let answer = send(&router, row.method, &path, headers, row.body).await;
            assert_eq!(answer.status.as_u16(), 401, "{} {path} {headers:?}", row.method);
            assert_eq!(answer.body["code"], "unauthorized");
            assert_eq!(answer.header("www-authenticate"), "Bearer");
        }
    }
    assert_eq!(service.coins().ledger().trail().count_entries(), before, "the ledger is unchanged");
}

#[tokio::test]
async fn only_operators_deposit_outside_the_demo() {
    use ledgerlab::api::{Role, Service, ServiceConfig, TokenHash, User, Users, router};
    let user = |name: &str, role| User {
        name: name.to_owned(),
        role,
        token: TokenHash::of(name),
        old_token: None,
        coins: 100,
    };
    let users =
        vec![user("aaron", Role::User), user("ann", Role::Auditor), user("olga", Role::Operator)];
    let users = Users::new(users).expect("the users are valid");
    let service = Service::open(ServiceConfig::default(), users, || 1).expect("it can be opened");
    let router = router(service);
    for (name, call, expected) in [
        ("aaron", "add", 403),
        ("aaron", "withdraw", 403),
        ("ann", "add", 403),
        ("ann", "transfer", 403),
        ("olga", "add", 200),
        ("olga", "withdraw", 200),
        ("aaron", "transfer", 200),
    ] {
        let path = format!("/account/coins/{call}?username={name}&amount=5&from={name}&to=olga");
        let path = path.replace("from=olga&to=olga", "from=olga&to=ann");
        let answer = send(&router, "POST", &path, &[("authorization", name)], "").await;
        assert_eq!(answer.status.as_u16(), expected, "{path}: {}", answer.text);
    }
}
