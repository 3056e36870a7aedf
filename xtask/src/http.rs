//! Asking a server on this machine for the head of its answer.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddrV4, TcpListener, TcpStream};
use std::time::Duration;

/// The head of an answer may not be longer than this.
const HEAD_BYTES_MAX: usize = 16 << 10;

/// The status and the headers of an answer.
#[derive(Debug)]
pub struct Head {
    pub status: u16,
    headers: Vec<(String, String)>,
}

impl Head {
    /// Reads a head that is complete, that is, up to its empty line.
    fn parse(bytes: &[u8]) -> Option<Head> {
        let end = bytes.windows(4).position(|four| four == b"\r\n\r\n")?;
        let text = std::str::from_utf8(&bytes[..end]).ok()?;
        let mut lines = text.split("\r\n");
        let mut words = lines.next()?.split(' ');
        if !words.next()?.starts_with("HTTP/1.") {
            return None;
        }
        let status = words.next()?.parse().ok()?;
        let header = |line: &str| {
            let (name, value) = line.split_once(':')?;
            Some((name.to_ascii_lowercase(), value.trim().to_owned()))
        };
        let headers = lines.map(header).collect::<Option<Vec<_>>>()?;
        Some(Head { status, headers })
    }

    /// The value of a header, whose name is given in lower case.
    pub fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(its_name, _)| its_name == name);
        found.map(|(_, value)| value.as_str())
    }
}

/// The head of what the server on this port answers to `GET path`.
pub fn get(port: u16, path: &str, patience: Duration) -> Result<Head, String> {
    let address = SocketAddrV4::new(Ipv4Addr::LOCALHOST, port);
    let failed = |error: std::io::Error| format!("http://{address}{path} did not answer: {error}");
    let mut stream = TcpStream::connect_timeout(&address.into(), patience).map_err(failed)?;
    stream.set_read_timeout(Some(patience)).map_err(failed)?;
    stream.set_write_timeout(Some(patience)).map_err(failed)?;
    let request = format!(
        "GET {path} HTTP/1.1\r\nHost: {address}\r\nAccept: text/html\r\nConnection: close\r\n\r\n"
    );
    stream.write_all(request.as_bytes()).map_err(failed)?;
    let mut bytes = Vec::new();
    let mut part = [0; 1024];
    loop {
        if let Some(head) = Head::parse(&bytes) {
            return Ok(head);
        }
        let read = stream.read(&mut part).map_err(failed)?;
        if read == 0 || bytes.len() > HEAD_BYTES_MAX {
            return Err(format!("http://{address}{path} answered something that is not HTTP."));
        }
        bytes.extend_from_slice(&part[..read]);
    }
}

/// The first port from this one on that nobody on this machine listens on.
pub fn free_port(first: u16) -> Result<u16, String> {
    let last = first.saturating_add(99);
    (first..=last)
        .find(|&port| TcpListener::bind(SocketAddrV4::new(Ipv4Addr::LOCALHOST, port)).is_ok())
        .ok_or_else(|| {
            format!("No port from {first} to {last} is free; name another one with --port.")
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn heads_are_read_whatever_the_case_of_their_names() {
        let head =
            Head::parse(b"HTTP/1.1 200 OK\r\nCross-Origin-Opener-Policy:same-origin\r\n\r\n<")
                .expect("a head");
        assert_eq!(head.status, 200);
        assert_eq!(head.header("cross-origin-opener-policy"), Some("same-origin"));
        assert_eq!(head.header("etag"), None);
    }

    #[test]
    fn incomplete_and_foreign_heads_are_refused() {
        assert!(Head::parse(b"").is_none());
        assert!(Head::parse(b"HTTP/1.1 200 OK\r\nA: b\r\n").is_none());
        assert!(Head::parse(b"SSH-2.0-OpenSSH\r\n\r\n").is_none());
        assert!(Head::parse(b"HTTP/1.1 many\r\n\r\n").is_none());
        assert!(Head::parse(b"HTTP/1.1 200 OK\r\nno colon\r\n\r\n").is_none());
    }

    #[test]
    fn a_server_is_asked_and_its_port_is_not_free() {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let server = std::thread::spawn(move || {
            let (mut stream, _) = listener.accept().expect("a visitor");
            let mut request = [0; 1024];
            let read = stream.read(&mut request).expect("a request");
            stream.write_all(b"HTTP/1.1 404 Not Found\r\nA: b\r\n\r\n").expect("an answer");
            (String::from_utf8_lossy(&request[..read]).into_owned(), listener)
        });
        let head = get(port, "/page", Duration::from_secs(5)).expect("an answer");
        assert_eq!((head.status, head.header("a")), (404, Some("b")));
        let (request, _listener) = server.join().expect("the server");
        assert!(request.starts_with("GET /page HTTP/1.1\r\n"), "{request}");
        assert_ne!(free_port(port).expect("a free port"), port);
    }
}
