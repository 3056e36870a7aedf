//! Fuzzing with libFuzzer, by cargo-fuzz: any input must end in a result or in an error with a sentence.
//!
//! The targets are safe Rust, so they run without a sanitizer. That needs no nightly compiler.

use std::process::Command;
use std::time::Duration;

use anyhow::{Context as _, Result};

use crate::context::Context;
use crate::step::minutes;
use crate::tools;

/// The targets.
pub const TARGETS: [&str; 2] = ["store", "apply"];

/// Seconds for one input, and MiB of memory.
const LIMITS: [&str; 3] = ["-timeout=20", "-rss_limit_mb=1024", "-print_final_stats=1"];

/// Fuzzes a target, and prints how many inputs were tried. Fails on the first one that ends in a panic, takes too long or
/// takes too much memory; the input is in `fuzz/artifacts/` then.
pub fn fuzz(cx: &mut Context, target: &str, count: u64) -> Result<()> {
    let program = tools::fuzz(cx)?;
    let cargo_fuzz = |action: &str| {
        let mut command = Command::new(&program);
        command.args(["fuzz", action, "--sanitizer", "none"]);
        if target == "store" {
            // The command line takes minutes to build, and is not needed.
            command.arg("--no-default-features");
        }
        command.arg(target).current_dir(&cx.root);
        command
    };
    let corpus = cx.root.join("fuzz/corpus").join(target);
    fs_err::create_dir_all(&corpus)?;
    let mut run = cargo_fuzz("run");
    run.arg(&corpus);
    match target {
        "store" => {
            let seeds = cx.root.join("fuzz/corpus/store-seeds");
            let mut write = cargo_fuzz("run");
            write.env("LEDGERLAB_WRITE_SEEDS", &seeds);
            cx.steps.run(
                "Build the target, and write inputs of real ledgers",
                write,
                minutes(30),
            )?;
            run.arg(seeds).args(["--", "-max_len=32768"]);
        }
        _ => {
            run.args(["fuzz/seeds", "--", "-dict=fuzz/apply.dict", "-max_len=4096"]);
        }
    }
    run.args(LIMITS).arg(format!("-max_total_time={}", 60 * count));
    let limit = minutes(count + 30) + Duration::from_secs(60);
    let output = cx.steps.run(&format!("Fuzz {target} for {count} minutes"), run, limit)?;
    cx.steps.print_table();
    let tried = executed(&output).context("libFuzzer printed no number of inputs")?;
    println!(
        "\n{tried} inputs of the target {target} ended in a result or in an error with a sentence."
    );
    Ok(())
}

/// Returns the number of inputs that libFuzzer has tried.
fn executed(output: &str) -> Option<u64> {
    let line = output.lines().find_map(|line| line.strip_prefix("stat::number_of_executed_units:"));
    line?.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn number_of_inputs_is_read_from_the_statistics() {
        let output = "Done 5 runs\nstat::number_of_executed_units: 1234567\nstat::slowest_unit_time_sec: 0\n";
        assert_eq!(executed(output), Some(1_234_567));
        assert_eq!(executed("Done 5 runs"), None);
    }
}
