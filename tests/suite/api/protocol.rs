//! Malformed requests.

use super::client::{ask, demo};

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
