//! The browser that the tests run in, and the driver that controls it.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Result;
use serde_json::json;

use crate::apt;
use crate::context::Context;

/// The variable that names the browser, for xtask and for the tests that it starts.
pub const CHROMIUM_VARIABLE: &str = "LEDGERLAB_CHROMIUM";
const PACKAGES: [&str; 2] = ["chromium", "chromium-driver"];

/// Finds chromium, or installs it.
pub fn chromium(cx: &mut Context) -> Result<PathBuf> {
    let names = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];
    apt::program(&cx.sh, &mut cx.steps, CHROMIUM_VARIABLE, &names, &PACKAGES)
}

/// Finds chromedriver, or installs it.
pub fn chromedriver(cx: &mut Context) -> Result<PathBuf> {
    apt::program(&cx.sh, &mut cx.steps, "CHROMEDRIVER", &["chromedriver"], &PACKAGES)
}

/// Tells wasm-bindgen's test runner which driver and browser to use. The runner itself adds the
/// flags for no screen and no sandbox.
pub fn configure(cx: &mut Context, command: &mut Command) -> Result<()> {
    let (chromium, driver) = (chromium(cx)?, chromedriver(cx)?);
    let path = cx.root.join("target/xtask/webdriver.json");
    cx.sh.write_file(&path, capabilities(&chromium))?;
    command.env(CHROMIUM_VARIABLE, chromium).env("CHROMEDRIVER", driver);
    command.env("WASM_BINDGEN_TEST_WEBDRIVER_JSON", path);
    Ok(())
}

fn capabilities(chromium: &Path) -> String {
    let options = json!({ "binary": chromium, "args": ["disable-background-networking"] });
    json!({ "goog:chromeOptions": options }).to_string()
}
