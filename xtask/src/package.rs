//! The npm package: its four modules, its code around them, and the tarball.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use crate::page;
use crate::process;
use crate::project::Project;
use crate::step::minutes;
use crate::tools;
use crate::web;
use crate::workshop::Workshop;

/// Whether a module shares its memory with others, and so is built by itself, standard library and all.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Threads {
    None,
    Shared,
}

/// One of the modules, as npm/build.mjs calls it.
struct Module {
    name: &'static str,
    threads: Threads,
    /// With scenarios and the router, or the ledger alone.
    laboratory: bool,
    /// How this crate's own code is optimized; that of others always for size.
    opt_level: &'static str,
}

const MODULES: [Module; 4] = [
    Module { name: "single", threads: Threads::None, laboratory: false, opt_level: "z" },
    Module { name: "laboratory_single", threads: Threads::None, laboratory: true, opt_level: "z" },
    Module { name: "threaded", threads: Threads::Shared, laboratory: false, opt_level: "3" },
    Module {
        name: "laboratory_threaded",
        threads: Threads::Shared,
        laboratory: true,
        opt_level: "z",
    },
];

/// What is got rid of for the sake of size: where in the source a panic was. Its sentence stays.
const DIET: &str = "-Zlocation-detail=none";

/// Makes the package, and measures it with `bench`.
pub fn package(bench: bool) -> Result<ExitCode, String> {
    let mut workshop = Workshop::open()?;
    let tarball = build(&mut workshop)?;
    if bench {
        measure(&mut workshop)?;
    }
    workshop.steps.print_table();
    println!("\nThe package is {}.", workshop.project.relative(&tarball));
    Ok(ExitCode::SUCCESS)
}

/// Builds the modules and the package around them, and packs it. The tarball.
pub fn build(workshop: &mut Workshop) -> Result<PathBuf, String> {
    page::require_node()?;
    let tests = workshop.project.root.join("npm/test");
    page::install(workshop, &tests, "Install what the package is built with (npm ci)")?;
    for module in &MODULES {
        build_module(workshop, module)?;
    }
    let (bound, out) = (bound(&workshop.project), folder(&workshop.project).join("package"));
    let mut node = process::command("node");
    node.arg("npm/build.mjs").arg(&bound).arg(&out).current_dir(&workshop.project.root);
    let sizes = workshop.steps.run("Make the package (npm/build.mjs)", &mut node, minutes(5))?;
    print!("{sizes}");
    pack(workshop, &out)
}

/// What is made here.
fn folder(project: &Project) -> PathBuf {
    project.root.join("target/npm")
}

/// What wasm-bindgen makes of each module.
fn bound(project: &Project) -> PathBuf {
    folder(project).join("bound")
}

fn build_module(workshop: &mut Workshop, module: &Module) -> Result<(), String> {
    let toolchain = workshop.toolchain()?;
    let tools = tools::wasm_bindgen(&workshop.project, &mut workshop.steps)?;
    let target = folder(&workshop.project).join(match module.threads {
        Threads::None => "single",
        Threads::Shared => "threaded",
    });
    let flags = match module.threads {
        Threads::None => DIET.to_owned(),
        Threads::Shared => format!("{DIET} {}", web::flags()),
    };
    let mut cargo = process::command("cargo");
    // As a cdylib alone: cargo does not optimize across crates for a library that is a Rust library as well.
    cargo.args(["rustc", "--lib", "--crate-type", "cdylib", "--profile", "npm"]);
    cargo.args(["--target", "wasm32-unknown-unknown"]);
    cargo.arg("--no-default-features");
    if module.laboratory {
        cargo.args(["--features", "laboratory"]);
    }
    toolchain.use_in(&mut cargo);
    cargo
        .current_dir(&workshop.project.root)
        .env("CARGO_UNSTABLE_BUILD_STD", "std,panic_abort")
        .env("CARGO_UNSTABLE_BUILD_STD_FEATURES", "optimize_for_size")
        .env("CARGO_PROFILE_NPM_OPT_LEVEL", module.opt_level)
        .env("CARGO_TARGET_DIR", &target)
        .env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUSTFLAGS", flags);
    let name = format!("Build the module {} (cargo)", module.name);
    let output = workshop.steps.run(&name, &mut cargo, minutes(30))?;
    if let [warning, ..] = &web::warnings(&output)[..] {
        return Err(format!("The module {} is built with warnings: {warning}", module.name));
    }
    let built = target.join(format!("wasm32-unknown-unknown/npm/{}.wasm", web::NAME));
    let mut bindgen = process::command(tools.join("wasm-bindgen"));
    bindgen.args(["--target", "web", "--no-typescript", "--out-name", web::NAME]);
    bindgen.args(["--remove-name-section", "--remove-producers-section", "--out-dir"]);
    bindgen.arg(bound(&workshop.project).join(module.name)).arg(built);
    let name = format!("Generate the glue of {} (wasm-bindgen)", module.name);
    workshop.steps.run(&name, &mut bindgen, minutes(5)).map(drop)
}

/// Packs the package as it would be published. There is one tarball, of this very package.
fn pack(workshop: &mut Workshop, package: &Path) -> Result<PathBuf, String> {
    let folder = folder(&workshop.project);
    for old in tarballs(&folder) {
        let _ = std::fs::remove_file(old);
    }
    let mut npm = process::command("npm");
    npm.args(["pack", "--pack-destination"]).arg(&folder).current_dir(package);
    workshop.steps.run("Pack it (npm pack)", &mut npm, minutes(2))?;
    match &tarballs(&folder)[..] {
        [tarball] => Ok(tarball.clone()),
        all => Err(format!("npm pack has left {} tarballs in target/npm, not 1.", all.len())),
    }
}

fn tarballs(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let paths = entries.map(|entry| entry.path());
    paths.filter(|path| path.extension().is_some_and(|extension| extension == "tgz")).collect()
}

/// Measures the package beside the same work done natively.
fn measure(workshop: &mut Workshop) -> Result<(), String> {
    let mut cargo = workshop.cargo();
    cargo.args(["bench", "--bench", "batch", "--no-run"]);
    workshop.steps.run("Build the native side of the bench", &mut cargo, minutes(30))?;
    let mut node = process::command("node");
    node.arg("npm/bench.mjs").current_dir(&workshop.project.root);
    let figures = workshop.steps.run("Measure it (npm/bench.mjs)", &mut node, minutes(10))?;
    print!("{figures}");
    Ok(())
}
