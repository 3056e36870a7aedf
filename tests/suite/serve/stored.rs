//! A server whose ledger is stored in a folder, killed at any moment.

use std::io::{self, BufRead, Read};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::Duration;

use super::client::{Connection, PATIENCE, Server, wait_for};

const AARON: &str = "authorization: 1\r\n";

/// Returns a new folder for one test.
fn folder(name: &str) -> PathBuf {
    let folder =
        Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}-{}", std::process::id()));
    let _ = std::fs::remove_dir_all(&folder);
    folder
}

fn open(folder: &Path) -> Server {
    let folder = folder.to_str().expect("it is Unicode");
    let options = ["--data", folder, "--attempts-per-second", "0", "--trail-share", "100"];
    Server::demo(&[&options[..], &["--trail-mib", "256"]].concat())
}

/// Sends a request, and returns the status and the body. An error when the server is gone.
fn request(
    connection: &mut Connection,
    head: &str,
    headers: &str,
    body: &str,
) -> io::Result<(u16, String)> {
    let (status, _, body) = request_with_replay(connection, head, headers, body)?;
    Ok((status, body))
}

/// As [`request`], and whether the response is that of an earlier request with the same key.
fn request_with_replay(
    connection: &mut Connection,
    head: &str,
    headers: &str,
    body: &str,
) -> io::Result<(u16, bool, String)> {
    let length = body.len();
    connection.send(format!(
        "{head} HTTP/1.1\r\nhost: ledger\r\n{headers}content-length: {length}\r\n\r\n{body}"
    ))?;
    let gone = || io::Error::from(io::ErrorKind::UnexpectedEof);
    let reader = &mut connection.0;
    let (mut status, mut length, mut is_replayed) = (None, 0, false);
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line)? == 0 {
            return Err(gone());
        }
        let line = line.trim_end();
        if status.is_none() {
            status = line.split(' ').nth(1).and_then(|status| status.parse().ok());
        } else if let Some((name, value)) = line.split_once(": ") {
            if name.eq_ignore_ascii_case("content-length") {
                length = value.parse().expect("it is a number");
            }
            is_replayed |= name.eq_ignore_ascii_case("idempotency-replayed");
        } else {
            break;
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body)?;
    let body = String::from_utf8(body).expect("it is text");
    Ok((status.ok_or_else(gone)?, is_replayed, body))
}

fn balance(connection: &mut Connection) -> io::Result<u64> {
    let (status, body) = request(connection, "GET /account/coins?username=aaron", AARON, "")?;
    assert_eq!(status, 200, "{body}");
    let body: serde_json::Value = serde_json::from_str(&body).expect("it is JSON");
    Ok(body["Balance"].as_u64().expect("it is a number"))
}

/// What the clients of all servers have seen so far.
#[derive(Default)]
struct Seen {
    /// Coins that were deposited by answered requests.
    answered: AtomicU64,
    /// Coins of all requests, answered or not.
    sent: AtomicU64,
    /// The greatest balance that a read has shown.
    shown: AtomicU64,
    /// The next idempotency key.
    next_key: AtomicU64,
    /// The keys of the last server's requests, and whether each was answered.
    keys: Mutex<Vec<(u64, bool)>>,
}

/// The deposit of a key.
fn keyed(key: u64) -> (String, String) {
    let headers = format!("{AARON}idempotency-key: {key}\r\n");
    ("POST /account/coins/add?username=aaron&amount=1".to_owned(), headers)
}

/// Deposits one coin at a time, each with a key, until the server is gone.
fn deposit(server: &Server, seen: &Seen) -> io::Result<()> {
    let mut connection = server.try_connect()?;
    loop {
        let key = seen.next_key.fetch_add(1, Ordering::Relaxed);
        let (path, headers) = keyed(key);
        seen.sent.fetch_add(1, Ordering::SeqCst);
        let answer = request(&mut connection, &path, &headers, "");
        seen.keys.lock().expect("nobody panics").push((key, answer.is_ok()));
        let (status, body) = answer?;
        assert_eq!(status, 200, "{body}");
        seen.answered.fetch_add(1, Ordering::SeqCst);
        if key.is_multiple_of(64) {
            // A chain beside it: no half of it may be there.
            let body = r#"{"events":[
                {"id":"new","debit_account_id":"65536","credit_account_id":"65537","amount":"2","ledger":1,"code":18,"flags":["linked"]},
                {"id":"new","debit_account_id":"65537","credit_account_id":"65536","amount":"2","ledger":1,"code":18}]}"#;
            let headers = "authorization: Bearer operator\r\ncontent-type: application/json\r\n";
            let (status, body) = request(&mut connection, "POST /v1/transfers", headers, body)?;
            assert!(status == 200 && body.matches("\"created\"").count() == 2, "{status} {body}");
        }
    }
}

