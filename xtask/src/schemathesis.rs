//! Checks that the server follows its OpenAPI document: Schemathesis generates valid and invalid
//! requests from the document and examines the responses.
//!
//! It runs passes as one user after the other, each with a seed of its own. A pass with the same
//! seed makes much the same requests again.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Lines};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use serde::Deserialize;
use xshell::cmd;

use crate::context::Context;
use crate::process;
use crate::step::minutes;
use crate::tools;

/// Users of the demo and their tokens, one for each role.
const USERS: [(&str, &str); 3] = [("operator", "operator"), ("aaron", "1"), ("auditor", "auditor")];

const PASS_MAX: Duration = minutes(2);
/// A shorter pass would not reach every endpoint.
const PASS_MIN: Duration = Duration::from_secs(20);

const CONFIG: &str = "tests/schemathesis.toml";
const FOLDER: &str = "target/schemathesis";

/// When to stop.
#[derive(Clone, Copy)]
pub enum Until {
    Minutes(u64),
    Requests(u64),
}

impl Until {
    /// The time of the next pass, or nothing at the end.
    fn next_pass(self, elapsed: Duration, requests: u64) -> Option<Duration> {
        match self {
            Until::Requests(wanted) => (requests < wanted).then_some(PASS_MAX),
            Until::Minutes(count) => {
                let rest = minutes(count).saturating_sub(elapsed);
                (rest >= PASS_MIN).then_some(rest.min(PASS_MAX))
            }
        }
    }
}

/// The part of Schemathesis's report that is used.
#[derive(Deserialize)]
struct Report {
    test_cases: TestCases,
    #[serde(default)]
    failures: Vec<Failure>,
    #[serde(default)]
    errors: Vec<serde::de::IgnoredAny>,
}

#[derive(Deserialize)]
struct TestCases {
    generated: u64,
}

#[derive(Deserialize)]
struct Failure {
    title: String,
    count: u64,
}

/// The results of all passes.
#[derive(Default)]
struct Results {
    requests: u64,
    /// Failures by their title.
    failures: BTreeMap<String, u64>,
    /// Errors, and passes without a readable report.
    errors: u64,
}

impl Results {
    fn add(&mut self, report: &str) {
        let Ok(report) = serde_json::from_str::<Report>(report) else {
            self.errors += 1;
            return;
        };
        self.requests += report.test_cases.generated;
        for Failure { title, count } in report.failures {
            *self.failures.entry(title).or_default() += count;
        }
        self.errors += report.errors.len() as u64;
    }

    fn is_clean(&self) -> bool {
        self.failures.is_empty() && self.errors == 0 && self.requests > 0
    }

    fn print(&self) {
        println!("\n{:>9} requests", self.requests);
        println!("{:>9} failures", self.failures.values().sum::<u64>());
        for (title, count) in &self.failures {
            println!("{count:>9}   {title}");
        }
        println!("{:>9} errors", self.errors);
    }
}

/// Builds and starts the server, and runs the passes.
pub fn schemathesis(cx: &mut Context, until: Until, first_seed: u64) -> Result<bool> {
    let python = tools::schemathesis(cx)?;
    let build = cx.cargo("build --bin ledgerlab");
    cx.steps.run("cargo build (the server)", build, minutes(20))?;
    let (folder, config) = (cx.sh.create_dir(FOLDER)?, cx.root.join(CONFIG));
    let mut server = Server::start(cx)?;
    let document = format!("{}/openapi.json", server.address);
    let (began, mut results, mut seed) = (Instant::now(), Results::default(), first_seed);
    while let Some(time) = until.next_pass(began.elapsed(), results.requests) {
        let (user, token) = USERS[(seed - first_seed) as usize % USERS.len()];
        let report = folder.join(format!("{seed}-{user}.json"));
        cx.sh.remove_path(&report)?;
        let header = format!("Authorization: Bearer {token}");
        let (number, seconds) = (seed.to_string(), time.as_secs().to_string());
        let pass = cmd!(
            cx.sh,
            "{python} -m schemathesis.cli --config-file {config} run {document} --header {header}
             --checks all --seed {number} --max-time {seconds} --continue-on-failure --no-color
             --warnings off --report json --report-json-path {report}"
        );
        let mut pass = Command::from(pass.env("LEDGERLAB_USER", user));
        pass.current_dir(&folder);
        let name = format!("schemathesis as {user}, seed {seed}");
        let finished = cx.steps.observe(&name, pass, time + minutes(5));
        results.add(&std::fs::read_to_string(&report).unwrap_or_default());
        if let Some(failure) = &finished.failure {
            cx.steps.note(&format!("{failure}; its output is in {}", finished.log.display()));
        }
        if let Ok(Some(status)) = server.child.try_wait() {
            bail!("The server ended with {status}.");
        }
        seed += 1;
    }
    drop(server);
    results.print();
    let follows = if results.is_clean() { "follows" } else { "does not follow" };
    println!("\nThe server {follows} its document.");
    Ok(results.is_clean())
}

/// The server. It ends when this is dropped.
struct Server {
    child: Child,
    address: String,
    /// Held open, so that the server can go on writing.
    _output: Lines<BufReader<ChildStdout>>,
}

impl Server {
    fn start(cx: &Context) -> Result<Server> {
        let program = cx.root.join("target/debug/ledgerlab");
        let command = cmd!(cx.sh, "{program} serve --demo --port 0 --log-level error");
        // Many requests are sent without a token on purpose, and only with an origin there are tickets.
        let options = ["--unauthenticated-per-second", "0", "--cors-origin", "https://example.org"];
        let mut command: Command = command.args(options).into();
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = process::start(&mut command).context("The server could not be started")?;
        let mut output = BufReader::new(child.stdout.take().expect("piped")).lines();
        while let Some(Ok(line)) = output.next() {
            if let Some(address) = line.strip_prefix("Listening on ") {
                let address = address.to_owned();
                return Ok(Server { child, address, _output: output });
            }
        }
        process::end_tree(&mut child);
        bail!("The server did not print where it listens.")
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        process::end_tree(&mut self.child);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passes_end_with_the_time_or_the_requests() {
        let time = Until::Minutes(1);
        assert_eq!(time.next_pass(Duration::ZERO, 0), Some(minutes(1)));
        assert_eq!(time.next_pass(Duration::from_secs(50), 0), None);
        let count = Until::Requests(10);
        assert_eq!(count.next_pass(minutes(9), 9), Some(PASS_MAX));
        assert_eq!(count.next_pass(minutes(9), 10), None);
    }

    #[test]
    fn reports_are_added_and_unreadable_ones_are_errors() {
        let mut results = Results::default();
        assert!(!results.is_clean());
        results.add(r#"{"test_cases":{"generated":5},"failures":[],"errors":[]}"#);
        assert!(results.is_clean());
        let failure = r#"{"title":"Server error","count":2}"#;
        results.add(&format!(r#"{{"test_cases":{{"generated":7}},"failures":[{failure}]}}"#));
        assert_eq!((results.requests, results.failures["Server error"]), (12, 2));
        assert!(!results.is_clean());
        let mut broken = Results { requests: 5, ..Results::default() };
        broken.add("{}");
        assert!(!broken.is_clean());
    }
}
