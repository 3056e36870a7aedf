//! Building the page around the module, and serving it.

use std::fs::File;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::http;
use crate::output;
use crate::process;
use crate::step::minutes;
use crate::web;
use crate::workshop::Workshop;

const PORT: u16 = 4173;
/// The oldest Node.js that Vite runs on.
const NODE_OLDEST: (u32, u32) = (20, 19);
const READY_WITHIN: Duration = Duration::from_secs(30);

/// Without these two headers a browser gives a page no shared memory.
const ISOLATION: [(&str, &str); 2] = [
    ("cross-origin-opener-policy", "same-origin"),
    ("cross-origin-embedder-policy", "require-corp"),
];

/// How the page is to be served.
#[derive(Debug, PartialEq)]
pub struct Serving {
    port: u16,
    exit_when_ready: bool,
}

impl Serving {
    pub fn from_options(options: &[&str]) -> Result<Serving, String> {
        let mut serving = Serving { port: PORT, exit_when_ready: false };
        let mut options = options.iter();
        while let Some(&option) = options.next() {
            match option {
                "--exit-when-ready" => serving.exit_when_ready = true,
                "--port" => {
                    let port = options.next().and_then(|port| port.parse().ok());
                    serving.port = port
                        .filter(|&port| port > 0)
                        .ok_or("`--port` needs a number from 1 to 65535.")?;
                }
                other => return Err(format!("`dashboard` has no option `{other}`.")),
            }
        }
        Ok(serving)
    }
}

/// Builds the module and the page into dist/.
pub fn build(workshop: &mut Workshop) -> Result<(), String> {
    // Whoever lacks Node.js is told so before the long steps, not after them.
    require_node()?;
    web::build(workshop)?;
    install_packages(workshop)?;
    let mut vite = vite(&workshop.project.root);
    vite.arg("build");
    workshop.steps.run("Build the page (vite build)", &mut vite, minutes(5)).map(drop)
}

/// Installs the page's packages, unless those of this very package-lock.json are installed.
pub fn install_packages(workshop: &mut Workshop) -> Result<(), String> {
    let root = workshop.project.root.clone();
    install(workshop, &root, "Install the page's packages (npm ci)")
}

/// Installs what a folder's package-lock.json names, unless it is installed.
pub fn install(workshop: &mut Workshop, folder: &Path, name: &str) -> Result<(), String> {
    require_node()?;
    let path = folder.join("package-lock.json");
    let lock = std::fs::read(&path)
        .map_err(|error| format!("{} could not be read: {error}.", path.display()))?;
    // A copy of the lock file lies within what was installed by it, and is removed along with it.
    let stamp = folder.join("node_modules/.installed-package-lock.json");
    if std::fs::read(&stamp).is_ok_and(|installed| installed == lock) {
        return Ok(());
    }
    let mut npm = process::command("npm");
    npm.args(["ci", "--no-audit", "--no-fund"]).current_dir(folder);
    workshop.steps.run(name, &mut npm, minutes(10))?;
    std::fs::write(&stamp, lock)
        .map_err(|error| format!("{} cannot be written: {error}.", stamp.display()))
}

pub fn require_node() -> Result<(), String> {
    let (major, minor) = NODE_OLDEST;
    let wanted = format!("the page is built with Node.js {major}.{minor} or newer and its npm");
    let found = process::answer(process::command("node").arg("--version"))
        .ok_or_else(|| format!("`node` is not on PATH: {wanted}."))?;
    if node_version(&found).is_none_or(|version| version < NODE_OLDEST) {
        return Err(format!("`node` is {found}: {wanted}."));
    }
    match process::find_program("npm") {
        Some(_) => Ok(()),
        None => Err(format!("`npm` is not on PATH: {wanted}.")),
    }
}

/// The first two numbers of a version like `v20.20.2`.
fn node_version(text: &str) -> Option<(u32, u32)> {
    let mut numbers = text.strip_prefix('v')?.split('.');
    Some((numbers.next()?.parse().ok()?, numbers.next()?.parse().ok()?))
}

fn vite(root: &Path) -> Command {
    let mut command = process::command("node");
    command.arg("node_modules/vite/bin/vite.js").current_dir(root);
    command
}

