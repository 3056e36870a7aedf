//! The reason why a file is not verified.

use std::process::ExitCode;

use crate::host::native::exit;

/// The reason why a file is not verified.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum VerifyError {
    /// The file cannot be read, or has another format.
    Unreadable(String),
    /// The content of the file is wrong.
    Content(String),
}

impl VerifyError {
    /// Prints the reason. Returns the exit code.
    pub(super) fn report(&self, file: &str) -> ExitCode {
        match self {
            Self::Unreadable(why) => exit::invalid_input(format_args!("{file}: {why}")),
            Self::Content(why) => exit::failure(format_args!("{file}: {why}")),
        }
    }
}
