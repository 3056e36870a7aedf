//! Whether the server does what its OpenAPI document says: Schemathesis makes requests of the document, sound ones and
//! wrong ones, and looks at the answers.
//!
//! It asks as one user after the other, pass by pass, each with a seed of its own; a pass with the same seed asks much the
//! same again.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Lines};
use std::process::{Child, ChildStdout, ExitCode, Stdio};
use std::time::{Duration, Instant};

use crate::json::Json;
use crate::process;
use crate::step::minutes;
use crate::tools;
use crate::workshop::Workshop;

/// Users of the demo and their tokens, one of each role.
const USERS: [(&str, &str); 3] = [("operator", "operator"), ("aaron", "1"), ("auditor", "auditor")];

/// How long one pass takes at most.
const PASS: Duration = minutes(2);

/// The shortest pass: a shorter one would not come to each endpoint.
const PASS_MIN: Duration = Duration::from_secs(20);

/// How long the server may take to be there.
const PATIENCE: Duration = Duration::from_secs(20);

const CONFIG: &str = "tests/schemathesis.toml";
const FOLDER: &str = "target/schemathesis";

/// How much is asked.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Extent {
    until: Until,
    seed: u64,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Until {
    Minutes(u64),
    Requests(u64),
}

impl Extent {
    pub fn from_options(options: &[&str]) -> Result<Extent, String> {
        let mut extent = Extent { until: Until::Minutes(1), seed: 1 };
        let mut options = options.iter();
        while let Some(&option) = options.next() {
            let number = options.next().and_then(|value| value.parse().ok());
            let positive = number.filter(|&number| number > 0);
            let needed = || format!("`{option}` needs a number from 1.");
            match option {
                "--minutes" => extent.until = Until::Minutes(positive.ok_or_else(needed)?),
                "--requests" => extent.until = Until::Requests(positive.ok_or_else(needed)?),
                "--seed" => extent.seed = number.ok_or("`--seed` needs a number.")?,
                other => return Err(format!("`schemathesis` has no option `{other}`.")),
            }
        }
        Ok(extent)
    }

    /// How long the next pass takes, or nothing when all is done.
    fn next_pass(&self, began: Instant, requests: u64) -> Option<Duration> {
        match self.until {
            Until::Requests(wanted) => (requests < wanted).then_some(PASS),
            Until::Minutes(count) => {
                let left = minutes(count).saturating_sub(began.elapsed());
                (left >= PASS_MIN).then_some(left.min(PASS))
            }
        }
    }
}

/// What the passes have found together.
#[derive(Debug, Default, PartialEq)]
struct Found {
    requests: u64,
    /// Failures by the sentence on what they are.
    failures: BTreeMap<String, u64>,
    /// Passes that ended otherwise than by a verdict.
    broken: u64,
}

impl Found {
    /// Adds what the report of a pass says.
    fn add(&mut self, report: &Json) {
        let Some(requests) = report.get("test_cases").get("generated").as_number() else {
            self.broken += 1;
            return;
        };
        self.requests += requests as u64;
        for failure in report.get("failures").items() {
            let title = failure.get("title").as_text().unwrap_or("without a title");
            let count = failure.get("count").as_number().unwrap_or(1.0) as u64;
            *self.failures.entry(title.to_owned()).or_default() += count;
        }
        self.broken += report.get("errors").items().len() as u64;
    }

    fn is_clean(&self) -> bool {
        self.failures.is_empty() && self.broken == 0 && self.requests > 0
    }

    fn print(&self) {
        println!("\n{:>9} requests", self.requests);
        println!("{:>9} failures", self.failures.values().sum::<u64>());
        for (title, count) in &self.failures {
            println!("{count:>9}   {title}");
        }
        println!("{:>9} errors", self.broken);
    }
}

