//! A server for one test, and connections to it at the level of bytes.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::process::{Child, ChildStdout, Command, ExitStatus, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;

/// The time limit of every wait in these tests.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

/// Polls until there is a result.
pub(crate) fn wait_for<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let began = Instant::now();
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(began.elapsed() < PATIENCE, "{what} took more than {PATIENCE:?}");
        thread::sleep(Duration::from_millis(5));
    }
}

/// A server process, stopped when dropped.
pub(crate) struct Server {
    child: Child,
    address: SocketAddr,
    /// Held open, so that the server can write to it.
    _output: BufReader<ChildStdout>,
}

impl Server {
    /// Starts a server with GoLedger's two users and these options.
    pub(crate) fn demo(options: &[&str]) -> Self {
        Self::start(&[&["--demo"], options].concat())
    }

    pub(crate) fn start(options: &[&str]) -> Self {
        Self::start_logging_to(Stdio::null(), options)
    }

    /// Starts a server whose log goes to `log`.
    pub(crate) fn start_logging_to(log: impl Into<Stdio>, options: &[&str]) -> Self {
        let room: &[&str] = match options.contains(&"--trail-mib") {
            true => &[],
            false => &["--trail-mib", "64"],
        };
        let mut child = Command::new(env!("CARGO_BIN_EXE_ledgerlab"))
            .args(["serve", "--port", "0", "--allowed-host", "ledger"])
            .args([room, options].concat())
            // This folder has no built dashboard, which the server would serve.
            .current_dir(env!("CARGO_TARGET_TMPDIR"))
            .stdout(Stdio::piped())
            .stderr(log)
            .spawn()
            .expect("the program starts");
        let mut output = BufReader::new(child.stdout.take().expect("it is piped"));
        let mut line = String::new();
        output.read_line(&mut line).expect("it prints its address");
        let address = line.trim().strip_prefix("Listening on http://");
        let address = address.unwrap_or_else(|| panic!("{line:?}")).parse().expect("an address");
        Self { child, address, _output: output }
    }