/// Kills servers in the middle of their work, some of them while they open the ledger. Five rounds, or as
/// many as `LEDGERLAB_KILLS` says.
#[test]
fn killed_server_loses_nothing_that_it_has_answered() {
    let kills: u64 = std::env::var("LEDGERLAB_KILLS").map_or(5, |kills| {
        kills.parse().expect("LEDGERLAB_KILLS is the number of servers that are killed")
    });
    let folder = folder("killed");
    let seen = Seen::default();
    // Coins that were deposited by the servers before the last one.
    let mut known = 0;
    let mut random: u64 = 0x9e37_79b9_7f4a_7c15;
    for round in 0..kills {
        random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(round + 1);
        let mut server = open(&folder);
        let before = balance(&mut server.connect()).expect("it answers");
        let least = 1_000 + seen.answered.load(Ordering::SeqCst);
        let most = 1_000 + seen.sent.load(Ordering::SeqCst);
        assert!(
            (least..=most).contains(&before),
            "round {round}: {before} coins, {least} to {most}"
        );
        let shown = seen.shown.load(Ordering::SeqCst);
        assert!(before >= shown, "round {round}: {before} coins, and a read has shown {shown}");
        // Its requests are repeated: a key that is answered again has its payment, and any other payment has no key.
        let keys = std::mem::take(&mut *seen.keys.lock().expect("nobody panics"));
        let executed = before - 1_000 - known;
        let mut connection = server.connect();
        let (mut replayed, mut unknown, mut fresh) = (0, 0, 0);
        for &(key, was_answered) in &keys {
            let (path, headers) = keyed(key);
            let answer = request_with_replay(&mut connection, &path, &headers, "");
            match answer.expect("it answers") {
                (200, true, _) => replayed += 1,
                (409, _, _) if !was_answered => unknown += 1,
                (200, false, _) if !was_answered => fresh += 1,
                (status, _, body) => panic!("round {round}: {status} {body}"),
            }
        }
        assert!(
            (replayed..=replayed + unknown).contains(&executed),
            "round {round}: {executed} payments, {replayed} keys with an answer, {unknown} in use"
        );
        let before = balance(&mut connection).expect("it answers");
        assert_eq!(before, 1_000 + known + executed + fresh, "round {round}");
        known = before - 1_000;
        if round % 8 == 7 {
            let verify = ["POST /v1/verify", "authorization: operator\r\n"];
            let answer = request(&mut server.connect(), verify[0], verify[1], "");
            let (status, body) = answer.expect("it answers");
            assert!(status == 200 && body.contains("\"identical\":true"), "{body}");
        }
        // What was sent and not answered is known now: it is there, or it never will be.
        seen.answered.store(before - 1_000, Ordering::SeqCst);
        seen.sent.store(before - 1_000, Ordering::SeqCst);
        let is_over = AtomicBool::new(false);
        thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| deposit(&server, &seen).expect_err("it is killed"));
            }
            scope.spawn(|| {
                let mut connection = server.try_connect()?;
                loop {
                    let shown = balance(&mut connection)?;
                    seen.shown.fetch_max(shown, Ordering::SeqCst);
                    if is_over.load(Ordering::SeqCst) {
                        return io::Result::Ok(());
                    }
                }
            });
            // From nothing at all to a few hundred commits.
            thread::sleep(Duration::from_micros(random >> 33 & 0x1_ffff));
            server.signal("-KILL");
            is_over.store(true, Ordering::SeqCst);
        });
        server.wait();
        if random.is_multiple_of(3) {
            // This one is killed while it opens the ledger.
            let mut command = Command::new(env!("CARGO_BIN_EXE_ledgerlab"));
            let command = command.args(["serve", "--demo", "--port", "0", "--data"]).arg(&folder);
            let output = std::process::Stdio::null;
            let child = command.stdout(output()).stderr(output()).spawn();
            let mut child = child.expect("the program starts");
            thread::sleep(Duration::from_micros(random >> 40 & 0x7fff));
            child.kill().expect("it runs");
            child.wait().expect("it can be waited for");
        }
    }
    let server = open(&folder);
    let found = balance(&mut server.connect()).expect("it answers");
    assert!(found > 1_000, "nothing was deposited in {kills} rounds");
    let verified = server.ask("POST", "/v1/verify", &[("authorization", "operator")]);
    assert!(verified.text().contains("\"identical\":true"), "{}", verified.text());
    drop(server);
    std::fs::remove_dir_all(folder).expect("it is a folder");
}

