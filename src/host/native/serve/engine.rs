//! The engine of the server: the embedded ledger, or a cluster.

use std::sync::Arc;
use std::time::Duration;

use clap::{Args, ValueEnum, value_parser};
#[cfg(feature = "tigerbeetle")]
use tokio::runtime::Handle;

use crate::api::Service;
#[cfg(feature = "tigerbeetle")]
use crate::engine::tigerbeetle::{ClusterConfig, TigerBeetle};
#[cfg(feature = "tigerbeetle")]
use crate::host::native::exit::CommandError;

/// The options of the engine.
#[derive(Args)]
#[group(id = "engine_options")]
pub(super) struct EngineOptions {
    /// Where the ledger is kept: embedded in this process, or on a TigerBeetle cluster
    #[arg(long, value_name = "ENGINE", value_enum, default_value_t = EngineKind::Embedded)]
    pub(super) engine: EngineKind,
    /// Addresses of the cluster's replicas, with commas between them: ports, IPv4 addresses, or both with a colon
    #[arg(long, value_name = "ADDRESSES", required_if_eq("engine", "tigerbeetle"))]
    addresses: Option<String>,
    /// Number that the cluster was formatted with
    #[arg(long, value_name = "NUMBER", default_value_t = 0)]
    cluster: u128,
    /// Sessions that the server has with the cluster, which has 64 for all its clients. 1 to 32
    #[arg(long, value_name = "COUNT", value_parser = value_parser!(u64).range(1..=32), default_value_t = 2)]
    engine_sessions: u64,
    /// Time after which a request to the cluster is answered with an unknown outcome. 100 to 60,000
    #[arg(long, value_name = "MILLISECONDS", value_parser = value_parser!(u64).range(100..=60_000), default_value_t = 5_000)]
    engine_deadline_ms: u64,
}

/// Where a ledger is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum EngineKind {
    /// In this process, in memory or with --data in a folder.
    Embedded,
    /// On a TigerBeetle cluster.
    #[value(name = "tigerbeetle")]
    TigerBeetle,
}

/// The maximum number of answers that a request usually waits for, one after the other: a transfer of GoLedger's reads both balances
/// before, transfers, and reads them again.
const ANSWERS: u64 = 5;

impl EngineOptions {
    /// Checks that the options go together. An error is the reason why they do not.
    pub(super) fn check(&self, request_timeout_s: u64) -> Result<(), String> {
        if self.engine == EngineKind::Embedded {
            return match &self.addresses {
                None => Ok(()),
                Some(addresses) => Err(format!(
                    "--addresses {addresses} is for --engine tigerbeetle; without it the ledger would be in this process"
                )),
            };
        }
        let least_ms = ANSWERS * self.engine_deadline_ms;
        if request_timeout_s * 1_000 < least_ms {
            return Err(format!(
                "--request-timeout-s must be at least {}, {ANSWERS} times --engine-deadline-ms, and not {request_timeout_s}: a \
                 request that ends before the engine has answered would not say that its outcome is unknown",
                least_ms.div_ceil(1_000)
            ));
        }
        Ok(())
    }

    /// Starts the clients of the cluster.
    #[cfg(feature = "tigerbeetle")]
    pub(super) fn connect(
        &self,
        runtime: &Handle,
    ) -> Result<Arc<dyn crate::engine::Engine>, CommandError> {
        let config = ClusterConfig {
            cluster: self.cluster,
            addresses: self.addresses.clone().unwrap_or_default(),
            sessions: self.engine_sessions as usize,
            deadline: Duration::from_millis(self.engine_deadline_ms),
        };
        let cluster = TigerBeetle::connect(config, runtime.clone());
        Ok(Arc::new(cluster.map_err(CommandError::invalid_input)?))
    }

    /// A line about where the ledger is kept.
    #[cfg(feature = "tigerbeetle")]
    pub(super) fn opened(&self) -> String {
        let addresses = self.addresses.as_deref().unwrap_or_default();
        format!("The ledger is kept on the TigerBeetle cluster {} at {addresses}.\n", self.cluster)
    }
}

/// Logs when the engine stops to answer, and when it answers again. Returns at once if the ledger is embedded.
pub(super) async fn log_reach(service: Arc<Service>) {
    let Some(remote) = service.remote() else { return };
    let mut answered = true;
    loop {
        tokio::time::sleep(Duration::from_secs(1)).await;
        let answers = remote.engine().unreachable_ns().is_none();
        match (answered, answers) {
            (true, false) => tracing::error!(
                engine = remote.engine().name(),
                "the engine does not answer, so nothing is sent; check its replicas and the network"
            ),
            (false, true) => {
                tracing::info!(engine = remote.engine().name(), "the engine answers again");
            }
            _ => {}
        }
        answered = answers;
    }
}
