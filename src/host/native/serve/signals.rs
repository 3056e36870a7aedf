//! Signals that stop the server, and the one that makes it read its files again.

use std::io;

/// Receives SIGHUP, on Unix. As soon as it exists, SIGHUP does not end the process.
pub(super) struct Hangups {
    #[cfg(unix)]
    received: tokio::signal::unix::Signal,
}

impl Hangups {
    #[cfg(unix)]
    pub(super) fn new() -> io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Self { received: signal(SignalKind::hangup())? })
    }

    #[cfg(not(unix))]
    pub(super) fn new() -> io::Result<Self> {
        Ok(Self {})
    }

    /// Calls `action` for each signal, on a thread that may wait for files.
    #[cfg(unix)]
    pub(super) async fn each(mut self, action: impl Fn()) {
        while self.received.recv().await.is_some() {
            tokio::task::block_in_place(&action);
        }
    }

    #[cfg(not(unix))]
    pub(super) async fn each(self, _action: impl Fn()) {}
}

/// Receives signals. As soon as one of these exists, signals no longer end the process by
/// themselves.
pub(super) struct Signals {
    #[cfg(unix)]
    interrupted: tokio::signal::unix::Signal,
    #[cfg(unix)]
    terminated: tokio::signal::unix::Signal,
    /// Received so that it does not end the process: a write beyond the limit on the size of a file
    /// (`ulimit -f`) fails then, as one on a full disk does.
    #[cfg(unix)]
    _file_too_large: tokio::signal::unix::Signal,
}

impl Signals {
    /// Starts to receive Ctrl-C and, on Unix, SIGTERM.
    #[cfg(unix)]
    pub(super) fn new() -> io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        let interrupted = signal(SignalKind::interrupt())?;
        let file_too_large = SignalKind::from_raw(rustix::process::Signal::XFSZ.as_raw());
        Ok(Self {
            interrupted,
            terminated: signal(SignalKind::terminate())?,
            _file_too_large: signal(file_too_large)?,
        })
    }

    #[cfg(not(unix))]
    pub(super) fn new() -> io::Result<Self> {
        Ok(Self {})
    }

    #[cfg(unix)]
    async fn next(&mut self) {
        tokio::select! {
            _ = self.interrupted.recv() => {}
            _ = self.terminated.recv() => {}
        }
    }

    #[cfg(not(unix))]
    async fn next(&mut self) {
        let _ = tokio::signal::ctrl_c().await;
    }

    /// Waits for the first signal. From then on, a second signal ends the process.
    pub(super) async fn stop_requested(mut self) {
        self.next().await;
        tokio::spawn(async move {
            self.next().await;
            std::process::exit(130);
        });
    }
}
