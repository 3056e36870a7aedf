//! Reads that can take long: queries, pages of the trail, snapshots and verification.
//!
//! They do not run on the threads that handle requests, if the host has others: its [`ReadHost`]. The number of reads that run
//! and wait is limited, for all users and for each, and known before a read begins. A read is cancelled when the client has
//! gone or the time limit of the request has passed: both drop the future of the response, or its body.

use std::fmt;
use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, ready};

use axum::body::{Body, Bytes};
use axum::http::StatusCode;
use event_listener::Event;
use futures_core::Stream;

use super::problem::Problem;
use super::read_host::lock;
use crate::api::service::Service;
use crate::api::users::Role;
use crate::ledger::{Cancellation, Interrupted};
use crate::sync::{AtomicU64, Ordering};

/// The time after which a refused read may be tried again.
const RETRY_AFTER_NS: u64 = 1_000_000_000;

/// A user's share of the reads of all users: one in this many.
const USER_SHARE: usize = 4;

/// The right to one read, until it is dropped.
pub(crate) struct ReadPermit {
    service: Arc<Service>,
    user: String,
    is_whole: bool,
    /// Not 0 once nobody waits for the result.
    cancelled: AtomicU64,
}

impl fmt::Debug for ReadPermit {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "ReadPermit({:?})", self.user)
    }
}

impl Drop for ReadPermit {
    fn drop(&mut self) {
        let mut active = lock(&self.service.reads().active);
        active.all -= 1;
        active.has_whole &= !self.is_whole;
        if let Some(count) = active.by_user.get_mut(&self.user) {
            *count -= 1;
            if *count == 0 {
                active.by_user.remove(&self.user);
            }
        }
    }
}

/// Cancels a read when it is dropped.
pub(super) struct ReadGuard(Arc<ReadPermit>);

impl Drop for ReadGuard {
    fn drop(&mut self) {
        self.0.cancelled.store(1, Ordering::Relaxed);
    }
}

/// What a read needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Extent {
    /// Memory for its response.
    Part,
    /// Memory for all accounts, so there is one such read at a time.
    Whole,
}

/// Admits a read of a user, until what it returns is dropped.
///
/// # Errors
/// The problem of a limit that the read would exceed.
pub(super) fn admit(
    service: &Arc<Service>,
    user: &str,
    extent: Extent,
) -> Result<ReadGuard, Problem> {
    let is_whole = extent == Extent::Whole;
    let reads = service.reads();
    let reads_max = reads.host.get().map_or(usize::MAX, |host| host.reads_max());
    let user_max = (reads_max / USER_SHARE).max(1);
    let users = service.users();
    let role = users.position(user).map_or(Role::User, |position| users.all()[position].role);
    let mut active = lock(&reads.active);
    if active.all as u64 >= role.part_of(reads_max as u64) {
        let detail = format!(
            "the server has reached its limit of {reads_max} long reads at the same time; try again"
        );
        return Err(busy(StatusCode::SERVICE_UNAVAILABLE, "too_many_reads", detail));
    }
    if active.by_user.get(user).is_some_and(|count| *count >= user_max) {
        let detail = format!(
            "this user has reached the limit of {user_max} long reads at the same time; try again"
        );
        return Err(busy(StatusCode::TOO_MANY_REQUESTS, "too_many_reads_of_user", detail));
    }
    if is_whole && active.has_whole {
        let detail =
            "a snapshot or a verification is in progress, and only one can be at a time; try again";
        return Err(busy(StatusCode::SERVICE_UNAVAILABLE, "whole_read_in_progress", detail));
    }
    active.all += 1;
    active.has_whole |= is_whole;
    *active.by_user.entry(user.to_owned()).or_default() += 1;
    let cancelled = AtomicU64::new(0);
    let (service, user) = (Arc::clone(service), user.to_owned());
    Ok(ReadGuard(Arc::new(ReadPermit { service, user, is_whole, cancelled })))
}

/// Returns the problem of a read beyond a limit that will soon have room again.
pub(super) fn busy(status: StatusCode, code: &'static str, detail: impl Into<String>) -> Problem {
    Problem::new(status, code, detail).retry_after_ns(RETRY_AFTER_NS)
}

impl From<Interrupted> for Problem {
    fn from(interrupted: Interrupted) -> Self {
        let detail = format!("the read did not end: {interrupted}");
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "read_interrupted", detail)
    }
}

/// A read that can take long.
type Read<T> = Box<dyn FnOnce(&Service, &Cancellation<'_>) -> Result<T, Problem> + Send>;

/// Executes a read that can take long.
///
/// # Errors
/// The problem of the read, or of a limit that it would exceed.
pub(super) async fn read<T: Send + 'static>(
    service: &Arc<Service>,
    user: &str,
    extent: Extent,
    read: Read<T>,
) -> Result<T, Problem> {
    let guard = admit(service, user, extent)?;
    execute(Arc::clone(&guard.0), read).await
}

