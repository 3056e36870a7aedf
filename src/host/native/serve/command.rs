//! `ledgerlab serve` and `ledgerlab token`.

use std::io::{self, Write};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Args, value_parser};
use tokio::runtime::Runtime;

use super::admission::Admission;
use super::connections::Connections;
use super::cors::{Origin, with_cors};
use super::dashboard::with_dashboard;
use super::engine::{self, EngineKind, EngineOptions};
use super::files;
use super::hosts::HostName;
use super::layers::layered;
use super::limits::Limits;
use super::listener::listen;
use super::log::{Log, LogFormat};
use super::memory::BodyMemory;
use super::memory_plan::rest_bytes;
use super::rate_limit::{Pace, RateLimit};
use super::read_pool::{self, ReadLimits, ReadPool};
use super::refusals::RefusalLog;
use super::request_id::RequestIds;
use super::runs::ThreadHost;
use super::server::serve;
use super::signals::{Hangups, Signals};
use super::slots::Slots;
use super::stored;
use super::users::{self, UsersFile};
use crate::api::{
    HostMetric, Quotas, Role, Service, ServiceClock, ServiceConfig, SteadyClock, Token, Users,
    UsersStore, router,
};
use crate::coins::check_name;
use crate::host::native::clock::NativeClock;
use crate::host::native::exit::{CommandError, CommandResult};
use crate::ledger::{Clock, LedgerConfig};
use crate::trail::{CHUNK_ENTRIES, ENTRY_BYTES};

/// The least memory of the trail for each session: six chunks, of which one is for its part of the reserve.
/// With the others a trail that moves older entries to the disk always has some to move.
const SESSION_TRAIL_MIB: u64 = 3;

/// Serve GoLedger's API, the API under /v1 and the dashboard over HTTP
#[derive(Args)]
#[command(after_help = AFTER_HELP)]
pub(crate) struct ServeOptions {
    /// Add the demo users aaron (token 1) and bryan (token 2) with 1,000 coins each
    #[arg(long, conflicts_with = "users")]
    demo: bool,
    /// The users: a TOML file with a `users` table for each, see `ledgerlab token`
    #[arg(long, value_name = "FILE")]
    users: Option<PathBuf>,
    /// Folder in which the ledger is stored; it is created if there is none. Without one the ledger is in memory only
    #[arg(long, value_name = "FOLDER", conflicts_with = "addresses")]
    data: Option<PathBuf>,
    /// Time between two readings of the stored log, which notice what the disk has lost; 0 for none. 0 to 31,536,000
    #[arg(long, value_name = "SECONDS", value_parser = value_parser!(u64).range(0..=31_536_000), default_value_t = 86_400)]
    scrub_period_s: u64,
    /// Address to listen on, or localhost; the default is this machine only
    #[arg(long, value_name = "ADDRESS", value_parser = host, default_value = "127.0.0.1")]
    host: IpAddr,
    /// Origin whose pages may call the API from a browser, such as https://example.org. Repeatable
    #[arg(long, value_name = "ORIGIN")]
    cors_origin: Vec<Origin>,
    /// A name of this server that requests may have in Host, beside localhost and its address. Repeatable
    #[arg(long, value_name = "NAME")]
    allowed_host: Vec<HostName>,
    /// Address of a proxy whose X-Forwarded-For names the client. Repeatable
    #[arg(long, value_name = "ADDRESS")]
    trusted_proxy: Vec<IpAddr>,
    /// Let other machines use the public tokens of --demo
    #[arg(long, requires = "demo")]
    demo_is_public: bool,
    /// Port to listen on; 0 for any free port. The default is GoLedger's
    #[arg(long, default_value_t = 3_000)]
    port: u16,
    /// Folder of the built dashboard [default: dist, if it exists]
    #[arg(long, value_name = "FOLDER")]
    dashboard: Option<PathBuf>,
    /// Memory for the trail; an attempt takes 128 bytes. With --data on Linux, older entries are moved to a scratch
    /// file in the folder. 32 to 65,536
    #[arg(long, value_name = "MIB", value_parser = value_parser!(u64).range(32..=65_536), default_value_t = 1_024)]
    trail_mib: u64,
    /// Attempts that a user may make a second, ten times as many at once, and at least a batch of 8,189; 0 for no limit.
    /// Operators have no limit
    #[arg(long, value_name = "COUNT", value_parser = value_parser!(u64).range(0..=1_000_000_000), default_value_t = 1_000)]
    attempts_per_second: u64,
    /// Part of the trail that the attempts of one user may take. With --data on Linux, it is a part of half of what
    /// is free on the disk at the start. Operators have no limit. 1 to 100
    #[arg(long, value_name = "PERCENT", value_parser = value_parser!(u64).range(1..=100), default_value_t = 25)]
    trail_share: u64,
    /// Memory for idempotency keys of the last day; a key takes about 500 bytes. 1 to 65,536
    #[arg(long, value_name = "MIB", value_parser = value_parser!(u64).range(1..=65_536), default_value_t = 512)]
    idempotency_mib: u64,
    /// Memory for bodies of requests and for responses; a user has a quarter of it, and the last sixteenth is for
    /// operators. 64 to 65,536
    #[arg(long, value_name = "MIB", value_parser = value_parser!(u64).range(64..=65_536), default_value_t = 256)]
    body_mib: u64,
    /// Memory for all that grows: the parts above, accounts, users, transfer ids and runs. 256 to 1,048,576
    /// [default: what the parts need, and 8,192 for transfer ids and runs]
    #[arg(long, value_name = "MIB", value_parser = value_parser!(u64).range(256..=1_048_576))]
    memory_mib: Option<u64>,
    /// Format of the log on standard error
    #[arg(long, value_name = "FORMAT", value_enum, default_value_t = LogFormat::Text)]
    log: LogFormat,
    /// Minimum level of log messages; debug includes every request
    #[arg(long, value_name = "LEVEL", value_parser = log_levels(), default_value = "info")]
    log_level: tracing::Level,
    #[command(flatten)]
    engine: EngineOptions,
    #[command(flatten)]
    limits: Limits,
    #[command(flatten)]
    read_limits: ReadLimits,
}

