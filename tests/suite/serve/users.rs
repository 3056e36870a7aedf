//! The users' file of a running server: SIGHUP, changes over HTTP, and its permissions.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use ledgerlab::api::TokenHash;

use super::client::{Server, wait_for};

fn lines(name: &str, role: &str, coins: u64) -> String {
    let hash = TokenHash::of(name);
    format!(
        "[[users]]\nname = \"{name}\"\nrole = \"{role}\"\ntoken_hash = \"{hash}\"\ncoins = {coins}\n"
    )
}

/// A folder of its own with a users' file, which is removed at the end.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
        let _ = fs::remove_dir_all(&path);
        fs::create_dir_all(&path).expect("a folder");
        Self(path)
    }

    fn write(&self, text: &str, mode: u32) -> String {
        let path = self.0.join("users.toml");
        fs::write(&path, text).expect("the file can be written");
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).expect("it is ours");
        path.to_str().expect("it is text").to_owned()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn status(server: &Server, token: &str) -> u16 {
    server.ask("GET", "/v1/me", &[("authorization", &format!("Bearer {token}"))]).status
}

fn logged(log: &Path, part: &str) {
    wait_for(part, || fs::read_to_string(log).expect("a log").contains(part).then_some(()));
}

#[test]
fn hangup_reads_the_file_again_unless_it_is_invalid() {
    let folder = Folder::new("hangup");
    let log = folder.0.join("log");
    let path = folder.write(&lines("ops", "operator", 0), 0o600);
    let server =
        Server::start_logging_to(fs::File::create(&log).expect("a log"), &["--users", &path]);
    assert_eq!((status(&server, "ops"), status(&server, "ann")), (200, 401));
    let both = lines("ops", "operator", 0) + &lines("ann", "user", 12);
    folder.write(&both, 0o600);
    assert_eq!(status(&server, "ann"), 401, "the file is not read by itself");
    server.hang_up();
    wait_for("ann", || (status(&server, "ann") == 200).then_some(()));
    let balance = server.ask("GET", "/account/coins?username=ann", &[("authorization", "ann")]);
    assert_eq!(balance.json()["Balance"], 12);
    folder.write(&(both + "[[users]]\nname = \"ann\"\n"), 0o600);
    server.hang_up();
    logged(&log, "was not read again, and the users stay as they are");
    assert_eq!((status(&server, "ops"), status(&server, "ann")), (200, 200));
    folder.write(&lines("ops", "operator", 0), 0o644);
    server.hang_up();
    wait_for("the end of ann", || (status(&server, "ann") == 401).then_some(()));
    logged(&log, "others than the owner can read or write the users' file");
}

#[test]
fn changes_over_http_are_in_the_file() {
    let folder = Folder::new("changes");
    let path = folder.write(&lines("ops", "operator", 0), 0o644);
    let server = Server::start(&["--users", &path]);
    let operator = [("authorization", "Bearer ops")];
    let body = br#"{"name":"ann","role":"user","coins":"12"}"#;
    let added = server.connect().ask("POST", "/v1/users", &operator, body);
    assert_eq!((added.status, &added.json()["stored"]), (201, &true.into()), "{added:?}");
    let token = added.json()["token"].as_str().expect("a token").to_owned();
    assert_eq!(fs::metadata(&path).expect("it is there").permissions().mode() & 0o777, 0o600);
    let text = fs::read_to_string(&path).expect("it can be read");
    assert!(text.contains(&TokenHash::of(&token).to_string()) && !text.contains(&token), "{text}");
    assert_eq!(fs::read_dir(&folder.0).expect("a folder").count(), 1, "nothing else is left");
    // A change by hand is not overwritten.
    fs::write(&path, text.clone() + "# by hand\n").expect("it can be written");
    let refused = server.ask("DELETE", "/v1/users/ann", &operator);
    refused.must_be_problem(503, "users_not_stored");
    assert_eq!(status(&server, &token), 200);
    server.hang_up();
    wait_for("the removal", || {
        (server.ask("DELETE", "/v1/users/ann", &operator).status == 200).then_some(())
    });
    assert_eq!(status(&server, &token), 401);
    // A server that starts later has the users of the file.
    let rotated = server.ask("POST", "/v1/users/ops/token", &operator);
    let token = rotated.json()["token"].as_str().expect("a token").to_owned();
    drop(server);
    let later = Server::start(&["--users", &path]);
    assert_eq!((status(&later, "ops"), status(&later, &token)), (200, 200));
}

#[test]
fn hangup_does_not_end_a_demo() {
    let folder = Folder::new("hangup-demo");
    let log = folder.0.join("log");
    let server = Server::start_logging_to(fs::File::create(&log).expect("a log"), &["--demo"]);
    server.hang_up();
    logged(&log, "SIGHUP has no effect");
    assert_eq!(status(&server, "1"), 200);
}

#[test]
fn localhost_is_an_address_to_listen_on() {
    let server = Server::demo(&["--host", "localhost"]);
    assert!(server.address().ip().is_loopback());
}