/// Starts a server that refuses to open its folder. Returns why.
fn refusal(folder: &Path) -> String {
    let refused = Command::new(env!("CARGO_BIN_EXE_ledgerlab"))
        .args(["serve", "--demo", "--port", "0", "--data"])
        .arg(folder)
        .output()
        .expect("the program starts");
    assert_eq!(refused.status.code(), Some(2));
    String::from_utf8(refused.stderr).expect("it is text")
}

#[test]
fn second_server_names_the_first() {
    let folder = folder("in-use");
    let first = open(&folder);
    let error = refusal(&folder);
    assert!(error.contains(&format!("process {} has it open", first.id())), "{error}");
    drop(first);
    // The lock ends with the process.
    let mut third = open(&folder);
    third.terminate();
    assert!(third.wait().success());
    std::fs::remove_dir_all(folder).expect("it is a folder");
}

#[test]
fn damaged_ledger_is_refused_with_the_place() {
    let folder = folder("damaged");
    let mut server = open(&folder);
    let mut connection = server.connect();
    for _ in 0..20 {
        let path = "POST /account/coins/add?username=aaron&amount=1";
        request(&mut connection, path, AARON, "").expect("it answers");
    }
    server.terminate();
    assert!(server.wait().success(), "it closes the ledger within {PATIENCE:?}");
    let log = folder.join("00000001.log");
    let mut bytes = std::fs::read(&log).expect("it is there");
    bytes[3 * 4096 + 200] ^= 1;
    std::fs::write(&log, bytes).expect("it can be written");
    let error = refusal(&folder);
    assert!(error.contains("block 4 (00000001.log, byte 12288)"), "{error}");
    assert!(error.contains("ledgerlab repair"), "{error}");
    std::fs::remove_dir_all(folder).expect("it is a folder");
}

