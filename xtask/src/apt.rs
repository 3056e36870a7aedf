//! Installing Debian's packages, where there is apt and the right to use it.

use std::process::Command;
use std::time::Instant;

use crate::process;
use crate::step::{Steps, minutes};

/// Installs these packages, or says in a clause why that cannot be.
pub fn install(steps: &mut Steps, packages: &[&str]) -> Result<(), String> {
    if process::find_program("apt-get").is_none() {
        return Err("this system has no apt-get".to_owned());
    }
    let root = Root::find()?;
    let mut unknown = without_candidate(packages);
    if !unknown.is_empty() {
        update(steps, &root)?;
        unknown = without_candidate(packages);
    }
    if !unknown.is_empty() {
        return Err(format!("apt knows no package {}", unknown.join(", ")));
    }
    let began = Instant::now();
    let first = install_known(steps, &root, packages);
    if first.is_ok() || began.elapsed() > minutes(5) {
        return first;
    }
    // The lists may name versions that the mirror no longer has.
    update(steps, &root)?;
    install_known(steps, &root, packages)
}

/// The command the reader would type for the same.
pub fn install_line(packages: &[&str]) -> String {
    format!("sudo apt-get install {}", packages.join(" "))
}

fn install_known(steps: &mut Steps, root: &Root, packages: &[&str]) -> Result<(), String> {
    let name = format!("apt-get install {}", packages.join(" "));
    let mut command = root.apt_get();
    command.args(["install", "--yes", "--no-install-recommends"]).args(packages);
    steps.run(&name, &mut command, minutes(15)).map(drop)
}

fn update(steps: &mut Steps, root: &Root) -> Result<(), String> {
    let mut command = root.apt_get();
    command.arg("update");
    steps.run("apt-get update", &mut command, minutes(5)).map(drop)
}

/// How this user may act as root.
enum Root {
    Already,
    Sudo,
}

impl Root {
    fn find() -> Result<Root, String> {
        if process::answer(process::command("id").arg("-u")).as_deref() == Some("0") {
            return Ok(Root::Already);
        }
        match process::answer(process::command("sudo").args(["-n", "true"])) {
            Some(_) => Ok(Root::Sudo),
            None => {
                Err("apt-get needs root, and sudo is missing or asks for a password".to_owned())
            }
        }
    }

    fn apt_get(&self) -> Command {
        const QUIET: &str = "DEBIAN_FRONTEND=noninteractive";
        // Another package manager may be at work, as on a machine that has just been started.
        const PATIENCE: &str = "DPkg::Lock::Timeout=120";
        let mut command = match self {
            Root::Already => process::command("env"),
            Root::Sudo => {
                let mut command = process::command("sudo");
                command.args(["-n", "env"]);
                command
            }
        };
        command.args([QUIET, "apt-get", "-o", PATIENCE]);
        command
    }
}

/// Those of the packages that apt would not know where to get.
fn without_candidate<'a>(packages: &[&'a str]) -> Vec<&'a str> {
    let mut command = process::command("apt-cache");
    command.env("LC_ALL", "C").arg("policy").args(packages);
    let policy = process::answer(&mut command).unwrap_or_default();
    packages.iter().copied().filter(|package| !has_candidate(&policy, package)).collect()
}

fn has_candidate(policy: &str, package: &str) -> bool {
    let mut lines = policy.lines().skip_while(|line| line.strip_suffix(':') != Some(package));
    let candidate = lines
        .by_ref()
        .skip(1)
        .take_while(|line| line.starts_with(' '))
        .find_map(|line| line.trim().strip_prefix("Candidate: "));
    candidate.is_some_and(|version| version != "(none)")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn candidates_are_read_from_the_right_package() {
        let policy = "\
rustc-web:
  Installed: (none)
  Candidate: (none)
  Version table:
lld-22:
  Installed: (none)
  Candidate: 1:22.1.8-1
  Version table:
";
        assert!(has_candidate(policy, "lld-22"));
        assert!(!has_candidate(policy, "rustc-web"));
        assert!(!has_candidate(policy, "lld"));
        assert!(!has_candidate("", "lld-22"));
    }
}