/// Parses an address. No name is resolved except the one that all machines agree on.
fn host(text: &str) -> Result<IpAddr, String> {
    if text.eq_ignore_ascii_case("localhost") {
        return Ok(IpAddr::V4(Ipv4Addr::LOCALHOST));
    }
    text.parse().map_err(|_| "it must be an IP address or localhost".to_owned())
}

fn log_levels() -> impl TypedValueParser<Value = tracing::Level> {
    PossibleValuesParser::new(["error", "warn", "info", "debug"])
        .try_map(|level| level.parse::<tracing::Level>())
}

const AFTER_HELP: &str = "\
The server requires --demo or --users. Ctrl-C or SIGTERM stops it gracefully: it finishes accepted
requests. A second one stops it at once. SIGHUP reads the file of --users again. When the memory for
the trail is used up, attempts get 503; its last sixteenth is for operators and for the expiry of
pending transfers. With --data on Linux, that is when the disk is full as well.";

/// Generate a token for a user of the server, and the lines for the users file
#[derive(Args)]
pub(crate) struct TokenOptions {
    /// The user's name
    name: String,
    /// The user's permissions
    #[arg(long, value_name = "ROLE", value_parser = roles(), default_value = "user")]
    role: Role,
}

fn roles() -> impl TypedValueParser<Value = Role> {
    PossibleValuesParser::new(Role::ALL.map(Role::name))
        .try_map(|name| Role::named(&name).ok_or("there is no such role"))
}

/// Runs `ledgerlab token`. Prints the lines for the users file to standard output and the token to
/// standard error, so that standard output can be appended to the file.
pub(crate) fn token(options: &TokenOptions) -> CommandResult {
    let TokenOptions { name, role } = options;
    check_name(name).map_err(CommandError::invalid_input)?;
    let token = Token::random().map_err(no_randomness)?;
    // First, because without it the lines are of no use.
    writeln!(io::stderr(), "The token of {name}, which is not stored: {}", token.reveal())
        .map_err(|error| CommandError::Failed(format!("standard error: {error}")))?;
    write!(io::stdout().lock(), "{}", users::lines(name, *role, &token.hash()))?;
    Ok(ExitCode::SUCCESS)
}

fn no_randomness(error: getrandom::Error) -> CommandError {
    CommandError::InvalidInput(format!("no random numbers are available: {error}"))
}

