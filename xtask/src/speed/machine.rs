//! The machine that a measurement was taken on.

use serde::Serialize;
use xshell::{Shell, cmd};

use crate::process;

#[derive(Serialize)]
pub struct Machine {
    cpu: String,
    cores: usize,
    system: String,
    /// Processes that were ready to run during the last minute, before the measurement.
    load_average_before: Option<f64>,
}

impl Machine {
    pub fn describe(sh: &Shell) -> Machine {
        let read = |path: &str| std::fs::read_to_string(path).unwrap_or_default();
        let kernel = process::output(cmd!(sh, "uname -s -r")).unwrap_or_default();
        let name = field(&read("/etc/os-release"), "PRETTY_NAME", '=').unwrap_or_default();
        Machine {
            cpu: field(&read("/proc/cpuinfo"), "model name", ':')
                .or_else(|| process::output(cmd!(sh, "uname -m")))
                .unwrap_or_else(|| "an unknown processor".to_owned()),
            cores: std::thread::available_parallelism().map_or(1, usize::from),
            system: format!("{name}, {kernel}"),
            load_average_before: load_average(&read("/proc/loadavg")),
        }
    }

    pub fn summary(&self) -> String {
        let Machine { cpu, cores, system, load_average_before: load } = self;
        let load = load.map_or("unknown".to_owned(), |load| format!("{load:.2}"));
        format!("{cpu}, {cores} cores, {system}; load average before: {load}")
    }
}

/// The value of the first line that begins with `key`, without quotes.
fn field(text: &str, key: &str, separator: char) -> Option<String> {
    let line = text.lines().find(|line| line.starts_with(key))?;
    Some(line.split_once(separator)?.1.trim().trim_matches('"').to_owned())
}

fn load_average(loadavg: &str) -> Option<f64> {
    loadavg.split(' ').next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_read_from_the_systems_files() {
        let cpuinfo = "processor\t: 0\nmodel name\t: A Processor 9000: fast\n";
        let cpu = field(cpuinfo, "model name", ':');
        assert_eq!(cpu.as_deref(), Some("A Processor 9000: fast"));
        assert_eq!(field("", "model name", ':'), None);
        let release = "NAME=\"A\"\nPRETTY_NAME=\"A System 12\"\n";
        assert_eq!(field(release, "PRETTY_NAME", '=').as_deref(), Some("A System 12"));
        assert_eq!(load_average("0.52 0.58 0.59 1/467 12345\n"), Some(0.52));
        assert_eq!(load_average(""), None);
    }
}
