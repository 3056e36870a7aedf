//! Malformed requests.

use super::client::{ask, demo, secret, send};

#[tokio::test]
async fn unknown_path_is_a_problem() {
    let (_, router) = demo();
    for path in [
        "/",
        "/account",
        "/account/coins/steal",
        "/v2/accounts",
        "/account//coins",
        "/../etc/passwd",
    ] {
        let answer = ask(&router, "GET", path, &[]).await;
        assert_eq!(answer.status.as_u16(), 404, "{path}");
        assert_eq!(answer.header("content-type"), "application/problem+json");
        assert_eq!(answer.body["code"], "no_such_path");
        assert_eq!(answer.body["status"], 404);
    }
}

#[tokio::test]
async fn wrong_method_gets_allow() {
    let (_, router) = demo();
    for (method, path, allowed) in [
        ("POST", "/account/coins", "GET,HEAD"),
        ("GET", "/account/coins/add", "POST"),
        ("DELETE", "/account/coins/transfer", "POST"),
        ("PUT", "/system/health", "GET,HEAD"),
    ] {
        let answer = ask(&router, method, path, &[("authorization", "1")]).await;
        assert_eq!(
            (answer.status.as_u16(), answer.header("allow")),
            (405, allowed),
            "{method} {path}"
        );
        assert_eq!(answer.body["code"], "no_such_method");
    }
}

#[tokio::test]
async fn query_that_an_endpoint_does_not_read_is_rejected() {
    // `dry_run` was ignored by deposits and reversals, which moved the coins.
    let (service, router) = secret();
    let document = ask(&router, "GET", "/openapi.json", &[]).await.body;
    let before = service.coins().ledger().trail().len();
    let mut rejected = 0;
    for (path, item) in document["paths"].as_object().expect("an object") {
        for (method, operation) in item.as_object().expect("an object") {
            let mut parameters = operation["parameters"].as_array().into_iter().flatten();
            let has_ticket = operation["security"].to_string().contains("ticket");
            let reads_query = has_ticket || parameters.any(|one| one["in"] == "query");
            if !path.starts_with("/v1/") || reads_query {
                continue;
            }
            let path = path.replace("{id}", "1").replace("{run}", "1").replace("{name}", "aaron");
            let (method, path) = (method.to_uppercase(), format!("{path}?dry_run=true"));
            let caller = [("authorization", "operator")];
            let answer = send(&router, &method, &path, &caller, r#"{"amount":1}"#).await;
            assert_eq!(answer.status.as_u16(), 400, "{method} {path}: {}", answer.text);
            assert_eq!(answer.body["code"], "bad_query", "{method} {path}");
            assert_eq!(ask(&router, &method, &path, &[]).await.status.as_u16(), 401);
            rejected += 1;
        }
    }
    assert!(rejected > 20, "{rejected}");
    assert_eq!(service.coins().ledger().trail().len(), before);
    assert!(service.users().position("aaron").is_some(), "nobody was removed");
    // A query without a parameter is none.
    assert_eq!(
        ask(&router, "GET", "/v1/me?", &[("authorization", "1")]).await.status.as_u16(),
        200
    );
}

#[tokio::test]
async fn each_401_names_the_scheme() {
    let (_, router) = secret();
    let document = ask(&router, "GET", "/openapi.json", &[]).await.body;
    let mut refused = 0;
    for (path, item) in document["paths"].as_object().expect("an object") {
        for (method, operation) in item.as_object().expect("an object") {
            if operation["responses"].get("401").is_none() {
                continue;
            }
            let path = path.replace("{id}", "1").replace("{run}", "1").replace("{name}", "aaron");
            let answer = ask(&router, &method.to_uppercase(), &path, &[]).await;
            assert_eq!(answer.status.as_u16(), 401, "{method} {path}: {}", answer.text);
            assert_eq!(answer.header("www-authenticate"), "Bearer", "{method} {path}");
            refused += 1;
        }
    }
    assert!(refused > 20, "{refused}");
}

#[tokio::test]
async fn body_of_another_type_or_encoding_gets_415() {
    let (service, router) = demo();
    let before = service.coins().ledger().trail().entries();
    for (name, value, status) in [
        ("content-type", "application/json", 200),
        ("content-type", "Application/JSON; charset=utf-8", 200),
        ("content-type", "application/vnd.ledger+json", 200),
        ("content-type", "text/plain;charset=UTF-8", 200),
        ("content-type", "application/x-www-form-urlencoded", 415),
        ("content-type", "text/xml", 415),
        ("content-type", "", 415),
        ("content-encoding", "identity", 200),
        ("content-encoding", "gzip", 415),
        ("content-encoding", "identity, br", 415),
    ] {
        for (path, body) in
            [("/v1/transfers", r#"{"events":[]}"#), ("/v1/accounts/lookup", r#"{"ids":[]}"#)]
        {
            let headers = [("authorization", "Bearer operator"), (name, value)];
            let answer = send(&router, "POST", path, &headers, body).await;
            assert_eq!(answer.status.as_u16(), status, "{name}: {value}: {}", answer.text);
            if status == 415 {
                assert_eq!(answer.header("accept"), "application/json");
                assert_eq!(answer.header("accept-encoding"), "identity");
            }
        }
    }
    assert_eq!(service.coins().ledger().trail().entries(), before);
    // GoLedger's calls have no body, whatever their clients say about it.
    let headers = [("authorization", "1"), ("content-type", "application/x-www-form-urlencoded")];
    let path = "/account/coins/add?username=aaron&amount=1";
    assert_eq!(ask(&router, "POST", path, &headers).await.status.as_u16(), 200);
}