/// Builds the server, starts it, and has it asked.
pub fn schemathesis(extent: Extent) -> Result<ExitCode, String> {
    let mut workshop = Workshop::open()?;
    let python = tools::schemathesis(&mut workshop.steps)?;
    let mut build = workshop.cargo();
    build.args(["build", "--bin", "ledgerlab"]);
    workshop.steps.run("cargo build (the server)", &mut build, minutes(20))?;
    let folder = workshop.project.root.join(FOLDER);
    let cannot = |error: std::io::Error| format!("{}: {error}.", folder.display());
    std::fs::create_dir_all(&folder).map_err(cannot)?;
    let mut server = Server::start(&workshop)?;
    let (began, mut found, mut pass) = (Instant::now(), Found::default(), 0);
    while let Some(time) = extent.next_pass(began, found.requests) {
        let (user, token) = USERS[pass % USERS.len()];
        let seed = extent.seed + pass as u64;
        let report = folder.join(format!("{seed}-{user}.json"));
        let _ = std::fs::remove_file(&report);
        let mut command = process::command(&python);
        command
            .current_dir(&folder)
            .env("LEDGERLAB_USER", user)
            .args(["-m", "schemathesis.cli", "--config-file"])
            .arg(workshop.project.root.join(CONFIG))
            .arg("run")
            .arg(format!("{}/openapi.json", server.address))
            .args(["--header", &format!("Authorization: Bearer {token}"), "--checks", "all"])
            .args(["--seed", &seed.to_string(), "--max-time", &time.as_secs().to_string()])
            .args(["--continue-on-failure", "--no-color", "--warnings", "off"])
            .args(["--report", "json", "--report-json-path"])
            .arg(&report);
        let name = format!("schemathesis as {user}, seed {seed}");
        let ended = workshop.steps.observe(&name, &mut command, time + minutes(5));
        match std::fs::read_to_string(&report).ok().and_then(|text| Json::read(&text).ok()) {
            Some(report) => found.add(&report),
            None => found.broken += 1,
        }
        if let Some(complaint) = &ended.complaint {
            workshop.steps.note(&format!("{complaint}; its output is in {}", ended.log.display()));
        }
        if let Ok(Some(status)) = server.child.try_wait() {
            return Err(format!("The server has ended with {status}."));
        }
        pass += 1;
    }
    drop(server);
    found.print();
    if found.is_clean() {
        println!("\nThe server does what its document says.");
        return Ok(ExitCode::SUCCESS);
    }
    println!("\nThe server or its document is wrong.");
    Ok(ExitCode::FAILURE)
}

/// The server, until it is dropped.
struct Server {
    child: Child,
    address: String,
    /// Held open, so that the server can go on writing.
    _output: Lines<BufReader<ChildStdout>>,
}

impl Server {
    fn start(workshop: &Workshop) -> Result<Server, String> {
        let program = workshop.project.root.join("target/debug/ledgerlab");
        let mut command = process::command(&program);
        command.args(["serve", "--demo", "--port", "0", "--log-level", "error"]);
        command.stdout(Stdio::piped()).stderr(Stdio::null());
        let failed = |why: &dyn std::fmt::Display| format!("{}: {why}.", program.display());
        let mut child = process::start(&mut command).map_err(|error| failed(&error))?;
        let mut output = BufReader::new(child.stdout.take().expect("it is piped")).lines();
        let began = Instant::now();
        while began.elapsed() < PATIENCE {
            let Some(Ok(line)) = output.next() else { break };
            if let Some(address) = line.strip_prefix("Listening on ") {
                let address = address.to_owned();
                return Ok(Server { child, address, _output: output });
            }
        }
        process::end_tree(&mut child);
        Err(failed(&"it does not say where it listens"))
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
    fn options_say_how_much_is_asked() {
        let extent = |options: &[&str]| Extent::from_options(options);
        let minutes = |count| Until::Minutes(count);
        assert_eq!(extent(&[]), Ok(Extent { until: minutes(1), seed: 1 }));
        assert_eq!(extent(&["--minutes", "30"]), Ok(Extent { until: minutes(30), seed: 1 }));
        let requests = Extent { until: Until::Requests(50_000), seed: 7 };
        assert_eq!(extent(&["--requests", "50000", "--seed", "7"]), Ok(requests));
        for wrong in [&["--minutes"][..], &["--minutes", "0"], &["--seed", "x"], &["--fast", "1"]] {
            assert!(extent(wrong).is_err(), "{wrong:?}");
        }
    }

    #[test]
    fn passes_end_with_the_time_or_the_requests() {
        let now = Instant::now();
        let time = Extent { until: Until::Minutes(1), seed: 1 };
        assert!(time.next_pass(now, 0).is_some_and(|pass| pass > PASS_MIN && pass <= minutes(1)));
        if let Some(earlier) = now.checked_sub(Duration::from_secs(50)) {
            assert_eq!(time.next_pass(earlier, 0), None);
        }
        let count = Extent { until: Until::Requests(10), seed: 1 };
        assert_eq!((count.next_pass(now, 9), count.next_pass(now, 10)), (Some(PASS), None));
    }

    #[test]
    fn reports_are_added_up_and_one_that_says_nothing_is_an_error() {
        let report = |text: &str| Json::read(text).expect("it is JSON");
        let mut found = Found::default();
        found.add(&report(r#"{"test_cases":{"generated":5},"failures":[],"errors":[]}"#));
        assert!(found.is_clean());
        let failing = r#"{"test_cases":{"generated":7},"failures":[{"title":"Server error","count":2}],"errors":[]}"#;
        found.add(&report(failing));
        assert_eq!((found.requests, found.failures["Server error"]), (12, 2));
        assert!(!found.is_clean());
        let mut broken = Found { requests: 5, ..Found::default() };
        broken.add(&report("{}"));
        assert!(!broken.is_clean() && !Found::default().is_clean());
    }
}
