//! The change feed: every transfer in the order of timestamps, to be continued from any of them.
//!
//! # No gaps
//! The embedded ledger's writers have clocks of their own, so a transfer can be published after one with a later timestamp. A page
//! therefore ends at a moment that all writers have passed ([`Service::settle`]): nothing up to there is still to come. A cluster has
//! one order, so its last transfer is such a moment.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, StatusCode, Uri, header};
use axum::response::sse::{Event, Sse};
use axum::response::{IntoResponse, Response};
use futures_core::Stream;
use utoipa::ToSchema;

use super::caller::{Caller, Reader, forbidden};
use crate::api::http::extract::{check_names, shown};
use crate::api::http::openapi::{QueryProblems, ReadProblem, RoleProblems};
use crate::api::http::problem::Problem;
use crate::api::http::query::QueryParameters;
use crate::api::http::read_host::lock;
use crate::api::http::reads::{self, Extent};
use crate::api::service::Service;
use crate::api::users::User;
#[cfg(not(target_family = "wasm"))]
use crate::engine::Query;
use crate::ledger::Cancellation;
use crate::model::{Period, QueryFilter, QueryFilterFlags, RESULTS_MAX, TIMESTAMP_MAX, Transfer};
use crate::wire::{Natural, TransferRow};

/// The media type of server-sent events.
const EVENT_STREAM: &str = "text/event-stream";

/// The time between two questions for new transfers, while there are none.
#[cfg(not(target_family = "wasm"))]
const PERIOD: std::time::Duration = std::time::Duration::from_millis(200);

/// The maximum number of open feeds of a user.
const FEEDS_MAX: usize = 16;

/// A server-sent event of the feed.
#[derive(ToSchema)]
#[expect(dead_code, reason = "`ChangeEvents` writes what it describes")]
struct ChangeEvent {
    /// The transfer's timestamp.
    id: String,
    /// `transfer`.
    event: String,
    /// The transfer in JSON.
    data: String,
}

/// Returns every transfer that was created, in the order of timestamps. For auditors and operators.
///
/// Continue with `after`, the timestamp of the last transfer that was processed: each is delivered at least once. As NDJSON, the
/// response ends with the last transfer; as server-sent events (`Accept: text/event-stream`), it waits for new ones. Posts and voids of
/// pending transfers are transfers. Not in the feed: rejected attempts, expiries, and transfers that are imported with
/// a timestamp before `after`.
#[utoipa::path(
    get,
    path = "/v1/changes",
    params(
        ("after" = inline(Option<Natural<64>>), Query, description = "Only transfers with a later timestamp; all without it."),
        ("limit" = inline(Option<Natural<64>>), Query, description = "The maximum number of transfers."),
        ("Last-Event-ID" = inline(Option<String>), Header, description = "The same as `after`, which `EventSource` sends when it reconnects."),
    ),
    responses(
        (status = 200, description = "The transfers; each line, and the data of each event, is one. The schema of events is that of one.", content(
            (String = "application/x-ndjson"),
            (ChangeEvent = "text/event-stream"),
        )),
        RoleProblems,
        QueryProblems,
        ReadProblem,
    ),
)]
pub(super) async fn changes(
    Reader(caller): Reader,
    uri: Uri,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let parameters = QueryParameters::read(&uri)?;
    check_names(&parameters, &["after", "limit"])?;
    let last_event = headers.get("last-event-id").and_then(|id| id.to_str().ok());
    let after = match (parameters.get("after"), last_event) {
        (_, Some(id)) => number("Last-Event-ID", id)?,
        (Some(text), None) => number("after", text)?,
        (None, None) => 0,
    };
    if after > TIMESTAMP_MAX {
        let detail = format!("after must be at most {TIMESTAMP_MAX}, not {after}");
        return Err(Problem::bad_filter(detail).about("after"));
    }
    let left = parameters.get("limit").map_or(Ok(u64::MAX), |text| number("limit", text))?;
    let permit = FeedPermit::new(&caller)?;
    let mut feed = Feed { caller, after, left, headers: headers.clone(), _permit: permit };
    // The first page, so that a problem is the response.
    let first = feed.page().await?;
    let accept = headers.get(header::ACCEPT).and_then(|accept| accept.to_str().ok());
    if accept.is_some_and(|accept| accept.contains(EVENT_STREAM)) {
        let pages =
            Pages { waits: true, state: PageState::Ready(Some(Box::new(feed)), first.into()) };
        let events = Sse::new(ChangeEvents { pages, unsent: VecDeque::new() });
        #[cfg(not(target_family = "wasm"))]
        let events = events.keep_alive(axum::response::sse::KeepAlive::default());
        return Ok(([(header::CACHE_CONTROL, "no-store")], events).into_response());
    }
    let pages = Pages { waits: false, state: PageState::Ready(Some(Box::new(feed)), first.into()) };
    let body = Body::from_stream(ChangeLines(pages));
    Ok(([(header::CONTENT_TYPE, "application/x-ndjson")], body).into_response())
}

