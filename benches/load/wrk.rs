//! The load generator, `wrk`, and what it found.

use std::path::PathBuf;
use std::process::Command;

/// One load.
pub(crate) struct Load<'a> {
    /// `host:port`.
    pub(crate) address: &'a str,
    pub(crate) connections: usize,
    pub(crate) seconds: u64,
    /// In Lua: what each request is. wrk's documentation has the names.
    pub(crate) script: &'a str,
}

/// What a load found.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Found {
    /// Requests answered.
    pub(crate) requests: u64,
    /// How long it took.
    pub(crate) seconds: f64,
    /// Of the latencies, the 99th percentile.
    pub(crate) p99_us: f64,
    /// Answers of another status than 2xx and 3xx, and sockets that failed.
    pub(crate) failed: u64,
}

impl Found {
    pub(crate) fn per_second(&self) -> f64 {
        self.requests as f64 / self.seconds
    }
}

/// Told at the end, in one line that is easy to read.
const DONE: &str = r#"
function done(summary, latency, requests)
  local errors = summary.errors
  print(string.format("found %d %d %d %d", summary.requests, summary.duration, latency:percentile(99),
    errors.status + errors.connect + errors.read + errors.write + errors.timeout))
end
"#;

impl Load<'_> {
    /// Makes it, on one thread.
    pub(crate) fn run(&self) -> Found {
        let script = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("load.lua");
        std::fs::write(&script, format!("{}{DONE}", self.script)).expect("it can be written");
        let mut wrk = Command::new("wrk");
        wrk.args(["--threads", "1", "--timeout", "10s"]);
        wrk.args(["--connections", &self.connections.to_string()]);
        wrk.args(["--duration", &format!("{}s", self.seconds), "--script"]).arg(&script);
        wrk.arg(format!("http://{}/account/coins/transfer", self.address));
        let output = wrk.output().unwrap_or_else(|error| {
            panic!("wrk could not be started ({error}); `cargo xtask load` installs it")
        });
        let text = String::from_utf8_lossy(&output.stdout);
        let line = text.lines().find_map(|line| line.strip_prefix("found "));
        let numbers = line.and_then(|line| {
            let numbers: Result<Vec<u64>, _> = line.split(' ').map(str::parse).collect();
            <[u64; 4]>::try_from(numbers.ok()?).ok()
        });
        let Some([requests, microseconds, p99_us, failed]) = numbers else {
            panic!("wrk said: {text}{}", String::from_utf8_lossy(&output.stderr));
        };
        Found { requests, seconds: microseconds as f64 / 1e6, p99_us: p99_us as f64, failed }
    }
}
