//! A real TigerBeetle cluster on this machine, and the tests that need one.

use std::env;
use std::net::TcpListener;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use ledgerlab::engine::tigerbeetle::{ClusterConfig, TigerBeetle};
use ledgerlab::engine::{Engine, EngineError, Query};
use ledgerlab::model::{Account, CreateTransferStatus, Transfer};
use tempfile::TempDir;
use tokio::runtime::Handle;

use crate::serve::client::Server;

/// The variable that names the program of a server.
const PROGRAM: &str = "LEDGERLAB_TIGERBEETLE";

/// The servers of a cluster, which end with it.
pub(crate) struct Cluster {
    program: PathBuf,
    folder: TempDir,
    addresses: String,
    replicas: Vec<Option<Child>>,
}

impl Cluster {
    /// Starts a cluster.
    pub(crate) fn start(replicas: usize) -> Self {
        let program = env::var_os(PROGRAM).map(PathBuf::from);
        let program = program.unwrap_or_else(|| panic!("{PROGRAM} names no TigerBeetle server"));
        let folder = tempfile::tempdir().expect("a folder can be made");
        let ports: Vec<TcpListener> = (0..replicas)
            .map(|_| TcpListener::bind("127.0.0.1:0").expect("a port is free"))
            .collect();
        let address =
            |listener: &TcpListener| listener.local_addr().expect("it is bound").to_string();
        let addresses = ports.iter().map(address).collect::<Vec<_>>().join(",");
        drop(ports);
        let mut cluster = Self { program, folder, addresses, replicas: Vec::new() };
        for replica in 0..replicas {
            let format = Command::new(&cluster.program)
                .args(["format", "--development", "--cluster=0"])
                .arg(format!("--replica={replica}"))
                .arg(format!("--replica-count={replicas}"))
                .arg(cluster.file(replica))
                .output()
                .expect("the program can be started");
            assert!(format.status.success(), "{}", String::from_utf8_lossy(&format.stderr));
            cluster.replicas.push(None);
            cluster.start_replica(replica);
        }
        cluster
    }

    fn file(&self, replica: usize) -> PathBuf {
        self.folder.path().join(format!("0_{replica}.tigerbeetle"))
    }

    /// Starts a replica that does not run.
    pub(crate) fn start_replica(&mut self, replica: usize) {
        let started = Command::new(&self.program)
            .args(["start", "--development", "--cache-grid=256MiB"])
            .arg(format!("--addresses={}", self.addresses))
            .arg(self.file(replica))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn();
        self.replicas[replica] = Some(started.expect("the program can be started"));
    }

    /// Kills a replica.
    pub(crate) fn kill_replica(&mut self, replica: usize) {
        if let Some(mut child) = self.replicas[replica].take() {
            child.kill().expect("it runs");
            child.wait().expect("it has ended");
        }
    }

