//! Pages of other origins may call the server only if an option allows their origin.

use super::client::Server;

const ORIGIN: &str = "https://example.org";

#[test]
fn other_origins_are_not_allowed_by_default() {
    let server = Server::demo(&[]);
    let answer = server.ask("GET", "/v1/me", &[("authorization", "1"), ("origin", ORIGIN)]);
    assert_eq!((answer.status, answer.header("access-control-allow-origin")), (200, ""));
    let preflight = [("origin", ORIGIN), ("access-control-request-method", "POST")];
    let answer = server.ask("OPTIONS", "/v1/transfers", &preflight);
    assert_eq!((answer.status, answer.header("access-control-allow-origin")), (405, ""));
}

#[test]
fn allowed_origin_may_call_and_read() {
    let server = Server::demo(&["--cors-origin", ORIGIN, "--cors-origin", "http://localhost:5173"]);
    for (origin, allowed) in [
        (ORIGIN, ORIGIN),
        ("http://localhost:5173", "http://localhost:5173"),
        ("http://localhost:5174", ""),
        ("https://example.org.evil.example", ""),
        ("null", ""),
    ] {
        let preflight = [
            ("origin", origin),
            ("access-control-request-method", "POST"),
            ("access-control-request-headers", "authorization,idempotency-key"),
        ];
        let answer = server.ask("OPTIONS", "/v1/transfers", &preflight);
        assert_eq!(answer.status, 200, "{origin}");
        assert_eq!(answer.header("access-control-allow-origin"), allowed, "{origin}");
        assert!(answer.header("access-control-allow-headers").contains("authorization"));
        assert_eq!(answer.header("access-control-allow-credentials"), "", "there are no cookies");
        // A refusal can be read, too.
        for token in ["1", "unknown"] {
            let answer =
                server.ask("GET", "/v1/me", &[("authorization", token), ("origin", origin)]);
            assert_eq!(answer.header("access-control-allow-origin"), allowed, "{origin}");
            assert!(answer.header("access-control-expose-headers").contains("www-authenticate"));
        }
    }
}
