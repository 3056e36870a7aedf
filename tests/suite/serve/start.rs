//! The server decides on its users and options before it listens.

use std::fs;
use std::path::PathBuf;
use std::process::{Command, Output};

use super::client::Server;

fn ledgerlab(arguments: &[&str]) -> Output {
    let program = env!("CARGO_BIN_EXE_ledgerlab");
    Command::new(program).args(arguments).output().expect("the program starts")
}

fn file(name: &str, text: &str) -> PathBuf {
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
    fs::write(&path, text).expect("the file can be written");
    path
}

#[test]
fn start_without_users_fails_and_explains() {
    let refused = ledgerlab(&["serve", "--port", "0"]);
    let sentence = String::from_utf8(refused.stderr).expect("it is text");
    assert_eq!(refused.status.code(), Some(2), "{sentence}");
    assert!(refused.stdout.is_empty());
    for part in ["--users FILE", "ledgerlab token", "--demo"] {
        assert!(sentence.contains(part), "{sentence}");
    }
}

#[test]
fn invalid_options_are_rejected_before_listening() {
    let empty = file("nobody.toml", "");
    let empty = empty.to_str().expect("it is text");
    for (options, part) in [
        (&["--users", "nowhere.toml"][..], "nowhere.toml"),
        (&["--users", empty], "there is no user"),
        (&["--demo", "--users", empty], "cannot be used with"),
        (&["--demo", "--connections", "0"], "1..=65536"),
        (&["--demo", "--header-timeout-s", "3601"], "1..=3600"),
        (&["--demo", "--host", "example"], "example"),
        (&["--demo", "--port", "65536"], "65536"),
        (&["--demo", "--host", "0.0.0.0"], "--demo-is-public"),
        (&["--demo-is-public"], "--demo"),
        (&["--demo", "--allowed-host", "ledger:80"], "without a port"),
        (&["--demo", "--memory-mib", "1000"], "1024 for --trail-mib, 512 for --idempotency-mib"),
        (&["--demo", "--body-mib", "63"], "64..=65536"),
    ] {
        let refused = ledgerlab(&[&["serve"], options].concat());
        let sentence = String::from_utf8(refused.stderr).expect("it is text");
        assert_eq!(refused.status.code(), Some(2), "{options:?}: {sentence}");
        assert!(sentence.contains(part), "{options:?}: {sentence}");
    }
}

#[test]
fn only_generated_tokens_are_accepted() {
    let made = ledgerlab(&["token", "olga", "--role", "operator"]);
    assert!(made.status.success());
    let output = String::from_utf8(made.stderr).expect("it is text");
    let token = output.split_whitespace().last().expect("the token is printed");
    assert_eq!(token.len(), 64, "{output}");
    let lines = String::from_utf8(made.stdout).expect("it is text");
    assert!(!lines.contains(token), "the token itself stands in the file");
    let users = file("olga.toml", &lines);
    let server = Server::start(&["--users", users.to_str().expect("it is text")]);
    let me =
        |token: &str| server.ask("GET", "/v1/me", &[("authorization", &format!("Bearer {token}"))]);
    let olga = me(token);
    assert_eq!((olga.status, &olga.json()["role"]), (200, &"operator".into()));
    let hash = lines.split('"').nth(5).expect("the hash is the third string");
    assert_eq!(hash.len(), 64, "{lines}");
    let shorter = &token[1..];
    let longer = format!("{token}0");
    for wrong in ["", "1", "operator", hash, shorter, &longer, &token.to_ascii_uppercase()] {
        let refused = me(wrong);
        refused.must_be_problem(401, "unauthorized");
        assert_eq!(refused.header("www-authenticate"), "Bearer", "{wrong}");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn limit_on_open_files_is_raised_or_explained() {
    use std::io::{BufRead, BufReader, Read};
    use std::process::Stdio;

    for (ulimit, files, warning) in [("-n 200", "200", "connections=100"), ("-Sn 200", "2560", "")]
    {
        let script = format!("ulimit {ulimit} && exec \"$0\" serve --demo --port 0 --trail-mib 64");
        let mut child = Command::new("sh")
            .args(["-c", &script, env!("CARGO_BIN_EXE_ledgerlab")])
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("a shell starts");
        let mut first = String::new();
        let mut output = BufReader::new(child.stdout.take().expect("it is piped"));
        output.read_line(&mut first).expect("it prints its address");
        let limits = fs::read_to_string(format!("/proc/{}/limits", child.id())).expect("it runs");
        let mut errors = BufReader::new(child.stderr.take().expect("it is piped"));
        let mut log = String::new();
        if !warning.is_empty() {
            // A thread of its own writes the log, perhaps after the address was printed.
            errors.read_line(&mut log).expect("it warns");
        }
        child.kill().expect("it can be ended");
        child.wait().expect("it can be waited for");
        errors.read_to_string(&mut log).expect("it is text");
        assert!(first.starts_with("Listening on"), "{first}{log}");
        let found = limits.lines().find(|line| line.starts_with("Max open files"));
        let found = found.and_then(|line| line.split_whitespace().nth(3));
        assert_eq!(found, Some(files), "{ulimit}");
        assert_eq!(log.contains("ulimit -n"), !warning.is_empty(), "{ulimit}: {log}");
        assert!(log.contains(warning), "{ulimit}: {log}");
    }
}