    /// Returns its address.
    #[allow(dead_code, reason = "only the load benchmark uses it")]
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Returns the most memory that it has used, in MiB. Only Linux says it.
    #[allow(dead_code, reason = "only the load benchmark uses it")]
    pub(crate) fn peak_memory_mib(&self) -> u64 {
        let status = format!("/proc/{}/status", self.child.id());
        let status = std::fs::read_to_string(status).expect("Linux tells the memory of a process");
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let kib = line.and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok());
        kib.expect("it is a number of KiB") >> 10
    }

    /// Opens a connection.
    pub(crate) fn try_connect(&self) -> io::Result<Connection> {
        let stream = TcpStream::connect_timeout(&self.address, PATIENCE)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.set_write_timeout(Some(PATIENCE))?;
        Ok(Connection(BufReader::new(stream)))
    }

    pub(crate) fn connect(&self) -> Connection {
        self.try_connect().expect("the server takes connections")
    }

    /// Sends one request on a new connection.
    pub(crate) fn ask(&self, method: &str, path: &str, headers: &[(&str, &str)]) -> Answer {
        self.connect().ask(method, path, headers, b"")
    }

    /// Sends SIGTERM.
    pub(crate) fn terminate(&self) {
        self.signal("-TERM");
    }

    /// Sends SIGHUP.
    #[allow(dead_code, reason = "the load benchmark does not use it")]
    pub(crate) fn hang_up(&self) {
        self.signal("-HUP");
    }

    /// Returns the number of its process.
    #[allow(dead_code, reason = "the load benchmark does not use it")]
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// Sends a signal.
    pub(crate) fn signal(&self, name: &str) {
        let id = self.child.id().to_string();
        let sent = Command::new("kill").args([name, &id]).status().expect("kill starts");
        assert!(sent.success());
    }

    /// Returns its exit status.
    pub(crate) fn wait(&mut self) -> ExitStatus {
        wait_for("the end", || self.child.try_wait().expect("it can be waited for"))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// One connection.
pub(crate) struct Connection(pub(crate) BufReader<TcpStream>);

impl Connection {
    /// Sends raw bytes.
    pub(crate) fn send(&mut self, bytes: impl AsRef<[u8]>) -> io::Result<()> {
        self.0.get_mut().write_all(bytes.as_ref())
    }

    pub(crate) fn ask(
        &mut self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &[u8],
    ) -> Answer {
        let mut request = format!("{method} {path} HTTP/1.1\r\nhost: ledger\r\n");
        for (name, value) in headers {
            request += &format!("{name}: {value}\r\n");
        }
        request += &format!("content-length: {}\r\n\r\n", body.len());
        self.send([request.as_bytes(), body].concat()).expect("the request is taken");
        self.answer_to(method)
    }

    /// Reads the response to a request with this method.
    pub(crate) fn answer_to(&mut self, method: &str) -> Answer {
        let first = self.line();
        let status = first.split(' ').nth(1).and_then(|status| status.parse().ok());
        let status = status.unwrap_or_else(|| panic!("no status: {first:?}"));
        let mut answer = Answer { status, headers: Vec::new(), body: Vec::new() };
        loop {
            let line = self.line();
            if line.is_empty() {
                break;
            }
            let (name, value) = line.split_once(':').expect("a header has a colon");
            answer.headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
        }
        if method != "HEAD" && status != 304 {
            answer.body = self.body(&answer);
        }
        answer
    }

    fn body(&mut self, answer: &Answer) -> Vec<u8> {
        if answer.header("transfer-encoding") == "chunked" {
            return self.chunks();
        }
        let length = answer.header("content-length").parse().expect("it has a length");
        self.exactly(length)
    }

    fn chunks(&mut self) -> Vec<u8> {
        let mut body = Vec::new();
        loop {
            let size = usize::from_str_radix(&self.line(), 16).expect("a chunk has a size");
            body.extend(self.exactly(size));
            assert_eq!(self.line(), "", "a chunk ends with its line");
            if size == 0 {
                return body;
            }
        }
    }

    fn exactly(&mut self, length: usize) -> Vec<u8> {
        let mut bytes = vec![0; length];
        self.0.read_exact(&mut bytes).expect("all of it comes");
        bytes
    }

    /// Reads a line without its end.
    pub(crate) fn line(&mut self) -> String {
        let mut line = String::new();
        self.0.read_line(&mut line).expect("a line comes");
        line.trim_end_matches(['\r', '\n']).to_owned()
    }

    /// Asserts that the server closed it and sent nothing more.
    pub(crate) fn must_be_closed(&mut self) {
        let mut rest = Vec::new();
        match self.0.read_to_end(&mut rest) {
            Ok(_) => assert_eq!(rest, b"", "more was sent"),
            Err(error) => assert_eq!(error.kind(), io::ErrorKind::ConnectionReset),
        }
    }
}

/// A response.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    /// Returns a header.
    pub(crate) fn header(&self, name: &str) -> &str {
        let found = self.headers.iter().find(|(known, _)| known == name);
        found.map_or("", |(_, value)| value)
    }

    pub(crate) fn text(&self) -> &str {
        std::str::from_utf8(&self.body).expect("it is text")
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|_| panic!("no JSON: {:?}", self.text()))
    }

    /// Asserts that it is a problem of this status and code, with a message.
    pub(crate) fn must_be_problem(&self, status: u16, code: &str) {
        assert_eq!(self.status, status, "{self:?}");
        assert_eq!(self.header("content-type"), "application/problem+json", "{self:?}");
        let problem = self.json();
        assert_eq!((&problem["status"], &problem["code"]), (&status.into(), &code.into()));
        assert!(problem["detail"].as_str().is_some_and(|detail| detail.contains(' ')), "{problem}");
    }

    /// Asserts the headers of every response with data.
    pub(crate) fn must_be_guarded(&self) {
        for (name, value) in [
            ("x-content-type-options", "nosniff"),
            ("cross-origin-resource-policy", "same-origin"),
            ("cache-control", "no-store"),
            ("content-security-policy", "default-src 'none'; frame-ancestors 'none'"),
        ] {
            assert_eq!(self.header(name), value, "{name}: {self:?}");
        }
        assert_eq!(self.header("x-request-id").len(), 36, "{self:?}");
    }

    /// Asserts the headers of a page and its files.
    pub(crate) fn must_be_a_page(&self) {
        for (name, value) in [
            ("x-content-type-options", "nosniff"),
            ("x-frame-options", "DENY"),
            ("referrer-policy", "no-referrer"),
            ("cross-origin-opener-policy", "same-origin"),
            ("cross-origin-embedder-policy", "require-corp"),
            ("cross-origin-resource-policy", "same-origin"),
        ] {
            assert_eq!(self.header(name), value, "{name}: {self:?}");
        }
        let policy = self.header("content-security-policy");
        assert!(policy.starts_with("default-src 'self'") && !policy.contains("unsafe-inline"));
        assert_eq!(self.header("link"), "</system/health>; rel=\"status\"", "{self:?}");
        assert_eq!(self.header("x-request-id").len(), 36, "{self:?}");
    }
}
