//! Unusual requests, and what the server serves beside the API.

use super::client::Server;

const AARON: [(&str, &str); 1] = [("authorization", "Bearer 1")];

#[test]
fn hostile_paths_and_queries_get_problem_responses() {
    let www = concat!(env!("CARGO_MANIFEST_DIR"), "/www");
    for dashboard in [&[][..], &["--dashboard", www]] {
        must_name_tricks(&Server::demo(dashboard));
    }
}

fn must_name_tricks(server: &Server) {
    let mut connection = server.connect();
    for (path, status, code) in [
        ("/..%2f..%2fetc%2fpasswd", 404, "no_such_path"),
        ("/../../etc/passwd", 404, "no_such_path"),
        ("/%2e%2e/%2e%2e/etc/passwd", 404, "no_such_path"),
        ("//account/coins", 404, "no_such_path"),
        ("/account//coins?username=aaron", 404, "no_such_path"),
        ("/account/coins;x?username=aaron", 404, "no_such_path"),
        ("/account/coins%00?username=aaron", 404, "no_such_path"),
        ("/account%2fcoins?username=aaron", 404, "no_such_path"),
        ("/%FF", 404, "no_such_path"),
        ("/v1/accounts/%FF", 400, "bad_path"),
        ("/v1/transfers/%C3%28", 400, "bad_path"),
        ("/v1/accounts/..", 422, "bad_id"),
        ("/v1/accounts/1;x", 422, "bad_id"),
        ("/v1/accounts/-1", 422, "bad_id"),
        ("/v1/accounts/340282366920938463463374607431768211456", 422, "bad_id"),
        ("/v1/trail?limit=1&limit=2", 400, "bad_query"),
        ("/v1/trail?limit=1&%6Cimit=2", 400, "bad_query"),
        ("/v1/trail?limit=%FF", 400, "bad_query"),
    ] {
        let answer = connection.ask("GET", path, &AARON, b"");
        answer.must_be_problem(status, code);
        answer.must_be_guarded();
    }
    let twice = "/account/coins?username=aaron&username=bryan";
    let refused = connection.ask("GET", twice, &AARON, b"");
    assert_eq!((refused.status, &refused.json()["Code"]), (400, &400.into()));
    assert_eq!(refused.json()["Message"], "username must be given once");
    let bytes = "/account/coins?username=%FF";
    assert_eq!(connection.ask("GET", bytes, &AARON, b"").status, 400);
}

#[test]
fn malformed_request_gets_400_and_closes() {
    let server = Server::demo(&[]);
    for bytes in [
        &b"GET /\xff\xfe HTTP/1.1\r\nhost: ledger\r\n\r\n"[..],
        b"GET / HTTP/9.9\r\n\r\n",
        b"hello\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",
        b"POST /v1/verify HTTP/1.1\r\nhost: ledger\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\n",
        b"POST /v1/verify HTTP/1.1\r\nhost: ledger\r\ncontent-length: -1\r\n\r\n",
        b"GET / HTTP/1.1\r\nhost: ledger\r\nbad header: x\r\n\r\n",
    ] {
        let mut connection = server.connect();
        connection.send(bytes).expect("they are taken");
        let answer = connection.answer_to("GET");
        assert_eq!(answer.status, 400, "{:?}", String::from_utf8_lossy(bytes));
        connection.must_be_closed();
    }
    assert_eq!(server.ask("GET", "/system/health", &[]).status, 200);
}

#[test]
fn http_1_0_is_answered_and_closed() {
    let server = Server::demo(&[]);
    let mut connection = server.connect();
    connection.send("GET /system/health HTTP/1.0\r\n\r\n").expect("it is taken");
    let answer = connection.answer_to("GET");
    assert_eq!((answer.status, &answer.json()["status"]), (200, &"healthy".into()));
    answer.must_be_guarded();
    connection.must_be_closed();
}

#[test]
fn head_matches_get_and_other_methods_get_allow() {
    let server = Server::demo(&[]);
    let mut connection = server.connect();
    let path = "/account/coins?username=aaron";
    let get = connection.ask("GET", path, &AARON, b"");
    let head = connection.ask("HEAD", path, &AARON, b"");
    assert_eq!((head.status, head.body.len()), (200, 0));
    for name in ["content-type", "content-length"] {
        assert_eq!(head.header(name), get.header(name), "{name}");
    }
    let wrong = connection.ask("DELETE", path, &AARON, b"");
    wrong.must_be_problem(405, "no_such_method");
    wrong.must_be_guarded();
    assert_eq!(wrong.header("allow"), "GET,HEAD");
    connection.ask("POST", "/nowhere", &[], b"").must_be_problem(404, "no_such_path");
}

