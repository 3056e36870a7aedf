//! On what a measurement was made.

use crate::json::Json;
use crate::process;

/// The machine and how busy it was.
pub struct Machine {
    pub cpu: String,
    pub cores: usize,
    pub system: String,
    /// Processes that wanted to run during the last minute, before the measurement.
    pub load_average: Option<f64>,
}

impl Machine {
    pub fn look() -> Machine {
        let read = |path: &str| std::fs::read_to_string(path).unwrap_or_default();
        let cpu = cpu_model(&read("/proc/cpuinfo"))
            .or_else(|| process::answer(process::command("uname").arg("-m")))
            .unwrap_or_else(|| "an unknown processor".to_owned());
        let kernel = process::answer(process::command("uname").args(["-s", "-r"]));
        let system = [pretty_name(&read("/etc/os-release")), kernel];
        Machine {
            cpu,
            cores: std::thread::available_parallelism().map_or(1, usize::from),
            system: system.into_iter().flatten().collect::<Vec<_>>().join(", "),
            load_average: load_average(&read("/proc/loadavg")),
        }
    }

    pub fn sentence(&self) -> String {
        let load = self.load_average.map_or("unknown".to_owned(), |load| format!("{load:.2}"));
        let Machine { cpu, cores, system, .. } = self;
        format!("{cpu}, {cores} cores, {system}; load average before: {load}")
    }

    pub fn to_json(&self) -> Json {
        Json::object([
            ("cpu", Json::text(&*self.cpu)),
            ("cores", Json::Number(self.cores as f64)),
            ("system", Json::text(&*self.system)),
            ("load_average_before", self.load_average.map_or(Json::Null, Json::Number)),
        ])
    }
}

fn cpu_model(cpuinfo: &str) -> Option<String> {
    let line = cpuinfo.lines().find(|line| line.starts_with("model name"))?;
    Some(line.split_once(':')?.1.trim().to_owned())
}

fn pretty_name(os_release: &str) -> Option<String> {
    let name = os_release.lines().find_map(|line| line.strip_prefix("PRETTY_NAME="))?;
    Some(name.trim_matches('"').to_owned())
}

fn load_average(loadavg: &str) -> Option<f64> {
    loadavg.split(' ').next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_systems_files_are_read() {
        let cpuinfo = "processor\t: 0\nmodel name\t: A Processor 9000: fast\n";
        assert_eq!(cpu_model(cpuinfo).as_deref(), Some("A Processor 9000: fast"));
        assert_eq!(cpu_model(""), None);
        let release = "NAME=\"A\"\nPRETTY_NAME=\"A System 12\"\n";
        assert_eq!(pretty_name(release).as_deref(), Some("A System 12"));
        assert_eq!(load_average("0.52 0.58 0.59 1/467 12345\n"), Some(0.52));
        assert_eq!(load_average(""), None);
    }
}