    /// Returns an engine of the cluster.
    pub(crate) fn engine(&self, deadline: Duration) -> TigerBeetle {
        let config =
            ClusterConfig { cluster: 0, addresses: self.addresses.clone(), sessions: 2, deadline };
        TigerBeetle::connect(config, Handle::current()).expect("the addresses are valid")
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        (0..self.replicas.len()).for_each(|replica| self.kill_replica(replica));
    }
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs a TigerBeetle server, which LEDGERLAB_TIGERBEETLE names"]
async fn cluster_equals_the_embedded_ledger() {
    let cluster = Cluster::start(1);
    let engine = Arc::new(cluster.engine(Duration::from_secs(30)));
    engine.find(Query::LookupAccounts(vec![1])).await.expect("it answers");
    let statuses = super::equality::compare(engine, 20_000).await;
    println!("{statuses:?}");
    assert!(statuses.len() >= 40, "{statuses:?}");
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs a TigerBeetle server, which LEDGERLAB_TIGERBEETLE names"]
async fn api_works_on_a_cluster_of_three() {
    let cluster = Cluster::start(3);
    let engine = Arc::new(cluster.engine(Duration::from_secs(30)));
    let (_, router) = super::gateway::gateway(engine).await;
    super::gateway::api_works(&router, 1 << 40).await;
}

/// What became of a transfer, as far as its caller knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Known {
    Created,
    Unknown,
    NotSent,
}

/// Callers transfer one coin at a time, each with an id of its own, while the primary is killed and started again.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs a TigerBeetle server, which LEDGERLAB_TIGERBEETLE names"]
async fn nothing_acknowledged_is_lost_and_nothing_doubled_when_the_primary_is_killed() {
    const CALLERS: u128 = 16;
    const AMOUNT: u128 = 1;
    let mut cluster = Cluster::start(3);
    let engine = Arc::new(cluster.engine(Duration::from_millis(700)));
    let accounts: Vec<Account> = (1..=2).map(|id| Account::new(id, 1, 1)).collect();
    let patient = cluster.engine(Duration::from_secs(60));
    patient.create_accounts(accounts).await.expect("it answers");
    let stop = Arc::new(AtomicBool::new(false));
    let callers: Vec<_> = (0..CALLERS)
        .map(|caller| {
            let (engine, stop) = (Arc::clone(&engine), Arc::clone(&stop));
            tokio::spawn(async move {
                let mut known = Vec::new();
                for number in 1.. {
                    if stop.load(Ordering::Relaxed) {
                        break;
                    }
                    let id = caller << 64 | number;
                    let transfer = Transfer::new(1, 2, AMOUNT).with_id(id);
                    let outcome = match engine.create_transfers(vec![transfer.into()]).await {
                        Ok(outcomes) => {
                            assert_eq!(outcomes[0].status, CreateTransferStatus::Created);
                            Known::Created
                        }
                        Err(EngineError::OutcomeUnknown { .. }) => Known::Unknown,
                        Err(EngineError::Unreachable { .. }) => {
                            tokio::time::sleep(Duration::from_millis(20)).await;
                            Known::NotSent
                        }
                        Err(error) => panic!("{error}"),
                    };
                    known.push((id, outcome));
                }
                known
            })
        })
        .collect();
    // The replica that answers first is not known to be the primary, so each is killed in turn.
    for replica in 0..3 {
        tokio::time::sleep(Duration::from_secs(2)).await;
        cluster.kill_replica(replica);
        tokio::time::sleep(Duration::from_secs(4)).await;
        cluster.start_replica(replica);
    }
    tokio::time::sleep(Duration::from_secs(4)).await;
    stop.store(true, Ordering::Relaxed);
    let mut known = Vec::new();
    for caller in callers {
        known.extend(caller.await.expect("a caller ends"));
    }
    let count = |wanted| known.iter().filter(|(_, outcome)| *outcome == wanted).count();
    println!(
        "{} created, {} unknown, {} not sent",
        count(Known::Created),
        count(Known::Unknown),
        count(Known::NotSent)
    );
    assert!(count(Known::Created) > 100, "work went on");
    // What is unknown is resolved by sending it again.
    for (id, _) in known.iter().filter(|(_, outcome)| *outcome == Known::Unknown) {
        let transfer = Transfer::new(1, 2, AMOUNT).with_id(*id);
        let outcomes = patient.create_transfers(vec![transfer.into()]).await.expect("it answers");
        use CreateTransferStatus as S;
        assert!(matches!(outcomes[0].status, S::Created | S::Exists), "{id}: {outcomes:?}");
    }
    let ids = |wanted: fn(Known) -> bool| -> Vec<u128> {
        known.iter().filter(|(_, outcome)| wanted(*outcome)).map(|(id, _)| *id).collect()
    };
    for chunk in ids(|known| known != Known::NotSent).chunks(200) {
        let found = patient.find(Query::LookupTransfers(chunk.to_vec())).await;
        assert_eq!(found.expect("it answers").transfers().len(), chunk.len(), "none is lost");
    }
    for chunk in ids(|known| known == Known::NotSent).chunks(200) {
        let found = patient.find(Query::LookupTransfers(chunk.to_vec())).await;
        assert_eq!(
            found.expect("it answers").transfers().len(),
            0,
            "what was not sent is not there"
        );
    }
    let found = patient.find(Query::LookupAccounts(vec![1, 2])).await.expect("it answers");
    let accounts = found.accounts();
    let expected = (count(Known::Created) + count(Known::Unknown)) as u128 * AMOUNT;
    assert_eq!((accounts[0].debits_posted, accounts[1].credits_posted), (expected, expected));
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs a TigerBeetle server, which LEDGERLAB_TIGERBEETLE names"]
async fn server_says_that_its_cluster_is_gone_and_stops_at_once() {
    let mut cluster = Cluster::start(1);
    let engine = cluster.engine(Duration::from_secs(60));
    engine.find(Query::LookupAccounts(vec![1])).await.expect("it answers");
    let addresses = cluster.addresses.clone();
    let options =
        ["--engine", "tigerbeetle", "--addresses", &addresses, "--engine-deadline-ms", "2000"];
    tokio::task::block_in_place(|| {
        let mut server = Server::demo(&options);
        let aaron = [("authorization", "1")];
        let transfer = "/account/coins/transfer?username=aaron&from=aaron&to=bryan&amount=5";
        assert_eq!(server.ask("POST", transfer, &aaron).status, 200);
        assert_eq!(server.ask("GET", "/readyz", &[]).status, 200);
        cluster.kill_replica(0);
        let path = "/v1/transfers/lookup";
        let headers = [("authorization", "1"), ("content-type", "application/json")];
        let answer = server.connect().ask("POST", path, &headers, br#"{"ids":[7]}"#);
        assert_eq!((answer.status, &answer.json()["code"]), (504, &"engine_no_answer".into()));
        let ready = server.ask("GET", "/readyz", &[]);
        assert_eq!((ready.status, &ready.json()["code"]), (503, &"engine_unreachable".into()));
        assert_eq!(server.ask("POST", transfer, &aaron).status, 503);
        server.terminate();
        assert_eq!(server.wait().code(), Some(0));
    });
}