#[test]
fn responses_are_compressed_on_request() {
    let server = Server::demo(&[]);
    let mut connection = server.connect();
    let operator = [("authorization", "operator")];
    let plain = connection.ask("GET", "/v1/snapshot", &operator, b"");
    assert_eq!(plain.header("content-encoding"), "");
    let both = [operator[0], ("accept-encoding", "gzip")];
    let packed = connection.ask("GET", "/v1/snapshot", &both, b"");
    packed.must_be_guarded();
    assert_eq!(packed.header("content-encoding"), "gzip");
    assert_eq!(packed.header("vary"), "accept-encoding");
    assert_eq!(packed.body[..3], [0x1f, 0x8b, 8], "gzip begins so");
    assert!(packed.body.len() < plain.body.len());
    // Gzip ends with the uncompressed length.
    let length = packed.body.last_chunk().copied().map(u32::from_le_bytes);
    assert_eq!(length, Some(plain.body.len() as u32));
}

#[test]
fn request_id_is_echoed() {
    let server = Server::demo(&[]);
    let answer = server.ask("GET", "/system/health", &[("x-request-id", "mine")]);
    assert_eq!(answer.header("x-request-id"), "mine");
}

#[test]
fn pages_and_files_are_cross_origin_isolated() {
    let www = concat!(env!("CARGO_MANIFEST_DIR"), "/www");
    let server = Server::demo(&["--dashboard", www]);
    for (path, kind) in [("/engine/worker.js", "text/javascript"), ("/app/style.css", "text/css")] {
        let file = server.ask("GET", path, &[]);
        assert_eq!((file.status, file.header("content-type")), (200, kind), "{path}");
        file.must_be_a_page();
        let since = [("if-modified-since", file.header("last-modified"))];
        let unchanged = server.ask("GET", path, &since);
        assert_eq!(unchanged.status, 304, "{path}");
        unchanged.must_be_a_page();
    }
    let page = Server::demo(&[]).ask("GET", "/", &[]);
    assert_eq!((page.status, page.header("content-type")), (200, "text/html; charset=utf-8"));
    page.must_be_a_page();
}

/// Returns a folder with a page and two files, as a build makes them.
fn built_dashboard() -> std::path::PathBuf {
    let folder = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("built-dashboard");
    std::fs::create_dir_all(folder.join("assets")).expect("it can be made");
    for file in ["index.html", "assets/index-BkalLY42.js", "assets/plain.js"] {
        std::fs::write(folder.join(file), "1").expect("it can be written");
    }
    folder
}

#[test]
fn hashed_files_are_kept_and_pages_are_checked() {
    let folder = built_dashboard();
    let server = Server::demo(&["--dashboard", folder.to_str().expect("it is UTF-8")]);
    for (path, expected) in [
        ("/", "no-cache"),
        ("/index.html", "no-cache"),
        ("/assets/plain.js", "no-cache"),
        ("/assets/index-BkalLY42.js", "public, max-age=31536000, immutable"),
        ("/reference", "no-cache"),
        ("/system/health", "no-store"),
        ("/assets/gone-BkalLY42.js", "no-store"),
    ] {
        let answer = server.ask("GET", path, &[]);
        assert_eq!(answer.header("cache-control"), expected, "{path}");
        if !answer.header("last-modified").is_empty() {
            let since = [("if-modified-since", answer.header("last-modified"))];
            let unchanged = server.ask("GET", path, &since);
            assert_eq!((unchanged.status, unchanged.header("cache-control")), (304, expected));
        }
    }
}

#[test]
fn file_gets_405_for_other_methods() {
    let folder = built_dashboard();
    let server = Server::demo(&["--dashboard", folder.to_str().expect("it is UTF-8")]);
    for path in ["/", "/index.html", "/assets/plain.js"] {
        let answer = server.ask("POST", path, &[]);
        answer.must_be_problem(405, "no_such_method");
        assert_eq!(answer.header("allow"), "GET,HEAD", "{path}");
    }
    server.ask("POST", "/assets/gone.js", &[]).must_be_problem(404, "no_such_path");
    server.ask("DELETE", "/v1/me", &[]).must_be_problem(405, "no_such_method");
}

#[test]
fn api_docs_are_served_beside_the_dashboard() {
    let www = concat!(env!("CARGO_MANIFEST_DIR"), "/www");
    for dashboard in [&[][..], &["--dashboard", www]] {
        let server = Server::demo(dashboard);
        for (path, kind) in [
            ("/openapi.json", "application/json"),
            ("/reference", "text/html; charset=utf-8"),
            ("/reference/style.css", "text/css; charset=utf-8"),
            ("/metrics", "text/plain; version=0.0.4; charset=utf-8"),
        ] {
            let answer = server.ask("GET", path, &[]);
            assert_eq!((answer.status, answer.header("content-type")), (200, kind), "{path}");
            match path.starts_with("/reference") {
                true => answer.must_be_a_page(),
                false if path == "/openapi.json" => {
                    assert_eq!(answer.header("cache-control"), "no-cache");
                }
                false => answer.must_be_guarded(),
            }
        }
    }
}
