//! The log: lines on standard error that no request waits for.
//!
//! A thread of its own writes them. Where standard error is slow, stalled or closed, lines are dropped
//! and counted, and the server goes on.

use std::io::{self, IsTerminal};
use std::panic;

use clap::ValueEnum;
use tracing_appender::non_blocking::{ErrorCounter, NonBlockingBuilder, WorkerGuard};

/// The maximum number of lines that wait to be written.
const LINES_MAX: usize = 8_192;

/// The format of the log.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(super) enum LogFormat {
    /// A line for people
    Text,
    /// A JSON object for each line
    Json,
}

/// The running log. It writes the remaining lines when it is dropped, for at most a second.
pub(super) struct Log {
    _guard: WorkerGuard,
    dropped: ErrorCounter,
}

impl Log {
    /// Starts the log of this process.
    pub(super) fn start(format: LogFormat, level: tracing::Level) -> Self {
        let writer = NonBlockingBuilder::default().lossy(true).buffered_lines_limit(LINES_MAX);
        let (writer, guard) = writer.thread_name("log").finish(io::stderr());
        let dropped = writer.error_counter();
        let log = tracing_subscriber::fmt().with_writer(writer).with_max_level(level);
        match format {
            LogFormat::Text => log.with_ansi(io::stderr().is_terminal()).init(),
            LogFormat::Json => log.json().init(),
        }
        // The default hook would wait for standard error.
        panic::set_hook(Box::new(|info| tracing::error!(%info, "a request panicked")));
        Self { _guard: guard, dropped }
    }

    /// Counts the lines that are dropped.
    pub(super) fn counter(&self) -> ErrorCounter {
        self.dropped.clone()
    }

    /// The number of lines that were dropped.
    pub(super) fn dropped_lines(&self) -> usize {
        self.dropped.dropped_lines()
    }
}