fn number(name: &str, text: &str) -> Result<u64, Problem> {
    let is_digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|_| is_digits).ok_or_else(|| {
        let detail = format!("{name} must be a whole number, 0 to 2^64 - 1, not {}", shown(text));
        Problem::bad_filter(detail).about(name)
    })
}

/// The rest of a feed.
struct Feed {
    caller: Caller,
    /// The timestamp of the last transfer that was read.
    after: u64,
    /// The number of transfers that may still be sent.
    left: u64,
    /// With the token.
    headers: HeaderMap,
    _permit: FeedPermit,
}

/// The right to one feed, until it is dropped. A feed outlives its request, so the limits on requests do not count it.
struct FeedPermit {
    service: Arc<Service>,
    user: String,
}

impl FeedPermit {
    fn new(caller: &Caller) -> Result<Self, Problem> {
        let (service, user) = (Arc::clone(&caller.service), caller.name.clone());
        let mut feeds = lock(&service.reads().feeds);
        let count = feeds.entry(user.clone()).or_default();
        if *count >= FEEDS_MAX {
            let detail = format!(
                "this user has {FEEDS_MAX} open change feeds, which is the limit; close one, or try again"
            );
            return Err(reads::busy(
                StatusCode::TOO_MANY_REQUESTS,
                "too_many_feeds_of_user",
                detail,
            ));
        }
        *count += 1;
        drop(feeds);
        Ok(Self { service, user })
    }
}

impl Drop for FeedPermit {
    fn drop(&mut self) {
        let mut feeds = lock(&self.service.reads().feeds);
        if let Some(count) = feeds.get_mut(&self.user) {
            *count -= 1;
            if *count == 0 {
                feeds.remove(&self.user);
            }
        }
    }
}

impl Feed {
    /// Checks that the token is still that of the user, who may read everything: a feed can go on for long.
    fn check_user(&self) -> Result<(), Problem> {
        let authentication = self.caller.service.authenticate(&self.headers, &Uri::default());
        let user = authentication.user();
        let is_same = |user: &User| user.name == self.caller.name && user.role.reads_everything();
        if user.is_some_and(is_same) {
            return Ok(());
        }
        Err(forbidden(
            "the user of this feed was removed, has another token, or may not read everything any more",
        ))
    }

    /// Reads the next transfers; none if there are no more yet.
    async fn page(&mut self) -> Result<Vec<Transfer>, Problem> {
        self.check_user()?;
        let limit = self.left.min(RESULTS_MAX.into()) as u32;
        if limit == 0 || self.after >= TIMESTAMP_MAX {
            return Ok(Vec::new());
        }
        let filter = QueryFilter {
            period: Period { timestamp_min: self.after + 1, timestamp_max: 0 },
            limit,
            flags: QueryFilterFlags::empty(),
            ..QueryFilter::default()
        };
        let service = &self.caller.service;
        #[cfg(not(target_family = "wasm"))]
        if let Some(remote) = service.remote() {
            let found = remote.engine().find(Query::QueryTransfers(filter)).await?.transfers();
            return Ok(self.advance(found));
        }
        let read = move |service: &Service, cancellation: &Cancellation<'_>| {
            let settled = service.settle()?;
            if settled < filter.period.timestamp_min {
                return Ok(Vec::new());
            }
            let mut filter = filter;
            filter.period.timestamp_max = settled;
            Ok(service.coins().ledger().query_transfers_with(&filter, cancellation)?)
        };
        let found = reads::read(service, &self.caller.name, Extent::Part, Box::new(read)).await?;
        // The head of the response may have been sent long ago.
        service.until_synced().await?;
        Ok(self.advance(found))
    }

    /// Goes on after what was found.
    fn advance(&mut self, found: Vec<Transfer>) -> Vec<Transfer> {
        if let Some(last) = found.last() {
            self.after = last.timestamp;
        }
        self.left -= found.len() as u64;
        found
    }
}

type NextPage = Pin<Box<dyn Future<Output = (Box<Feed>, Result<Vec<Transfer>, Problem>)> + Send>>;

enum PageState {
    /// A page that was read, and what reads the next one; `None` at the end.
    Ready(Option<Box<Feed>>, VecDeque<Transfer>),
    Reading(NextPage),
}

/// The transfers of a feed, read page by page when the client has taken those before.
struct Pages {
    /// Whether it waits for new transfers.
    waits: bool,
    state: PageState,
}

impl Pages {
    /// Whether it waits for new transfers now that there are none.
    fn waits(&self, feed: &Feed) -> bool {
        self.waits && !feed.caller.service.feeds_end()
    }

