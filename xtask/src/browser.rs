//! The browser of the tests, and the driver through which wasm-pack steers it.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::apt;
use crate::json::Json;
use crate::process;
use crate::project::Project;
use crate::step::Steps;

const CHROMIUM_NAMES: [&str; 4] =
    ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];
const PACKAGES: [&str; 2] = ["chromium", "chromium-driver"];

pub struct Browser {
    pub chromium: PathBuf,
}

pub struct Driver {
    pub chromedriver: PathBuf,
}

impl Browser {
    /// Finds chromium, or installs it where apt can.
    pub fn find_or_get(steps: &mut Steps) -> Result<Browser, String> {
        let chromium = find_or_get(steps, "LEDGERLAB_CHROMIUM", "chromium", &CHROMIUM_NAMES)?;
        Ok(Browser { chromium })
    }

    /// Tells a command's tests which browser to use.
    pub fn use_in(&self, command: &mut Command) {
        command.env("LEDGERLAB_CHROMIUM", &self.chromium);
    }
}

impl Driver {
    /// Finds chromedriver, or installs it where apt can.
    pub fn find_or_get(steps: &mut Steps) -> Result<Driver, String> {
        let chromedriver = find_or_get(steps, "CHROMEDRIVER", "chromedriver", &["chromedriver"])?;
        Ok(Driver { chromedriver })
    }

    /// Tells wasm-bindgen's runner which driver and, through it, which browser to use. The runner
    /// itself adds that there is no screen and no sandbox, which chromium refuses to root.
    pub fn use_in(
        &self,
        command: &mut Command,
        browser: &Browser,
        project: &Project,
    ) -> Result<(), String> {
        let path = project.logs().join("webdriver.json");
        let written = std::fs::create_dir_all(project.logs())
            .and_then(|()| std::fs::write(&path, capabilities(&browser.chromium)));
        written.map_err(|error| format!("{} cannot be written: {error}.", path.display()))?;
        browser.use_in(command);
        command.env("CHROMEDRIVER", &self.chromedriver);
        command.env("WASM_BINDGEN_TEST_WEBDRIVER_JSON", path);
        Ok(())
    }
}

/// A program that the environment names, or that is on PATH, or that Debian's packages bring.
fn find_or_get(
    steps: &mut Steps,
    variable: &str,
    title: &str,
    names: &[&str],
) -> Result<PathBuf, String> {
    if let Some(path) = std::env::var_os(variable).map(PathBuf::from) {
        if path.is_file() {
            return Ok(path);
        }
        return Err(format!("{variable} names {}, which is not a file.", path.display()));
    }
    let find = || names.iter().find_map(|name| process::find_program(name));
    if let Some(path) = find() {
        return Ok(path);
    }
    let reason = match apt::install(steps, &PACKAGES) {
        Ok(()) => "its package brings no such program".to_owned(),
        Err(reason) => reason,
    };
    find().ok_or_else(|| {
        format!(
            "The tests in a browser need {title}, which is not on PATH and could not be \
             installed: {reason}. `{}` brings it on Debian; elsewhere install it and name it in \
             the environment, as {variable}=/path/to/{title}.",
            apt::install_line(&PACKAGES),
        )
    })
}

/// What the driver is asked to start.
fn capabilities(chromium: &Path) -> String {
    let binary = Json::text(chromium.to_string_lossy());
    let argument = Json::text("disable-background-networking");
    format!("{{\"goog:chromeOptions\":{{\"binary\":{binary},\"args\":[{argument}]}}}}\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn capabilities_name_the_browser_whatever_its_path_looks_like() {
        let text = capabilities(Path::new("/opt/a \"b\"\\c/chrome"));
        assert!(text.contains(r#""binary":"/opt/a \"b\"\\c/chrome""#), "{text}");
    }
}
