//! The load generator, `wrk`, and its results.

use std::path::PathBuf;
use std::process::Command;

/// A load on a server.
pub(crate) struct Load<'a> {
    /// `host:port`.
    pub(crate) address: &'a str,
    pub(crate) connections: usize,
    pub(crate) seconds: u64,
    /// A Lua script that sets each request, see wrk's documentation.
    pub(crate) script: &'a str,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct LoadResult {
    /// Requests answered.
    pub(crate) requests: u64,
    /// The duration of the load.
    pub(crate) seconds: f64,
    /// The 99th percentile of latency.
    pub(crate) p99_us: f64,
    /// Responses with a status other than 2xx and 3xx, and failed sockets.
    pub(crate) failed: u64,
}

impl LoadResult {
    pub(crate) fn per_second(&self) -> f64 {
        self.requests as f64 / self.seconds
    }
}

/// Prints the result in one line.
const DONE: &str = r#"
function done(summary, latency, requests)
  local errors = summary.errors
  print(string.format("found %d %d %d %d", summary.requests, summary.duration, latency:percentile(99),
    errors.status + errors.connect + errors.read + errors.write + errors.timeout))
end
"#;

impl Load<'_> {
    /// Runs the load on one thread.
    pub(crate) fn run(&self) -> LoadResult {
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
            panic!("wrk printed: {text}{}", String::from_utf8_lossy(&output.stderr));
        };
        LoadResult { requests, seconds: microseconds as f64 / 1e6, p99_us: p99_us as f64, failed }
    }
}
