//! Pages and files are compressed once, and stored by their readers.

use super::client::{Answer, Server};

const GZIP: (&str, &str) = ("accept-encoding", "br;q=0.1, gzip");

/// The length that gzip stores at the end.
fn length_before_compression(answer: &Answer) -> Option<usize> {
    answer.body.last_chunk().copied().map(|bytes| u32::from_le_bytes(bytes) as usize)
}

#[test]
fn static_content_is_compressed_once() {
    let folder = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("compressed-dashboard");
    std::fs::create_dir_all(&folder).expect("it can be made");
    std::fs::write(folder.join("plain.js"), "x".repeat(100_000)).expect("it can be written");
    let server = Server::demo(&["--dashboard", folder.to_str().expect("it is UTF-8")]);
    let mut connection = server.connect();
    for path in ["/reference", "/reference/style.css", "/openapi.json", "/plain.js"] {
        let plain = connection.ask("GET", path, &[], b"");
        assert_eq!((plain.status, plain.header("content-encoding")), (200, ""), "{path}");
        assert_eq!(plain.header("vary"), "accept-encoding", "{path}");
        // What is compressed for each request has no length, because its head is sent before.
        let [packed, again] = [0, 1].map(|_| connection.ask("GET", path, &[GZIP], b""));
        assert_eq!(packed.header("content-length"), packed.body.len().to_string(), "{path}");
        assert_eq!(packed.header("content-encoding"), "gzip", "{path}");
        assert_eq!(packed.header("vary"), "accept-encoding", "{path}");
        assert_eq!(packed.header("content-type"), plain.header("content-type"), "{path}");
        assert_eq!(length_before_compression(&packed), Some(plain.body.len()), "{path}");
        assert_eq!(packed.body, again.body, "{path}");
    }
    // A new version of a file is compressed again.
    std::fs::write(folder.join("plain.js"), "y".repeat(50_000)).expect("it can be written");
    let newer = connection.ask("GET", "/plain.js", &[GZIP], b"");
    assert_eq!(length_before_compression(&newer), Some(50_000));
}

#[test]
fn reader_who_has_the_page_gets_304() {
    let server = Server::demo(&[]);
    let mut connection = server.connect();
    for path in ["/reference", "/reference/style.css", "/openapi.json"] {
        let first = connection.ask("GET", path, &[GZIP], b"");
        let tag = first.header("etag");
        assert!(tag.starts_with("W/\""), "{path}: {tag:?}");
        assert_eq!(first.header("cache-control"), "no-cache", "{path}");
        let listed = format!("\"other\", {tag}");
        for (known, status) in [(tag, 304), (&listed, 304), ("*", 304), ("W/\"other\"", 200)] {
            let answer = connection.ask("GET", path, &[("if-none-match", known)], b"");
            assert_eq!((answer.status, answer.header("etag")), (status, tag), "{path} {known}");
            assert_eq!(answer.header("vary"), "accept-encoding", "{path} {known}");
        }
    }
}

#[test]
fn short_responses_are_not_compressed() {
    let server = Server::demo(&[]);
    let answer = server.ask("GET", "/v1/me", &[("authorization", "1"), GZIP]);
    assert_eq!((answer.status, answer.header("content-encoding")), (200, ""));
}
