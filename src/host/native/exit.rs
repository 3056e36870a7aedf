//! Exit codes, and the line on standard error that explains one.

use std::fmt::Display;
use std::process::ExitCode;

/// The exit code for invalid input, as the shell's own tools use it.
const INVALID_INPUT: u8 = 2;

/// Prints that the input is invalid. Returns exit code 2.
pub(super) fn invalid_input(message: impl Display) -> ExitCode {
    eprintln!("ledgerlab: {message}");
    ExitCode::from(INVALID_INPUT)
}

/// Prints that something failed. Returns exit code 1.
pub(super) fn failure(message: impl Display) -> ExitCode {
    eprintln!("ledgerlab: {message}");
    ExitCode::FAILURE
}