    fn poll_page(
        &mut self,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<VecDeque<Transfer>, Problem>>> {
        loop {
            match &mut self.state {
                PageState::Ready(feed, page) => {
                    let page = std::mem::take(page);
                    let (feed, is_empty) = (feed.take(), page.is_empty());
                    match feed {
                        Some(feed) if feed.left > 0 && (!is_empty || self.waits(&feed)) => {
                            self.state = PageState::Reading(Box::pin(next_page(feed, is_empty)));
                        }
                        _ => self.state = PageState::Ready(None, VecDeque::new()),
                    }
                    if !is_empty {
                        return Poll::Ready(Some(Ok(page)));
                    }
                    if matches!(self.state, PageState::Ready(..)) {
                        return Poll::Ready(None);
                    }
                }
                PageState::Reading(next) => match ready!(next.as_mut().poll(context)) {
                    (feed, Ok(page)) => self.state = PageState::Ready(Some(feed), page.into()),
                    (_, Err(problem)) => {
                        self.state = PageState::Ready(None, VecDeque::new());
                        return Poll::Ready(Some(Err(problem)));
                    }
                },
            }
        }
    }
}

async fn next_page(
    mut feed: Box<Feed>,
    pauses: bool,
) -> (Box<Feed>, Result<Vec<Transfer>, Problem>) {
    #[cfg(not(target_family = "wasm"))]
    if pauses {
        tokio::time::sleep(PERIOD).await;
    }
    #[cfg(target_family = "wasm")]
    let _ = pauses;
    let page = feed.page().await;
    (feed, page)
}

/// The feed as lines.
struct ChangeLines(Pages);

impl Stream for ChangeLines {
    type Item = io::Result<Bytes>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let page = match ready!(self.0.poll_page(context)) {
            None => return Poll::Ready(None),
            // The connection is closed, so that the client notices that the body is incomplete.
            Some(Err(problem)) => {
                return Poll::Ready(Some(Err(io::Error::other(problem.detail().to_owned()))));
            }
            Some(Ok(page)) => page,
        };
        let mut text = Vec::new();
        for transfer in &page {
            serde_json::to_writer(&mut text, &TransferRow::of(transfer))
                .expect("writing to memory cannot fail");
            text.push(b'\n');
        }
        Poll::Ready(Some(Ok(text.into())))
    }
}

/// The feed as server-sent events. It ends at a failure; the client reconnects and continues.
struct ChangeEvents {
    pages: Pages,
    /// Transfers that were read and not sent yet.
    unsent: VecDeque<Transfer>,
}

impl Stream for ChangeEvents {
    type Item = Result<Event, Infallible>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let transfer = loop {
            if let Some(transfer) = self.unsent.pop_front() {
                break transfer;
            }
            match ready!(self.pages.poll_page(context)) {
                Some(Ok(page)) => self.unsent = page,
                Some(Err(_)) | None => return Poll::Ready(None),
            }
        };
        let data = serde_json::to_string(&TransferRow::of(&transfer)).expect("rows serialize");
        let event = Event::default().id(transfer.timestamp.to_string()).event("transfer");
        Poll::Ready(Some(Ok(event.data(data))))
    }
}

#[cfg(all(test, not(target_family = "wasm")))]
mod tests {
    use std::sync::atomic::{AtomicU64, Ordering};
    use std::thread;
    use std::time::Duration;

    use super::*;
    use crate::api::{ServiceConfig, Users};
    use crate::coins::world_id;

    /// A session whose time is that of its beginning writes while a page is read.
    #[test]
    fn nothing_is_published_before_the_moment_at_which_a_page_ends() {
        let now = AtomicU64::new(1);
        let clock = move || now.fetch_add(1_000, Ordering::Relaxed);
        let service = Service::open(ServiceConfig::default(), Users::demo(), clock);
        let service = service.expect("it can be opened");
        let up_to = |timestamp_max| {
            let filter = QueryFilter {
                period: Period { timestamp_min: 0, timestamp_max },
                limit: RESULTS_MAX,
                ..QueryFilter::default()
            };
            service.coins().ledger().query_transfers(&filter).len()
        };
        let mut session = service.session().expect("no expiry is due");
        thread::scope(|scope| {
            let read = scope.spawn(|| {
                let settled = service.settle().expect("no expiry is due");
                (settled, up_to(settled))
            });
            thread::sleep(Duration::from_millis(50));
            let aaron = service.coins().id("aaron").expect("the demo has him");
            let transfer = Transfer::new(world_id(0), aaron, 1);
            let outcome = session.writer().create_transfer(&transfer).expect("the trail has room");
            drop(session);
            let (settled, found) = read.join().expect("it does not panic");
            assert!(outcome.timestamp <= settled, "the time of the session was before");
            assert_eq!((found, up_to(settled)), (3, 3), "two first deposits, and this one");
        });
    }
}
