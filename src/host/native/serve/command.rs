//! `ledgerlab serve` and `ledgerlab token`.

use std::io::{self, Write};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use clap::{Arg, ArgAction, ArgMatches, Command, value_parser};
use tokio::net::TcpListener;

use super::dashboard::with_dashboard;
use super::request_id::RequestIds;
use super::runs::ThreadHost;
use super::server::{Limits, layered, serve};
use super::signals::Signals;
use super::users;
use crate::api::{Role, Service, ServiceConfig, Token, Users, router};
use crate::coins::check_name;
use crate::host::native::exit;
use crate::ledger::LedgerConfig;

/// GoLedger's port.
const PORT: &str = "3000";

pub(in crate::host::native) fn command() -> Command {
    Command::new("serve")
        .about("Serve GoLedger's API, the API under /v1 and the dashboard over HTTP")
        .after_help(AFTER_HELP)
        .arg(
            Arg::new("demo").long("demo").action(ArgAction::SetTrue).conflicts_with("users").help(
                "Add the demo users aaron (token 1) and bryan (token 2) with 1,000 coins each",
            ),
        )
        .arg(
            Arg::new("users")
                .long("users")
                .value_name("FILE")
                .value_parser(value_parser!(PathBuf))
                .help("The users: a TOML file with [[users]] tables, see `ledgerlab token`"),
        )
        .arg(
            Arg::new("host")
                .long("host")
                .value_name("ADDRESS")
                .value_parser(value_parser!(IpAddr))
                .help("Address to listen on [default: 127.0.0.1, this machine only]"),
        )
        .arg(
            Arg::new("port")
                .long("port")
                .value_name("PORT")
                .value_parser(value_parser!(u16))
                .default_value(PORT)
                .help("Port to listen on; 0 for any free port"),
        )
        .arg(
            Arg::new("dashboard")
                .long("dashboard")
                .value_name("FOLDER")
                .value_parser(value_parser!(PathBuf))
                .help("Folder of the built dashboard [default: dist, if it exists]"),
        )
        .arg(
            Arg::new("trail-mib")
                .long("trail-mib")
                .value_name("MIB")
                .value_parser(value_parser!(u64).range(32..=65_536))
                .default_value("1024")
                .help("Memory for the trail; an attempt takes 128 bytes. 32 to 65,536"),
        )
        .arg(
            Arg::new("idempotency-mib")
                .long("idempotency-mib")
                .value_name("MIB")
                .value_parser(value_parser!(u64).range(1..=65_536))
                .default_value("512")
                .help("Memory for idempotency keys of the last day; one takes about 500 bytes. 1 to 65,536"),
        )
        .arg(
            Arg::new("log")
                .long("log")
                .value_name("FORMAT")
                .value_parser(["text", "json"])
                .default_value("text")
                .help("Format of the log on standard error"),
        )
        .arg(
            Arg::new("log-level")
                .long("log-level")
                .value_name("LEVEL")
                .value_parser(["error", "warn", "info", "debug"])
                .default_value("info")
                .help("Minimum level of log messages; debug includes every request"),
        )
        .args(LIMITS.iter().map(LimitOption::arg))
}

/// An option for one of the limits of the server. The minimum is 1.
struct LimitOption {
    name: &'static str,
    unit: &'static str,
    maximum: u64,
    default: &'static str,
    help: &'static str,
}

const LIMITS: [LimitOption; 5] = [
    LimitOption {
        name: "connections",
        unit: "COUNT",
        maximum: 65_536,
        default: "2048",
        help: "Maximum number of connections; further ones get 503. 1 to 65,536",
    },
    LimitOption {
        name: "requests",
        unit: "COUNT",
        maximum: 65_536,
        default: "512",
        help: "Maximum number of concurrent requests; further ones get 503. 1 to 65,536",
    },
    LimitOption {
        name: "request-timeout-s",
        unit: "SECONDS",
        maximum: 3_600,
        default: "30",
        help: "Time limit until a response starts; slower requests get 408. 1 to 3,600",
    },
    LimitOption {
        name: "header-timeout-s",
        unit: "SECONDS",
        maximum: 3_600,
        default: "10",
        help: "Time limit for the headers of a request; slower connections are closed. 1 to 3,600",
    },
    LimitOption {
        name: "ending-timeout-s",
        unit: "SECONDS",
        maximum: 3_600,
        default: "10",
        help: "Time limit for accepted requests during shutdown. 1 to 3,600",
    },
];

impl LimitOption {
    fn arg(&self) -> Arg {
        Arg::new(self.name)
            .long(self.name)
            .value_name(self.unit)
            .value_parser(value_parser!(u64).range(1..=self.maximum))
            .default_value(self.default)
            .help(self.help)
    }
}

fn limits(chosen: &ArgMatches) -> Limits {
    let limit = |name: &str| *chosen.get_one::<u64>(name).expect("it has a default");
    Limits {
        connections: limit("connections") as usize,
        requests: limit("requests") as usize,
        request_s: limit("request-timeout-s"),
        headers_s: limit("header-timeout-s"),
        ending_s: limit("ending-timeout-s"),
    }
}

const AFTER_HELP: &str = "\
The server requires --demo or --users. Ctrl-C or SIGTERM stops it gracefully: it finishes accepted
requests. A second one stops it at once. When the memory for the trail is used up, attempts get 503.";

