//! Builds the page around the module, and serves it.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail, ensure};
use xshell::cmd;

use crate::context::Context;
use crate::process;
use crate::step::{indented_end, minutes};
use crate::web;

/// The port of the dashboard, if it is free.
pub const PORT: &str = "4173";
/// The oldest Node.js that Vite supports.
const NODE_OLDEST: (u32, u32) = (20, 19);
const READY_WITHIN: Duration = Duration::from_secs(30);
const VITE: &str = "node_modules/vite/bin/vite.js";

/// Without these headers a browser gives a page no shared memory.
const ISOLATION_HEADERS: [&str; 2] = [
    "cross-origin-opener-policy: same-origin\r\n",
    "cross-origin-embedder-policy: require-corp\r\n",
];

/// Builds the module and the page into dist/.
pub fn build(cx: &mut Context) -> Result<()> {
    // A missing Node.js is reported before the long steps, not after them.
    require_node(cx)?;
    web::build(cx)?;
    install_packages(cx)?;
    let build = cmd!(cx.sh, "node {VITE} build");
    cx.steps.run("Build the page (vite build)", build, minutes(5)).map(drop)
}

/// Installs the page's packages, unless those of this package-lock.json are installed.
pub fn install_packages(cx: &mut Context) -> Result<()> {
    let root = cx.root.clone();
    install(cx, &root, "Install the page's packages (npm ci)")
}

/// Installs the packages of a folder's package-lock.json, unless they are installed.
pub fn install(cx: &mut Context, folder: &Path, name: &str) -> Result<()> {
    require_node(cx)?;
    let lock = fs_err::read(folder.join("package-lock.json"))?;
    // A copy of the lock file lies in what it installed, and is removed along with it.
    let stamp = folder.join("node_modules/.installed-package-lock.json");
    if std::fs::read(&stamp).is_ok_and(|installed| installed == lock) {
        return Ok(());
    }
    let mut npm: Command = cmd!(cx.sh, "npm ci --no-audit --no-fund").into();
    npm.current_dir(folder);
    cx.steps.run(name, npm, minutes(10))?;
    Ok(fs_err::write(&stamp, lock)?)
}

pub fn require_node(cx: &Context) -> Result<()> {
    let (major, minor) = NODE_OLDEST;
    let needed = format!("the page needs Node.js {major}.{minor} or newer and its npm");
    let found = process::output(cmd!(cx.sh, "node --version"));
    let found = found.with_context(|| format!("`node` is not on PATH: {needed}."))?;
    let is_new = node_version(&found).is_some_and(|version| version >= NODE_OLDEST);
    ensure!(is_new, "`node` is {found}: {needed}.");
    ensure!(process::find_program("npm").is_some(), "`npm` is not on PATH: {needed}.");
    Ok(())
}

/// The first two numbers of a version like `v20.20.2`.
fn node_version(text: &str) -> Option<(u32, u32)> {
    let mut numbers = text.strip_prefix('v')?.split('.');
    Some((numbers.next()?.parse().ok()?, numbers.next()?.parse().ok()?))
}

/// Builds the page and serves dist/ until Ctrl-C, or until the page answers.
pub fn dashboard(cx: &mut Context, wanted: u16, exit_when_ready: bool) -> Result<()> {
    build(cx)?;
    let port = free_port(wanted)?;
    if port != wanted {
        cx.steps.note(&format!("Port {wanted} is taken; using {port}."));
    }
    let name = "Serve the page (vite preview)";
    println!("> {name}");
    let began = Instant::now();
    let mut server = Server::start(cx, port)?;
    let ready = server.wait_until_ready();
    cx.steps.finish(name, began, ready.is_ok());
    ready?;
    cx.steps.print_table();
    let state = if exit_when_ready { "Ready:" } else { "Serving the page until Ctrl-C:" };
    println!("\n{state}\nhttp://127.0.0.1:{port}/");
    if exit_when_ready { Ok(()) } else { server.wait() }
}

/// The first free port from this one on.
fn free_port(first: u16) -> Result<u16> {
    let last = first.saturating_add(99);
    let is_free = |&port: &u16| TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok();
    let port = (first..=last).find(is_free);
    port.with_context(|| format!("No port from {first} to {last} is free; name one with --port."))
}

/// The page's server. It ends when this is dropped.
struct Server {
    child: Child,
    port: u16,
    log: PathBuf,
}