/// Runs `ledgerlab serve` until it is stopped.
pub(crate) fn run(options: &ServeOptions) -> CommandResult {
    let failed =
        |what: &str, error: io::Error| CommandError::InvalidInput(format!("{what}: {error}"));
    let (users, users_file) = read_users(options)?;
    if options.demo && !options.demo_is_public && !options.host.is_loopback() {
        return Err(CommandError::InvalidInput(format!(
            "the tokens of --demo are public, and other machines can reach {}: give --users FILE, or \
             --demo-is-public if everybody may use this ledger",
            options.host
        )));
    }
    let connections = files::raise_limit(options.limits.connections);
    let limits = Limits { connections, ..options.limits };
    let log = Log::start(options.log, options.log_level);
    if connections < options.limits.connections {
        tracing::warn!(
            connections,
            asked = options.limits.connections,
            "the limit on open files (`ulimit -n`) allows fewer connections"
        );
    }
    options.engine.check(options.limits.request_timeout_s).map_err(CommandError::InvalidInput)?;
    let are_public = users.are_public();
    let trail_bytes = options.trail_mib << 20;
    let sessions = std::thread::available_parallelism().map_or(4, |all| 2 * all.get()).clamp(2, 64);
    let sessions = sessions.min((options.trail_mib / SESSION_TRAIL_MIB) as usize);
    // Each session may need a chunk of the reserve.
    let reserve_bytes = (trail_bytes / 16).max(sessions as u64 * CHUNK_ENTRIES * ENTRY_BYTES);
    let mut config = ServiceConfig {
        sessions,
        ledger: LedgerConfig { trail_bytes, reserve_bytes, ..LedgerConfig::default() },
        quotas: Quotas {
            attempts_per_second: options.attempts_per_second,
            trail_percent: options.trail_share,
        },
        idempotency_bytes: usize::try_from(options.idempotency_mib << 20).unwrap_or(usize::MAX),
    };
    config.ledger.transfer_ids_bytes = rest_bytes(options.memory_mib, &config, options.body_mib)
        .map_err(CommandError::InvalidInput)?;
    let clock = SteadyClock::start(since_1970_ns, || NativeClock.now_ns());
    let runtime = Runtime::new().map_err(|error| failed("threads cannot be started", error))?;
    let (service, opened) = match &options.data {
        _ if options.engine.engine == EngineKind::TigerBeetle => {
            open_on_cluster(&options.engine, &runtime, config, users, clock)?
        }
        None => {
            let service = Service::open(config, users, clock);
            (service.map_err(CommandError::invalid_input)?, String::new())
        }
        Some(folder) => {
            let opened = stored::open(folder, config, users, clock)?;
            stored::start_scrubber(&opened.0, folder, options.scrub_period_s)?;
            opened
        }
    };
    service.set_run_host(Box::new(ThreadHost));
    let reads = ReadPool::start(options.read_limits);
    let reads = reads.and_then(|pool| read_pool::count_attempts(&service).map(|()| pool));
    let reads = reads.map_err(|error| failed("threads cannot be started", error))?;
    service.set_read_host(Box::new(reads));
    if let Some(file) = &users_file {
        file.warn_if_exposed();
        service.set_users_store(Arc::clone(file) as Arc<dyn UsersStore>);
    }
    let dashboard = options.dashboard.as_deref().unwrap_or(Path::new("dist"));
    let dashboard = Some(dashboard).filter(|folder| folder.is_dir());
    let ids = RequestIds::new().map_err(no_randomness)?;
    let router = with_dashboard(router(Arc::clone(&service)), dashboard);
    let router = with_cors(router, &options.cors_origin);
    if !options.cors_origin.is_empty() {
        service.allow_tickets();
    }
    let connections = Connections::new(limits.connection_limits(), options.trusted_proxy.clone());
    let refusals = Arc::new(RefusalLog::default());
    let admission = Admission {
        service: Arc::clone(&service),
        allowed_hosts: options.allowed_host.clone(),
        trusted_proxies: options.trusted_proxy.clone(),
        users: Slots::new(limits.user_requests()),
        clients: Slots::new(limits.clients_requests()),
        unauthenticated: RateLimit::new(limits.unauthenticated_per_second),
        pace: Pace::default(),
        refusals: Arc::clone(&refusals),
    };
    let memory = BodyMemory::new(options.body_mib << 20);
    let router = layered(router, limits, ids, Arc::new(admission), Arc::clone(&memory));
    service.set_host_metrics({
        let (dropped, connections) = (log.counter(), Arc::clone(&connections));
        let ledger = Arc::clone(service.coins().ledger());
        move || {
            let mut metrics = connections.metrics().to_vec();
            metrics.extend(memory.metrics());
            let rest = ledger.memory();
            metrics.push(HostMetric::gauge(
                "memory_left_bytes",
                "The memory that is left for transfer ids and runs.",
                rest.left(),
            ));
            metrics.push(HostMetric::counter(
                "log_lines_dropped_total",
                "Log lines that were dropped because standard error was slow or closed.",
                dropped.dropped_lines() as u64,
            ));
            metrics
        }
    });

    let address = SocketAddr::new(options.host, options.port);
    runtime.block_on(async {
        let listener = listen(address)
            .map_err(|error| failed(&format!("{address} cannot be listened on"), error))?;
        // Before the address is announced, so that no signal is missed.
        let signals = Signals::new().map_err(|error| failed("signals cannot be handled", error))?;
        let hangups = Hangups::new();
        let hangups = hangups.map_err(|error| failed("signals cannot be handled", error))?;
        let reloaded = Arc::clone(&service);
        tokio::spawn(hangups.each(move || match &users_file {
            Some(file) => file.reload(&reloaded),
            None => tracing::warn!("SIGHUP has no effect: the users do not come from a file"),
        }));
        tokio::spawn(stored::log_status(Arc::clone(&service)));
        tokio::spawn(engine::log_reach(Arc::clone(&service)));
        announce(listener.local_addr()?, &opened, are_public, dashboard)?;
        let end = async {
            signals.stop_requested().await;
            // A cancelled run is still checked and reported.
            service.cancel_runs();
            service.end_feeds();
        };
        let served = serve(listener, router, limits, connections, refusals, end).await;
        if log.dropped_lines() > 0 {
            tracing::warn!(lines = log.dropped_lines(), "log lines were dropped");
        }
        served.map_err(|error| failed("the server stopped", error))
    })?;
    service
        .close_store()
        .map_err(|why| CommandError::Failed(format!("the ledger could not be closed: {why}")))?;
    Ok(ExitCode::SUCCESS)
}