pub(in crate::host::native) fn token_command() -> Command {
    Command::new("token")
        .about("Generate a token for a user of the server, and the lines for the users file")
        .arg(Arg::new("name").value_name("NAME").required(true).help("The user's name"))
        .arg(
            Arg::new("role")
                .long("role")
                .value_name("ROLE")
                .value_parser(["user", "auditor", "operator"])
                .default_value("user")
                .help("The user's permissions"),
        )
}

/// Runs `ledgerlab token`. Prints the lines for the users file to standard output and the token to
/// standard error, so that standard output can be appended to the file.
///
/// # Errors
/// The error of standard output.
pub(in crate::host::native) fn token(chosen: &ArgMatches) -> io::Result<ExitCode> {
    let name = chosen.get_one::<String>("name").expect("it is required");
    if let Err(error) = check_name(name) {
        return Ok(exit::invalid_input(error));
    }
    let role = match chosen.get_one::<String>("role").map(String::as_str) {
        Some("operator") => Role::Operator,
        Some("auditor") => Role::Auditor,
        _ => Role::User,
    };
    let token = match Token::random() {
        Ok(token) => token,
        Err(error) => {
            return Ok(exit::invalid_input(format_args!(
                "no random numbers are available: {error}"
            )));
        }
    };
    write!(io::stdout().lock(), "{}", users::lines(name, role, &token.hash()))?;
    eprintln!("The token of {name}, which is not stored: {}", token.reveal());
    Ok(ExitCode::SUCCESS)
}

/// Runs `ledgerlab serve` until it is stopped.
///
/// # Errors
/// The error of standard output.
pub(in crate::host::native) fn run(chosen: &ArgMatches) -> io::Result<ExitCode> {
    let users = match (chosen.get_flag("demo"), chosen.get_one::<PathBuf>("users")) {
        (true, _) => Users::demo(),
        (false, Some(path)) => match users::read(path) {
            Ok(users) => users,
            Err(why) => return Ok(exit::invalid_input(format_args!("{}: {why}", path.display()))),
        },
        (false, None) => {
            return Ok(exit::invalid_input(
                "there are no users: give --users FILE (see `ledgerlab token`), or --demo to try it out",
            ));
        }
    };
    let level = chosen.get_one::<String>("log-level").and_then(|level| level.parse().ok());
    let json = chosen.get_one::<String>("log").is_some_and(|format| format == "json");
    start_log(json, level.unwrap_or(tracing::Level::INFO));
    let are_public = users.are_public();
    let mib = |name| chosen.get_one::<u64>(name).expect("it has a default");
    let (trail_mib, idempotency_mib) = (mib("trail-mib"), mib("idempotency-mib"));
    let config = ServiceConfig {
        sessions: std::thread::available_parallelism().map_or(4, |all| 2 * all.get()).clamp(2, 64),
        ledger: LedgerConfig { trail_bytes: trail_mib << 20, ..LedgerConfig::default() },
        idempotency_bytes: usize::try_from(idempotency_mib << 20).unwrap_or(usize::MAX),
    };
    let service = match Service::open(config, users, since_1970_ns) {
        Ok(service) => service,
        Err(why) => return Ok(exit::invalid_input(why)),
    };
    service.lend(Box::new(ThreadHost));
    let limits = limits(chosen);
    let dashboard = chosen.get_one::<PathBuf>("dashboard").map(PathBuf::as_path);
    let dashboard = dashboard.or_else(|| Some(Path::new("dist"))).filter(|dist| dist.is_dir());
    let ids = match RequestIds::new() {
        Ok(ids) => ids,
        Err(error) => {
            return Ok(exit::invalid_input(format_args!(
                "no random numbers are available: {error}"
            )));
        }
    };
    let router = layered(with_dashboard(router(Arc::clone(&service)), dashboard), limits, ids);

    let host = chosen.get_one("host").copied().unwrap_or(IpAddr::V4(Ipv4Addr::LOCALHOST));
    let address = SocketAddr::new(host, *chosen.get_one("port").expect("it has a default"));
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            return Ok(exit::invalid_input(format_args!("threads cannot be started: {error}")));
        }
    };
    runtime.block_on(async {
        let listener = match TcpListener::bind(address).await {
            Ok(listener) => listener,
            Err(error) => {
                return Ok(exit::invalid_input(format_args!(
                    "{address} cannot be listened on: {error}"
                )));
            }
        };
        // Before the address is announced, so that no signal is missed.
        let signals = match Signals::new() {
            Ok(signals) => signals,
            Err(error) => {
                return Ok(exit::invalid_input(format_args!("signals cannot be handled: {error}")));
            }
        };
        announce(listener.local_addr()?, are_public, dashboard)?;
        let end = async {
            signals.stop_requested().await;
            // A cancelled run is still checked and reported.
            service.cancel_runs();
        };
        match serve(listener, router, limits, end).await {
            Ok(()) => Ok(ExitCode::SUCCESS),
            Err(error) => Ok(exit::invalid_input(format_args!("the server stopped: {error}"))),
        }
    })
}

/// Prints the address, in one line that scripts can wait for, and warnings.
fn announce(address: SocketAddr, are_public: bool, dashboard: Option<&Path>) -> io::Result<()> {
    let mut output = io::stdout().lock();
    writeln!(output, "Listening on http://{address}")?;
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

fn start_log(json: bool, level: tracing::Level) {
    let log = tracing_subscriber::fmt().with_writer(io::stderr).with_max_level(level);
    if json {
        log.json().init();
    } else {
        log.init();
    }
}

fn since_1970_ns() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_nanos()).unwrap_or(u64::MAX)
}
