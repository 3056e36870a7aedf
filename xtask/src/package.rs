//! The npm package: its four modules, the JavaScript around them, and the tarball.

use std::path::{Path, PathBuf};

use anyhow::{Result, bail, ensure};
use xshell::cmd;

use crate::context::Context;
use crate::page;
use crate::step::minutes;
use crate::tools;
use crate::web;

/// A module of the package, as npm/build.mjs calls it.
struct Module {
    name: &'static str,
    /// Whether its memory is shared.
    threaded: bool,
    /// Whether it has scenarios and the router, in addition to the ledger.
    laboratory: bool,
    /// How this crate's code is optimized; its dependencies are always optimized for size.
    opt_level: &'static str,
    /// LLVM's inlining threshold, where another one than its default gives a smaller module. Many small
    /// functions of the ledger are smaller inlined than called; the laboratory is smaller with calls.
    inlining: Option<&'static str>,
}

const MODULES: [Module; 4] = [
    Module {
        name: "single",
        threaded: false,
        laboratory: false,
        opt_level: "z",
        inlining: Some("40"),
    },
    Module {
        name: "laboratory_single",
        threaded: false,
        laboratory: true,
        opt_level: "z",
        inlining: None,
    },
    Module { name: "threaded", threaded: true, laboratory: false, opt_level: "3", inlining: None },
    Module {
        name: "laboratory_threaded",
        threaded: true,
        laboratory: true,
        opt_level: "z",
        inlining: None,
    },
];

/// Omits the source location from panics to reduce the size. The panic message is kept.
const SIZE_FLAGS: &str = "-Zlocation-detail=none";
/// Where wasm-bindgen writes the modules.
const BOUND: &str = "target/npm/bound";
const PACKAGE: &str = "target/npm/package";

/// Builds the package. If `bench` is set, measures it too.
pub fn package(cx: &mut Context, bench: bool) -> Result<()> {
    let tarball = build(cx)?;
    if bench {
        measure(cx)?;
    }
    cx.steps.print_table();
    println!("\nThe package is {}.", cx.relative(&tarball));
    Ok(())
}

/// Builds the modules and the package, and packs it. Returns the tarball.
pub fn build(cx: &mut Context) -> Result<PathBuf> {
    page::require_node(cx)?;
    let tests = cx.root.join("npm/test");
    page::install(cx, &tests, "Install the package's build tools (npm ci)")?;
    for module in &MODULES {
        build_module(cx, module)?;
    }
    let node = cmd!(cx.sh, "node npm/build.mjs {BOUND} {PACKAGE}");
    let sizes = cx.steps.run("Build the package (npm/build.mjs)", node, minutes(5))?;
    print!("{sizes}");
    pack(cx)
}

fn build_module(cx: &mut Context, module: &Module) -> Result<()> {
    let (toolchain, tools) = (cx.toolchain()?, tools::wasm_bindgen(cx)?);
    let Module { name, threaded, laboratory, opt_level, inlining } = module;
    let target = cx.root.join("target/npm").join(if *threaded { "threaded" } else { "single" });
    let thread_flags = if *threaded { web::flags() } else { String::new() };
    // As a cdylib alone: cargo does not optimize across crates for one that is also a Rust library.
    let mut cargo = web::toolchain_cargo(
        cx,
        "rustc --lib --crate-type cdylib --profile npm --target wasm32-unknown-unknown
         --no-default-features",
    );
    if *laboratory {
        cargo.args(["--features", "http"]);
    } else if *threaded {
        // The committer of a store runs beside the calls, so it needs threads.
        cargo.args(["--features", "store"]);
    }
    if let Some(threshold) = inlining {
        cargo.args(["--", &format!("-Cllvm-args=--inline-threshold={threshold}")]);
    }
    toolchain.configure(&mut cargo);
    cargo
        .env("CARGO_UNSTABLE_BUILD_STD", "std,panic_abort")
        .env("CARGO_UNSTABLE_BUILD_STD_FEATURES", "optimize_for_size")
        .env("CARGO_PROFILE_NPM_OPT_LEVEL", opt_level)
        .env("CARGO_TARGET_DIR", &target)
        .env(
            "CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUSTFLAGS",
            format!("{SIZE_FLAGS} {thread_flags}").trim_end(),
        );
    let output = cx.steps.run(&format!("Build the module {name} (cargo)"), cargo, minutes(30))?;
    if let Some(warning) = web::warnings(&output).first() {
        bail!("The module {name} has warnings: {warning}");
    }
    let (program, module) = (tools.join("wasm-bindgen"), web::NAME);
    let built = target.join(format!("wasm32-unknown-unknown/npm/{module}.wasm"));
    let bindgen = cmd!(
        cx.sh,
        "{program} --target web --no-typescript --out-name {module} --remove-name-section
         --remove-producers-section --out-dir {BOUND}/{name} {built}"
    );
    let name = format!("Generate the JavaScript of {name} (wasm-bindgen)");
    cx.steps.run(&name, bindgen, minutes(5)).map(drop)
}

/// Packs the package as it would be published, and removes older tarballs.
fn pack(cx: &mut Context) -> Result<PathBuf> {
    let folder = cx.root.join("target/npm");
    for old in tarballs(&folder) {
        let _ = std::fs::remove_file(old);
    }
    let npm = cmd!(cx.sh, "npm pack ./{PACKAGE} --pack-destination {folder}");
    cx.steps.run("Pack it (npm pack)", npm, minutes(2))?;
    let all = tarballs(&folder);
    ensure!(all.len() == 1, "npm pack left {} tarballs in target/npm, not 1.", all.len());
    Ok(all[0].clone())
}

fn tarballs(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let paths = entries.map(|entry| entry.path());
    paths.filter(|path| path.extension().is_some_and(|extension| extension == "tgz")).collect()
}

/// Measures the package and the same work done natively.
fn measure(cx: &mut Context) -> Result<()> {
    let cargo = cx.cargo("bench --bench batch --no-run");
    cx.steps.run("Build the native side of the benchmark", cargo, minutes(30))?;
    let node = cmd!(cx.sh, "node npm/bench.mjs");
    let figures = cx.steps.run("Measure (npm/bench.mjs)", node, minutes(10))?;
    print!("{figures}");
    Ok(())
}
