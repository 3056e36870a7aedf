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
use super::request_id::Counted;
use super::runs::Threads;
use super::server::{Limits, layered, serve};
use super::signals::Signals;
use super::users;
use crate::api::{Role, Service, ServiceConfig, Token, Users, router};
use crate::coins::check_name;
use crate::host::native::command::USAGE;
use crate::ledger::LedgerConfig;

/// GoLedger's port.
const PORT: &str = "3000";

pub(in crate::host::native) fn command() -> Command {
    Command::new("serve")
        .about("Answer GoLedger's API and /v1 over HTTP, and show the dashboard")
        .after_help(AFTER_HELP)
        .arg(
            Arg::new("demo")
                .long("demo")
                .action(ArgAction::SetTrue)
                .conflicts_with("users")
                .help("Two users, aaron with the token 1 and bryan with the token 2, 1,000 coins each: for trying out"),
        )
        .arg(
            Arg::new("users")
                .long("users")
                .value_name("FILE")
                .value_parser(value_parser!(PathBuf))
                .help("Who may ask: a TOML file with [[users]]; `ledgerlab token` makes its lines"),
        )
        .arg(
            Arg::new("host")
                .long("host")
                .value_name("ADDRESS")
                .value_parser(value_parser!(IpAddr))
                .help("Address to listen on [default: 127.0.0.1, which only this machine reaches]"),
        )
        .arg(
            Arg::new("port")
                .long("port")
                .value_name("PORT")
                .value_parser(value_parser!(u16))
                .default_value(PORT)
                .help("Port to listen on; 0 for any that is free"),
        )
        .arg(
            Arg::new("dashboard")
                .long("dashboard")
                .value_name("FOLDER")
                .value_parser(value_parser!(PathBuf))
                .help("The built dashboard [default: dist, where it is there]"),
        )
        .arg(
            Arg::new("trail-mib")
                .long("trail-mib")
                .value_name("MIB")
                .value_parser(value_parser!(u64).range(32..=65_536))
                .default_value("1024")
                .help("Memory for the trail at 128 bytes an attempt; used up, attempts are answered 503. 32 to 65,536"),
        )
        .arg(
            Arg::new("log")
                .long("log")
                .value_name("FORM")
                .value_parser(["text", "json"])
                .default_value("text")
                .help("How the log on standard error is written"),
        )
        .arg(
            Arg::new("log-level")
                .long("log-level")
                .value_name("LEVEL")
                .value_parser(["error", "warn", "info", "debug"])
                .default_value("info")
                .help("What is logged; debug has every request"),
        )
        .args(LIMITS.iter().map(Limit::arg))
}

/// An option for one of the server's limits, 1 or more.
struct Limit {
    name: &'static str,
    unit: &'static str,
    most: u64,
    /// What it is without the option.
    preset: &'static str,
    help: &'static str,
}

const LIMITS: [Limit; 5] = [
    Limit {
        name: "connections",
        unit: "COUNT",
        most: 65_536,
        preset: "2048",
        help: "Connections at the same time; one more is answered 503. 1 to 65,536",
    },
    Limit {
        name: "requests",
        unit: "COUNT",
        most: 65_536,
        preset: "512",
        help: "Requests at the same time; one more is answered 503. 1 to 65,536",
    },
    Limit {
        name: "request-timeout-s",
        unit: "SECONDS",
        most: 3_600,
        preset: "30",
        help: "How long a request may take until its answer begins; later it is answered 408. 1 to 3,600",
    },
    Limit {
        name: "header-timeout-s",
        unit: "SECONDS",
        most: 3_600,
        preset: "10",
        help: "How long a connection waits for the whole head of a request before it is closed. 1 to 3,600",
    },
    Limit {
        name: "ending-timeout-s",
        unit: "SECONDS",
        most: 3_600,
        preset: "10",
        help: "How long a server that ends waits for what it has accepted. 1 to 3,600",
    },
];