/// Serves dist/ until Ctrl-C, and prints where once it answers as it must.
pub fn serve(workshop: &mut Workshop, serving: Serving) -> Result<(), String> {
    let port = http::free_port(serving.port)?;
    if port != serving.port {
        workshop.steps.note(&format!("Port {} is taken; {port} is used.", serving.port));
    }
    let name = "Serve the page (vite preview)";
    println!("> {name}");
    let began = Instant::now();
    let mut server = Server::start(workshop, port)?;
    let ready = server.wait_until_ready();
    workshop.steps.finish(name, began, ready.is_ok());
    ready?;
    workshop.steps.print_table();
    let stay = !serving.exit_when_ready;
    println!("\n{}", if stay { "The page is served until Ctrl-C is pressed:" } else { "Ready:" });
    println!("http://127.0.0.1:{port}/");
    if stay { server.wait() } else { Ok(()) }
}

/// The server of the page. It ends when this is dropped.
struct Server {
    child: Child,
    port: u16,
    log: std::path::PathBuf,
}

impl Server {
    fn start(workshop: &Workshop, port: u16) -> Result<Server, String> {
        let log = workshop.project.logs().join("vite-preview.log");
        let output = File::create(&log).and_then(|file| Ok((file.try_clone()?, file)));
        let (output, errors) =
            output.map_err(|error| format!("{} cannot be written: {error}.", log.display()))?;
        let mut vite = vite(&workshop.project.root);
        vite.args(["preview", "--host", "127.0.0.1", "--strictPort", "--port", &port.to_string()]);
        vite.stdout(Stdio::from(output)).stderr(Stdio::from(errors));
        let child = process::start(&mut vite)
            .map_err(|error| format!("`node` could not be started: {error}."))?;
        Ok(Server { child, port, log })
    }

    /// Waits until the page answers with the headers by which browsers share memory.
    fn wait_until_ready(&mut self) -> Result<(), String> {
        let began = Instant::now();
        loop {
            self.check_alive()?;
            match http::get(self.port, "/", Duration::from_secs(5)) {
                Ok(head) => return is_as_it_must_be(&head),
                Err(sentence) if began.elapsed() > READY_WITHIN => {
                    let seconds = READY_WITHIN.as_secs();
                    return Err(format!("{sentence}, in the {seconds} s it was given."));
                }
                Err(_) if process::was_interrupted() => return Err("Interrupted.".to_owned()),
                Err(_) => std::thread::sleep(Duration::from_millis(50)),
            }
        }
    }

    fn wait(&mut self) -> Result<(), String> {
        while !process::was_interrupted() {
            self.check_alive()?;
            std::thread::sleep(Duration::from_millis(100));
        }
        println!("\nEnded.");
        Ok(())
    }

    fn check_alive(&mut self) -> Result<(), String> {
        let Ok(Some(status)) = self.child.try_wait() else {
            return Ok(());
        };
        let printed = std::fs::read_to_string(&self.log).unwrap_or_default();
        let printed = output::indent(&output::last_lines(&printed, 20));
        Err(format!("The server of the page ended with {status}. It had printed:\n{printed}"))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        process::end_tree(&mut self.child);
    }
}

fn is_as_it_must_be(head: &http::Head) -> Result<(), String> {
    if head.status != 200 {
        return Err(format!("The page answered with status {} instead of 200.", head.status));
    }
    for (name, expected) in ISOLATION {
        if head.header(name) != Some(expected) {
            return Err(format!(
                "The page was answered with `{name}: {}`, and it must be `{expected}` for web \
                 workers to share memory. It is set in vite.config.js.",
                head.header(name).unwrap_or("")
            ));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_of_node_are_compared_as_numbers() {
        assert_eq!(node_version("v20.20.2"), Some((20, 20)));
        assert!(node_version("v20.9.0") < Some(NODE_OLDEST));
        assert!(node_version("v100.1.0") > Some(NODE_OLDEST));
        assert_eq!(node_version("20"), None);
    }

    #[test]
    fn options_of_the_dashboard() {
        let serving = |port, exit_when_ready| Ok(Serving { port, exit_when_ready });
        assert_eq!(Serving::from_options(&[]), serving(4173, false));
        let options = ["--exit-when-ready", "--port", "8080"];
        assert_eq!(Serving::from_options(&options), serving(8080, true));
        for options in [&["--port"][..], &["--port", "0"], &["--port", "65536"], &["--fast"]] {
            assert!(Serving::from_options(options).is_err(), "{options:?}");
        }
    }
}
