//! Writers beside hostile callers: long reads by one user, and connections that request pages and
//! never read them.

use std::io::Write as _;
use std::net::{SocketAddr, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use tokio::net::TcpSocket;

use crate::client::Server;
use crate::rows::{self, Plan, TRANSFER};
use crate::wrk::{Load, LoadResult};

const WRITERS: usize = 64;
const LONG_READS: usize = 32;
const SLOW_READERS: usize = 2_000;
/// Slow readers come from this many addresses.
const PEERS: usize = 100;
/// The requests that a slow reader sends at once.
const PIPELINED: usize = 20;
const MEMORY_MIB: u64 = 4_096;
/// Time between two requests for health.
const PROBE_INTERVAL: Duration = Duration::from_millis(20);

/// Stops the threads of a scope when it is dropped, also by a panic.
struct StopOnDrop<'a>(&'a AtomicBool);

impl Drop for StopOnDrop<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// Measures writers alone, then the same writers beside hostile callers, and checks that nothing is
/// lost.
pub(crate) fn writers_beside_hostile_callers(plan: &Plan) {
    let memory_mib = MEMORY_MIB.to_string();
    let options = ["--trail-mib", "2048", "--log-level", "error", "--memory-mib", &memory_mib];
    let server = Server::demo(&[&options[..], &rows::NO_QUOTAS].concat());
    rows::deposit_coins(&server);
    rows::fill(&server, plan.filled);
    let address = server.address().to_string();
    let load =
        Load { address: &address, connections: WRITERS, seconds: plan.seconds, script: TRANSFER };
    let (entries_before, _) = rows::state(&server);
    let alone = load.run();
    let (stop, long_reads, reconnects) =
        (AtomicBool::new(false), AtomicU64::new(0), AtomicU64::new(0));
    let (beside, mut probes) = thread::scope(|scope| {
        let _stop = StopOnDrop(&stop);
        for _ in 0..LONG_READS {
            scope.spawn(|| read_long(&server, &stop, &long_reads));
        }
        let (first, slow) = (server.address(), (&stop, &reconnects));
        scope.spawn(move || never_read(first, slow.0, slow.1));
        let probes = scope.spawn(|| probe_health(&server, &stop));
        // The hostile callers are at work before the writers begin.
        thread::sleep(Duration::from_secs(2));
        let beside = load.run();
        stop.store(true, Ordering::Relaxed);
        (beside, probes.join().expect("health answers"))
    });
    probes.sort();
    let health_p99 = probes[probes.len() * 99 / 100];
    let peak_mib = server.peak_memory_mib();
    let (entries_after, _) = rows::state(&server);
    let answered = alone.requests + beside.requests;
    assert_eq!((alone.failed, beside.failed), (0, 0), "every writer is answered");
    let recorded = entries_after - entries_before;
    let uncounted = recorded.checked_sub(answered);
    let uncounted = uncounted.unwrap_or_else(|| panic!("{answered} answered, {recorded} recorded"));
    assert!(uncounted <= 2 * WRITERS as u64, "{uncounted} were not counted");
    let ratio = LoadResult::per_second(&beside) / alone.per_second();
    println!(
        "\n{WRITERS} writers of single transfers beside {LONG_READS} long reads and {SLOW_READERS} slow readers, \
         {entries_before} entries before"
    );
    println!("  alone   {:>9.0} requests/s", alone.per_second());
    println!("  beside  {:>9.0} requests/s", beside.per_second());
    println!("  ratio {ratio:.2}; at least 0.50 is required");
    println!(
        "  health: {} requests, 99th percentile {:.1} ms, longest {:.1} ms; at most 50 ms is required",
        probes.len(),
        health_p99.as_secs_f64() * 1e3,
        probes[probes.len() - 1].as_secs_f64() * 1e3
    );
    println!(
        "  {} long reads were answered; slow readers connected {} times",
        long_reads.into_inner(),
        reconnects.into_inner()
    );
    println!("  peak memory {peak_mib} MiB of {MEMORY_MIB}");
    println!(
        "  {answered} answered, {uncounted} in flight at the end, none lost; serial replay agrees"
    );
}

/// Queries the caller's history for what is not there, again and again: each reads the whole trail.
fn read_long(server: &Server, stop: &AtomicBool, answered: &AtomicU64) {
    let headers = [("authorization", "Bearer 1"), ("content-type", "application/json")];
    let id = rows::account_id(server, "1");
    let body = format!(
        r#"{{"filter":{{"account_id":"{id}","code":999,"limit":1,"flags":["debits","reversed"]}}}}"#
    );
    let mut connection = server.connect();
    while !stop.load(Ordering::Relaxed) {
        let answer = connection.ask("POST", "/v1/accounts/transfers", &headers, body.as_bytes());
        match answer.status {
            200 => drop(answered.fetch_add(1, Ordering::Relaxed)),
            // Too impatient for `Retry-After`, which says one second.
            429 | 503 => thread::sleep(Duration::from_millis(10)),
            other => panic!("a long read got {other}: {}", answer.text()),
        }
    }
}

/// Keeps connections open that request pages and never read them. Closed ones are opened again.
fn never_read(server: SocketAddr, stop: &AtomicBool, connected: &AtomicU64) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let requests = "GET /reference HTTP/1.1\r\nhost: 127.0.0.1\r\naccept-encoding: gzip\r\n\r\n"
        .repeat(PIPELINED);
    let mut readers: Vec<Option<TcpStream>> = (0..SLOW_READERS).map(|_| None).collect();
    runtime.expect("a runtime").block_on(async {
        while !stop.load(Ordering::Relaxed) {
            for (number, reader) in readers.iter_mut().enumerate() {
                // What the server has closed is noticed by writing to it.
                let is_open = reader
                    .as_mut()
                    .is_some_and(|stream| is_open(stream.write(requests.as_bytes())));
                if !is_open {
                    *reader = connect_from(number, server).await;
                    connected.fetch_add(u64::from(reader.is_some()), Ordering::Relaxed);
                }
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    });
}

async fn connect_from(number: usize, server: SocketAddr) -> Option<TcpStream> {
    let peer = SocketAddr::from(([127, 0, 1, (number % PEERS) as u8 + 1], 0));
    let socket = TcpSocket::new_v4().ok()?;
    socket.bind(peer).ok()?;
    let connected = tokio::time::timeout(Duration::from_secs(1), socket.connect(server)).await;
    connected.ok()?.ok()?.into_std().ok()
}

/// Whether a write shows that the connection is open: it was taken, or there is no room at present.
fn is_open(written: std::io::Result<usize>) -> bool {
    match written {
        Ok(_) => true,
        Err(error) => error.kind() == std::io::ErrorKind::WouldBlock,
    }
}

/// Requests health until the end. Returns how long each response took.
fn probe_health(server: &Server, stop: &AtomicBool) -> Vec<Duration> {
    let mut took = Vec::new();
    while !stop.load(Ordering::Relaxed) {
        let began = Instant::now();
        assert_eq!(server.ask("GET", "/system/health", &[]).status, 200);
        took.push(began.elapsed());
        thread::sleep(PROBE_INTERVAL);
    }
    took
}