impl Limit {
    fn arg(&self) -> Arg {
        Arg::new(self.name)
            .long(self.name)
            .value_name(self.unit)
            .value_parser(value_parser!(u64).range(1..=self.most))
            .default_value(self.preset)
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
Without --demo and --users nobody could ask, so the server does not start. Ctrl-C or SIGTERM ends it when what was
accepted is done; a second one ends it at once.";

pub(in crate::host::native) fn token_command() -> Command {
    Command::new("token")
        .about("Make a token for a user of the server, and the lines for the file of users")
        .arg(Arg::new("name").value_name("NAME").required(true).help("The user's name"))
        .arg(
            Arg::new("role")
                .long("role")
                .value_name("ROLE")
                .value_parser(["user", "auditor", "operator"])
                .default_value("user")
                .help("What the user may do"),
        )
}

/// Runs `ledgerlab token`: the lines for the file on standard output, the token on standard error, so that the one can be
/// appended to a file and the other is not.
///
/// # Errors
/// What standard output answered.
pub(in crate::host::native) fn token(chosen: &ArgMatches) -> io::Result<ExitCode> {
    let name = chosen.get_one::<String>("name").expect("it is required");
    if let Err(error) = check_name(name) {
        return Ok(complain(&error.to_string()));
    }
    let role = match chosen.get_one::<String>("role").map(String::as_str) {
        Some("operator") => Role::Operator,
        Some("auditor") => Role::Auditor,
        _ => Role::User,
    };
    let token = match Token::random() {
        Ok(token) => token,
        Err(error) => return Ok(complain(&format!("no randomness: {error}"))),
    };
    write!(io::stdout().lock(), "{}", users::lines(name, role, &token.hash()))?;
    eprintln!("The token of {name}, which is kept nowhere: {}", token.reveal());
    Ok(ExitCode::SUCCESS)
}

fn complain(sentence: &str) -> ExitCode {
    eprintln!("ledgerlab: {sentence}");
    ExitCode::from(USAGE)
}

/// Runs `ledgerlab serve` until it is asked to end.
///
/// # Errors
/// What standard output answered.
pub(in crate::host::native) fn run(chosen: &ArgMatches) -> io::Result<ExitCode> {
    let users = match (chosen.get_flag("demo"), chosen.get_one::<PathBuf>("users")) {
        (true, _) => Users::demo(),
        (false, Some(path)) => match users::read(path) {
            Ok(users) => users,
            Err(why) => return Ok(complain(&format!("{}: {why}", path.display()))),
        },
        (false, None) => {
            return Ok(complain(
                "nobody could ask: give --users FILE (`ledgerlab token NAME >> FILE` makes one), or --demo to try it out",
            ));
        }
    };
    let level = chosen.get_one::<String>("log-level").and_then(|level| level.parse().ok());
    let json = chosen.get_one::<String>("log").is_some_and(|form| form == "json");
    start_log(json, level.unwrap_or(tracing::Level::INFO));
    let are_public = users.are_public();
    let trail_mib = chosen.get_one::<u64>("trail-mib").expect("it has a default");
    let config = ServiceConfig {
        sessions: std::thread::available_parallelism().map_or(4, |all| 2 * all.get()).clamp(2, 64),
        ledger: LedgerConfig { trail_bytes: trail_mib << 20, ..LedgerConfig::default() },
    };
    let service = match Service::open(config, users, since_1970_ns) {
        Ok(service) => service,
        Err(why) => return Ok(complain(&why.to_string())),
    };
    service.lend(Box::new(Threads));
    let limits = limits(chosen);
    let dashboard = chosen.get_one::<PathBuf>("dashboard").map(PathBuf::as_path);
    let dashboard = dashboard.or_else(|| Some(Path::new("dist"))).filter(|dist| dist.is_dir());
    let ids = match Counted::new() {
        Ok(ids) => ids,
        Err(error) => return Ok(complain(&format!("no randomness: {error}"))),
    };
    let router = layered(with_dashboard(router(Arc::clone(&service)), dashboard), limits, ids);

    let host = chosen.get_one("host").copied().unwrap_or(IpAddr::V4(Ipv4Addr::LOCALHOST));
    let address = SocketAddr::new(host, *chosen.get_one("port").expect("it has a default"));
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return Ok(complain(&format!("no threads: {error}"))),
    };
    runtime.block_on(async {
        let listener = match TcpListener::bind(address).await {
            Ok(listener) => listener,
            Err(error) => {
                return Ok(complain(&format!("{address} cannot be listened on: {error}")));
            }
        };
        // Before anybody knows that it listens, so that no signal finds nobody who waits for it.
        let signals = match Signals::new() {
            Ok(signals) => signals,
            Err(error) => return Ok(complain(&format!("signals cannot be waited for: {error}"))),
        };
        announce(listener.local_addr()?, are_public, dashboard)?;
        let end = async {
            signals.asked_to_end().await;
            // A run can be long: it is checked and reported as it is.
            service.cancel_runs();
        };
        match serve(listener, router, limits, end).await {
            Ok(()) => Ok(ExitCode::SUCCESS),
            Err(error) => Ok(complain(&format!("the server stopped: {error}"))),
        }
    })
}

/// Says on standard output where it is, in one line that scripts can wait for, and what is public.
fn announce(address: SocketAddr, are_public: bool, dashboard: Option<&Path>) -> io::Result<()> {
    let mut output = io::stdout().lock();
    writeln!(output, "Listening on http://{address}")?;
    if are_public {
        writeln!(
            output,
            "This is a demo: its tokens are public, and whoever reaches it moves its coins."
        )?;
        writeln!(
            output,
            "Try: curl -H 'Authorization: 1' 'http://{address}/account/coins?username=aaron'"
        )?;
    }
    if !address.ip().is_loopback() {
        writeln!(output, "Other machines reach it, and what they send is not encrypted.")?;
    }
    match dashboard {
        Some(folder) => writeln!(output, "The dashboard is that of {}.", folder.display())?,
        None => writeln!(output, "There is no dashboard: `cargo xtask build` makes one in dist.")?,
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