/// A body in pages, each read when the client has taken the one before.
pub(super) trait Pages: Send {
    /// Reads the next page; `None` is the end.
    fn next_page(
        &mut self,
        service: &Service,
        cancellation: &Cancellation<'_>,
    ) -> Result<Option<Vec<u8>>, Problem>;
}

/// Returns a body of pages. The first one has been read, so the time limit of the request includes it.
///
/// # Errors
/// As [`read`].
pub(super) async fn read_pages(
    service: &Arc<Service>,
    user: &str,
    extent: Extent,
    pages: Box<dyn Pages>,
) -> Result<Body, Problem> {
    let guard = admit(service, user, extent)?;
    let (pages, first) = page(Arc::clone(&guard.0), pages).await?;
    let next = PageState::Read(first.map(|first| (pages, first)));
    Ok(Body::from_stream(PageStream { guard, next }))
}

type Page = (Box<dyn Pages>, Option<Vec<u8>>);

async fn page(permit: Arc<ReadPermit>, mut pages: Box<dyn Pages>) -> Result<Page, Problem> {
    let read = move |service: &Service, cancellation: &Cancellation<'_>| {
        let text = pages.next_page(service, cancellation)?;
        Ok((pages, text))
    };
    let service = Arc::clone(&permit.service);
    let page = execute(permit, Box::new(read)).await?;
    // The head of the response was sent long ago, and what was read since must be on the disk as well.
    service.until_synced().await?;
    Ok(page)
}

/// A stream of pages. It cancels the page that is being read when it is dropped.
struct PageStream {
    guard: ReadGuard,
    next: PageState,
}

enum PageState {
    /// A page that was read, and those after it; `None` at the end.
    Read(Option<(Box<dyn Pages>, Vec<u8>)>),
    /// A page that is being read.
    Reading(Pin<Box<dyn Future<Output = Result<Page, Problem>> + Send>>),
}

impl Stream for PageStream {
    type Item = io::Result<Bytes>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let next = match &mut self.next {
            PageState::Read(read) => read.take(),
            PageState::Reading(reading) => match ready!(reading.as_mut().poll(context)) {
                Ok((pages, text)) => text.map(|text| (pages, text)),
                Err(problem) => {
                    self.next = PageState::Read(None);
                    // The connection is closed, so that the client notices that the body is incomplete.
                    return Poll::Ready(Some(Err(io::Error::other(problem.detail().to_owned()))));
                }
            },
        };
        let Some((pages, text)) = next else {
            self.next = PageState::Read(None);
            return Poll::Ready(None);
        };
        let permit = Arc::clone(&self.guard.0);
        self.next = PageState::Reading(Box::pin(page(permit, pages)));
        Poll::Ready(Some(Ok(text.into())))
    }
}

/// The result of a task, once it has ended.
struct TaskResult<T> {
    /// `Some(None)` if the task ended without a result, because it panicked or was dropped.
    result: Mutex<Option<Option<T>>>,
    ended: Event,
}

/// Ends a task when it is dropped.
struct TaskEnd<T>(Arc<TaskResult<T>>);

impl<T> Drop for TaskEnd<T> {
    fn drop(&mut self) {
        lock(&self.0.result).get_or_insert(None);
        self.0.ended.notify(usize::MAX);
    }
}

/// Executes one task of a read, on the host's threads if it has some.
async fn execute<T: Send + 'static>(permit: Arc<ReadPermit>, read: Read<T>) -> Result<T, Problem> {
    let shared = Arc::new(TaskResult { result: Mutex::new(None), ended: Event::new() });
    let end = TaskEnd(Arc::clone(&shared));
    let (service, user) = (Arc::clone(&permit.service), permit.user.clone());
    let task = Box::new(move || {
        let cancellation = Cancellation::never().with_flag(&permit.cancelled);
        if !cancellation.is_cancelled() {
            let result = read(&permit.service, &cancellation);
            *lock(&end.0.result) = Some(Some(result));
        }
        drop(permit);
        drop(end);
    });
    service.reads().execute(&user, task);
    loop {
        let ended = shared.ended.listen();
        if let Some(result) = lock(&shared.result).take() {
            return result.unwrap_or_else(|| Err(failed()));
        }
        ended.await;
    }
}

/// Returns the problem of a read that panicked. The panic was logged.
fn failed() -> Problem {
    let detail = "the server failed to read; see the server's log";
    Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", detail)
}
