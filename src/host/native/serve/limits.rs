//! The limits of the server, which are options of the command.

use clap::builder::RangedU64ValueParser;
use clap::{Args, value_parser};

use super::connections::ConnectionLimits;

/// The limits of the server.
#[derive(Args, Clone, Copy, Debug)]
pub(super) struct Limits {
    /// Maximum number of connections; further ones get 503. 1 to 65,536
    #[arg(long, value_name = "COUNT", value_parser = up_to(65_536), default_value_t = 2_048)]
    pub(super) connections: u64,
    /// Maximum number of concurrent requests; further ones get 503. The last sixteenth is for operators. 1 to 65,536
    #[arg(long, value_name = "COUNT", value_parser = up_to(65_536), default_value_t = 512)]
    pub(super) requests: u64,
    /// Time limit until a response starts; slower requests get 408. 1 to 3,600
    #[arg(long, value_name = "SECONDS", value_parser = up_to(3_600), default_value_t = 30)]
    pub(super) request_timeout_s: u64,
    /// Maximum number of connections of one address, or IPv6 network of 64 bits; further ones get 429. 1 to 65,536
    /// [default: a quarter of --connections; none for this machine and trusted proxies]
    #[arg(long, value_name = "COUNT", value_parser = up_to(65_536))]
    pub(super) connections_per_peer: Option<u64>,
    /// Maximum number of concurrent requests of one user; further ones get 429. 1 to 65,536
    /// [default: a quarter of --requests]
    #[arg(long, value_name = "COUNT", value_parser = up_to(65_536))]
    pub(super) requests_per_user: Option<u64>,
    /// Requests without a valid token that an address, or IPv6 network of 64 bits, may send a second, ten times as many
    /// at once; further ones get 429. Probes do not count. 0 for no limit, up to 1,000,000
    #[arg(long, value_name = "COUNT", value_parser = value_parser!(u64).range(0..=1_000_000), default_value_t = 100)]
    pub(super) unauthenticated_per_second: u64,
    /// Time limit in which a client must send or take the next 4 KiB; slower connections are closed. 1 to 3,600
    #[arg(long, value_name = "SECONDS", value_parser = up_to(3_600), default_value_t = 10)]
    pub(super) stall_timeout_s: u64,
    /// Time limit for the headers of a request; slower and idle connections are closed. 1 to 3,600
    #[arg(long, value_name = "SECONDS", value_parser = up_to(3_600), default_value_t = 10)]
    pub(super) header_timeout_s: u64,
    /// Time limit for accepted requests during shutdown. 1 to 3,600
    #[arg(long, value_name = "SECONDS", value_parser = up_to(3_600), default_value_t = 10)]
    pub(super) ending_timeout_s: u64,
}

impl Limits {
    /// The limits on connections.
    pub(super) fn connection_limits(&self) -> ConnectionLimits {
        ConnectionLimits {
            all: self.connections as usize,
            per_peer: self.clients_requests(),
            includes_loopback: self.connections_per_peer.is_some(),
        }
    }

    /// The maximum number of connections of a peer, and of concurrent requests of a proxy's client.
    pub(super) fn clients_requests(&self) -> usize {
        self.connections_per_peer.unwrap_or((self.connections / 4).max(1)) as usize
    }

    /// The maximum number of concurrent requests of a user.
    pub(super) fn user_requests(&self) -> usize {
        self.requests_per_user.unwrap_or((self.requests / 4).max(1)) as usize
    }
}

fn up_to(maximum: u64) -> RangedU64ValueParser {
    value_parser!(u64).range(1..=maximum)
}
