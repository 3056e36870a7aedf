//! A connection's socket, closed when its client does not take what is written.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Instant, Sleep, sleep};

use super::connections::{Connection, Connections};

/// The bytes that must be transferred in a period in which the server waits for a client.
pub(super) const STALL_BYTES: usize = 4 << 10;

/// Measures whether a client that the server waits for makes progress.
#[derive(Debug)]
pub(super) struct StallTimer {
    limit: Duration,
    /// Set while the server waits.
    end: Option<Pin<Box<Sleep>>>,
    bytes: usize,
}

impl StallTimer {
    pub(super) fn new(limit: Duration) -> Self {
        Self { limit, end: None, bytes: 0 }
    }

    /// Records bytes that were transferred.
    pub(super) fn record(&mut self, bytes: usize) {
        self.bytes += bytes;
    }

    /// Records that the server waits for nothing.
    pub(super) fn stop(&mut self) {
        self.end = None;
    }

    /// Returns whether the client was too slow while the server waits. Otherwise the task is woken
    /// when the period ends.
    pub(super) fn is_stalled(&mut self, context: &mut Context<'_>) -> bool {
        let Self { limit, end, bytes } = self;
        let end = end.get_or_insert_with(|| {
            *bytes = 0;
            Box::pin(sleep(*limit))
        });
        while end.as_mut().poll(context).is_ready() {
            if *bytes < STALL_BYTES {
                return true;
            }
            *bytes = 0;
            end.as_mut().reset(Instant::now() + *limit);
        }
        false
    }
}

/// A stream with a limit on the time in which its client takes what is written.
#[derive(Debug)]
pub(super) struct TimedStream<S> {
    stream: S,
    timer: StallTimer,
    connection: Arc<Connection>,
    connections: Arc<Connections>,
}

impl<S> TimedStream<S> {
    pub(super) fn new(
        stream: S,
        limit: Duration,
        connection: Arc<Connection>,
        connections: Arc<Connections>,
    ) -> Self {
        Self { stream, timer: StallTimer::new(limit), connection, connections }
    }
}

impl<S> TimedStream<S> {
    /// Records the outcome of writing up to this many bytes.
    fn record(
        &mut self,
        context: &mut Context<'_>,
        bytes: usize,
        outcome: Poll<io::Result<usize>>,
    ) -> Poll<io::Result<usize>> {
        match outcome {
            Poll::Ready(Ok(written)) => {
                self.connections.record_progress(&self.connection);
                self.timer.record(written);
                if written == bytes {
                    self.timer.stop();
                }
                Poll::Ready(Ok(written))
            }
            Poll::Pending if self.timer.is_stalled(context) => Poll::Ready(Err(io::Error::new(
                io::ErrorKind::TimedOut,
                "the client does not read",
            ))),
            other => other,
        }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for TimedStream<S> {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_read(context, buffer)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for TimedStream<S> {
    fn poll_write(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &[u8],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        let outcome = Pin::new(&mut this.stream).poll_write(context, buffer);
        this.record(context, buffer.len(), outcome)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffers: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        let bytes = buffers.iter().map(|buffer| buffer.len()).sum();
        let outcome = Pin::new(&mut this.stream).poll_write_vectored(context, buffers);
        this.record(context, bytes, outcome)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_flush(context)
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_shutdown(context)
    }
}