/// Opens the service on a cluster. Returns it with a line about it.
#[cfg(feature = "tigerbeetle")]
fn open_on_cluster(
    options: &EngineOptions,
    runtime: &Runtime,
    config: ServiceConfig,
    users: Users,
    clock: impl ServiceClock + 'static,
) -> Result<(Arc<Service>, String), CommandError> {
    let engine = options.connect(runtime.handle())?;
    let service = Service::open_on_engine(config, engine, users, clock);
    Ok((service.map_err(CommandError::invalid_input)?, options.opened()))
}

/// Says that this program has no client of a cluster.
#[cfg(not(feature = "tigerbeetle"))]
fn open_on_cluster(
    _: &EngineOptions,
    _: &Runtime,
    _: ServiceConfig,
    _: Users,
    _: impl ServiceClock + 'static,
) -> Result<(Arc<Service>, String), CommandError> {
    Err(CommandError::invalid_input(
        "this program was built without TigerBeetle's client; build it with `cargo build --release --features tigerbeetle`",
    ))
}

/// Returns the users, and the file that they were read from.
fn read_users(options: &ServeOptions) -> Result<(Users, Option<Arc<UsersFile>>), CommandError> {
    match &options.users {
        _ if options.demo => Ok((Users::demo(), None)),
        Some(path) => match UsersFile::open(path) {
            Ok((file, users)) => Ok((users, Some(Arc::new(file)))),
            Err(why) => Err(CommandError::InvalidInput(format!("{}: {why}", path.display()))),
        },
        None => Err(CommandError::invalid_input(
            "there are no users: give --users FILE (see `ledgerlab token`), or --demo to try it out",
        )),
    }
}

/// Prints the address, in one line that scripts can wait for, and warnings.
fn announce(
    address: SocketAddr,
    opened: &str,
    are_public: bool,
    dashboard: Option<&Path>,
) -> io::Result<()> {
    let mut output = io::stdout().lock();
    writeln!(output, "Listening on http://{address}")?;
    write!(output, "{opened}")?;
    if are_public {
        writeln!(
            output,
            "Demo: the tokens are public. Anyone who reaches this address can transfer coins."
        )?;
        writeln!(
            output,
            "Try: curl -H 'Authorization: 1' 'http://{address}/account/coins?username=aaron'"
        )?;
    }
    if !address.ip().is_loopback() {
        writeln!(output, "Other machines can reach this address. Connections are not encrypted.")?;
    }
    match dashboard {
        Some(folder) => writeln!(output, "Serving the dashboard from {}.", folder.display())?,
        None => writeln!(output, "No dashboard found: `cargo xtask build` builds it in dist.")?,
    }
    output.flush()
}

fn since_1970_ns() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_nanos()).unwrap_or(u64::MAX)
}