/// The transfers of a batch, each with an id of the caller's.
#[cfg(target_os = "linux")]
fn batch(number: u64) -> String {
    let event = |at: u64| {
        let id = number * 10_000 + at + 1;
        let (debit, credit) =
            if at.is_multiple_of(2) { (65_536, 65_537) } else { (65_537, 65_536) };
        format!(
            r#"{{"id":"{id}","debit_account_id":"{debit}","credit_account_id":"{credit}","amount":"1","ledger":1,"code":18}}"#
        )
    };
    format!(r#"{{"events":[{}]}}"#, (0..8_189).map(event).collect::<Vec<_>>().join(","))
}

#[test]
#[cfg(target_os = "linux")]
fn server_serves_more_than_its_memory_for_the_trail() {
    const BATCHES: u64 = 40;
    let folder = folder("larger-than-memory");
    let open = || {
        let folder = folder.to_str().expect("it is Unicode");
        let quotas = ["--attempts-per-second", "0", "--trail-mib", "32"];
        Server::demo(&[&["--data", folder], &quotas[..]].concat())
    };
    let spilled_mib = |server: &Server| {
        let metrics = server.ask("GET", "/metrics", &[("authorization", "Bearer operator")]);
        let line = metrics.text().lines().find_map(|line| {
            line.split_once("trail_spilled_bytes ").filter(|(name, _)| !name.starts_with('#'))
        });
        let bytes: f64 = line.map_or("0", |(_, value)| value).parse().expect("it is a number");
        bytes as u64 >> 20
    };
    let headers = "authorization: Bearer operator\r\ncontent-type: application/json\r\n";
    let mut server = open();
    let mut connection = server.connect();
    for number in 0..BATCHES {
        let answer = request(&mut connection, "POST /v1/transfers", headers, &batch(number));
        let (status, body) = answer.expect("it answers");
        assert!(status == 200 && body.matches("\"created\"").count() == 8_189, "{status} {body}");
    }
    assert!(spilled_mib(&server) >= 8, "{} MiB", spilled_mib(&server));
    for round in 0..2 {
        // The first transfers again: each exists, and is found by its id.
        let mut connection = server.connect();
        let answer = request(&mut connection, "POST /v1/transfers", headers, &batch(0));
        let (status, body) = answer.expect("it answers");
        assert!(status == 200 && body.matches("\"exists\"").count() == 8_189, "{status} {body}");
        let first = server.ask("GET", "/v1/transfers/1", &[("authorization", "Bearer operator")]);
        assert!(first.text().contains(r#""debit_account_id":"65536""#), "{}", first.text());
        let ready = server.ask("GET", "/readyz", &[]);
        assert_eq!(ready.text(), "ok");
        let verified = server.ask("POST", "/v1/verify", &[("authorization", "operator")]);
        assert!(verified.text().contains("\"identical\":true"), "{}", verified.text());
        server.terminate();
        assert!(server.wait().success(), "it closes the ledger within {PATIENCE:?}");
        if round == 0 {
            server = open();
            assert!(spilled_mib(&server) >= 8, "{} MiB", spilled_mib(&server));
        }
    }
    let inspected = Command::new(env!("CARGO_BIN_EXE_ledgerlab"))
        .args(["inspect", "--trail-mib", "64"])
        .arg(&folder)
        .output()
        .expect("the program starts");
    let text = String::from_utf8(inspected.stdout).expect("it is text");
    assert!(text.contains("in a scratch file"), "{text}");
    std::fs::remove_dir_all(folder).expect("it is a folder");
}

/// A disk that loses what it had is noticed while the server runs. What is in memory is right, so writes go on.
#[test]
fn block_that_is_lost_under_a_running_server_makes_it_unhealthy() {
    let folder = folder("scrubbed");
    let options = ["--data", folder.to_str().expect("it is Unicode"), "--scrub-period-s", "1"];
    let server = Server::demo(&options);
    let mut connection = server.connect();
    let mut deposit = || {
        let path = "POST /account/coins/add?username=aaron&amount=1";
        let (status, body) = request(&mut connection, path, AARON, "").expect("it answers");
        assert_eq!(status, 200, "{body}");
    };
    (0..20).for_each(|_| deposit());
    let health = |path| {
        let answer = server.ask("GET", path, &[("authorization", "operator")]);
        (answer.status, answer.text().to_owned())
    };
    assert_eq!(health("/system/health").0, 200);
    let log = folder.join("00000001.log");
    let file = std::fs::File::options().write(true).open(&log).expect("it is there");
    std::os::unix::fs::FileExt::write_all_at(&file, b"?", 3 * 4096 + 200)
        .expect("it can be written");
    let message = wait_for("the scrubber", || {
        let (_, body) = health("/v1/health");
        body.contains("can no longer be read").then_some(body)
    });
    for part in ["block 4 of 00000001.log at byte 12288", "ledgerlab repair FOLDER --from BACKUP"] {
        assert!(message.contains(part), "{message}");
    }
    let (status, body) = health("/system/health");
    assert!(status == 503 && body.contains("\"database\":false"), "{status} {body}");
    // It takes attempts all the same.
    deposit();
    assert_eq!(health("/readyz").0, 200);
    drop(server);
    std::fs::remove_dir_all(folder).expect("it is a folder");
}

#[cfg(target_os = "linux")]
#[test]
fn limit_on_the_size_of_files_is_a_full_disk() {
    // The signal of a write beyond `ulimit -f` ended the server.
    let folder = folder("size-limit");
    let server = open(&folder);
    let limit = |bytes: &str| {
        let limit = format!("--fsize={bytes}:unlimited");
        let id = server.id().to_string();
        let set = Command::new("prlimit").args(["--pid", &id, &limit]).status();
        assert!(set.expect("prlimit starts").success());
    };
    limit(&(2 << 20).to_string());
    let mut connection = server.connect();
    let (head, headers) = ("POST /v1/transfers", "authorization: operator\r\n");
    let refused = wait_for("the limit", || {
        for number in 0..20 {
            let sent = request(&mut connection, head, headers, &batch(number));
            let (status, body) = sent.expect("the server goes on");
            if status != 200 {
                return Some((status, body));
            }
        }
        None
    });
    assert_eq!(refused.0, 503, "{}", refused.1);
    assert_eq!(server.ask("GET", "/livez", &[]).status, 200);
    limit("unlimited");
    wait_for("the space", || {
        let mut connection = server.connect();
        let sent = request(&mut connection, head, headers, &batch(0)).expect("the server goes on");
        (sent.0 == 200).then_some(())
    });
    drop(server);
    let _ = std::fs::remove_dir_all(folder);
}
