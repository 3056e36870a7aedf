//! The end of a command: its exit code, and the message on standard error that explains it.

use std::fmt::Display;
use std::io;
use std::path::Path;
use std::process::ExitCode;

use super::output::note;

/// The exit code for invalid input, as the shell's own tools use it.
const INVALID_INPUT: u8 = 2;

/// Why a command ends early.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum CommandError {
    /// The input or an option is invalid: exit code 2.
    InvalidInput(String),
    /// A check failed or a run stopped: exit code 1.
    Failed(String),
}

/// The exit code of a command, or why it ends early.
pub(crate) type CommandResult = Result<ExitCode, CommandError>;

impl CommandError {
    pub(crate) fn invalid_input(message: impl Display) -> Self {
        Self::InvalidInput(message.to_string())
    }

    pub(crate) fn failed(message: impl Display) -> Self {
        Self::Failed(message.to_string())
    }

    /// Returns the same error with the name of the file that it concerns.
    pub(crate) fn in_file(self, file: &Path) -> Self {
        let file = file.display();
        match self {
            Self::InvalidInput(message) => Self::InvalidInput(format!("{file}: {message}")),
            Self::Failed(message) => Self::Failed(format!("{file}: {message}")),
        }
    }

    /// Prints the message and returns the exit code.
    pub(crate) fn report(&self) -> ExitCode {
        let (code, message) = match self {
            Self::InvalidInput(message) => (ExitCode::from(INVALID_INPUT), message),
            Self::Failed(message) => (ExitCode::FAILURE, message),
        };
        note(message);
        code
    }
}

/// The error of standard output. Errors of other files are converted where they occur.
impl From<io::Error> for CommandError {
    fn from(error: io::Error) -> Self {
        Self::Failed(format!("standard output cannot be written: {error}"))
    }
}
