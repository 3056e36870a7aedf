//! A real TigerBeetle cluster on this machine, and the tests that need one.

use std::env;
use std::net::TcpListener;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use ledgerlab::engine::tigerbeetle::{ClusterConfig, TigerBeetle};
use ledgerlab::engine::{Engine, Query};
use tempfile::TempDir;
use tokio::runtime::Handle;

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
    /// Starts a cluster, or says that there is no program for it.
    pub(crate) fn start(replicas: usize) -> Option<Self> {
        let Some(program) = env::var_os(PROGRAM).map(PathBuf::from) else {
            println!("skipped: {PROGRAM} names no TigerBeetle server");
            return None;
        };
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
        Some(cluster)
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

    /// The addresses of the replicas.
    pub(crate) fn addresses(&self) -> &str {
        &self.addresses
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
async fn cluster_equals_the_embedded_ledger() {
    let Some(cluster) = Cluster::start(1) else { return };
    let engine = Arc::new(cluster.engine(Duration::from_secs(30)));
    engine.find(Query::LookupAccounts(vec![1])).await.expect("it answers");
    let statuses = super::equality::compare(engine, 20_000).await;
    println!("{statuses:?}");
    assert!(statuses.len() >= 40, "{statuses:?}");
}