impl Server {
    fn start(cx: &Context, port: u16) -> Result<Server> {
        let log = cx.root.join("target/xtask/vite-preview.log");
        let output = fs_err::File::create(&log)?.into_parts().0;
        let number = port.to_string();
        let vite = cmd!(cx.sh, "node {VITE} preview --host 127.0.0.1 --strictPort --port {number}");
        let mut vite = Command::from(vite);
        vite.stdin(std::process::Stdio::null()).stderr(output.try_clone()?).stdout(output);
        let child = process::start(&mut vite).context("`node` could not be started")?;
        Ok(Server { child, port, log })
    }

    /// Waits until the page answers with the headers that allow shared memory.
    fn wait_until_ready(&mut self) -> Result<()> {
        let began = Instant::now();
        loop {
            self.check_alive()?;
            match response_head(self.port) {
                Ok(head) => return check_head(&head),
                Err(error) if began.elapsed() > READY_WITHIN => {
                    return Err(error.context(format!("No answer within {READY_WITHIN:?}")));
                }
                Err(_) if process::was_interrupted() => bail!("Interrupted."),
                Err(_) => std::thread::sleep(Duration::from_millis(50)),
            }
        }
    }

    fn wait(&mut self) -> Result<()> {
        while !process::was_interrupted() {
            self.check_alive()?;
            std::thread::sleep(Duration::from_millis(100));
        }
        println!("\nEnded.");
        Ok(())
    }

    fn check_alive(&mut self) -> Result<()> {
        if let Ok(Some(status)) = self.child.try_wait() {
            let printed = std::fs::read_to_string(&self.log).unwrap_or_default();
            let end = indented_end(&printed, 20);
            bail!("The page's server ended with {status}. Its last lines:\n{end}");
        }
        Ok(())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        process::end_tree(&mut self.child);
    }
}

/// The head of the response to `GET /` on this port, in lower case.
fn response_head(port: u16) -> Result<String> {
    let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port))?;
    stream.set_read_timeout(Some(Duration::from_secs(5)))?;
    let host = format!("Host: 127.0.0.1:{port}\r\nAccept: text/html\r\nConnection: close\r\n\r\n");
    stream.write_all(format!("GET / HTTP/1.1\r\n{host}").as_bytes())?;
    let mut response = Vec::new();
    stream.take(1 << 20).read_to_end(&mut response)?;
    let response = String::from_utf8_lossy(&response).to_ascii_lowercase();
    let (head, _) = response.split_once("\r\n\r\n").context("the response has no end of head")?;
    Ok(format!("{head}\r\n"))
}

fn check_head(head: &str) -> Result<()> {
    let status = head.lines().next().unwrap_or_default();
    ensure!(status.starts_with("http/1.1 200"), "The page answered with `{status}`, not 200.");
    for header in ISOLATION_HEADERS {
        let name = header.trim_end();
        ensure!(
            head.contains(&format!("\r\n{header}")),
            "The page was served without `{name}`, which web workers need to share memory. \
             vite.config.js sets it."
        );
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn node_versions_compare_as_numbers() {
        assert_eq!(node_version("v20.20.2"), Some((20, 20)));
        assert!(node_version("v20.9.0") < Some(NODE_OLDEST));
        assert!(node_version("v100.1.0") > Some(NODE_OLDEST));
        assert_eq!(node_version("20"), None);
    }

    #[test]
    fn head_is_read_from_a_server_whose_port_is_not_free() {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port");
        let port = listener.local_addr().expect("an address").port();
        assert_ne!(free_port(port).expect("a free port"), port);
        let server = std::thread::spawn(move || {
            let (mut stream, _) = listener.accept().expect("a client");
            let mut request = [0; 1024];
            let read = stream.read(&mut request).expect("a request");
            assert!(request[..read].starts_with(b"GET / HTTP/1.1\r\n"));
            stream.write_all(b"HTTP/1.1 200 OK\r\nName: Value\r\n\r\n<").expect("a response");
        });
        let head = response_head(port).expect("a head");
        assert_eq!(head, "http/1.1 200 ok\r\nname: value\r\n");
        server.join().expect("the server");
    }

    #[test]
    fn page_must_answer_200_with_both_headers() {
        let head = |status: &str, headers: &[&str]| format!("{status}\r\n{}", headers.concat());
        assert!(check_head(&head("http/1.1 200 ok", &ISOLATION_HEADERS)).is_ok());
        assert!(check_head(&head("http/1.1 200 ok", &ISOLATION_HEADERS[..1])).is_err());
        assert!(check_head(&head("http/1.1 404 not found", &ISOLATION_HEADERS)).is_err());
        assert!(check_head("ssh-2.0-openssh").is_err());
    }
}
